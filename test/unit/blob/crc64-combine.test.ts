import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc64Combine } from '../../../src/blob/crc64-combine.ts';
import { CRC64_VECTORS, crc64Reference } from '../../support/crc64-reference.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('combining checksums', () => {
  it('[ObjCommon-23] holds the published vectors, from any split', () => {
    for (const [text, crc] of CRC64_VECTORS) {
      expect(crc64Reference(bytesOf(text))).toBe(crc);
      for (let at = 0; at <= text.length; at++) {
        const [a, b] = [text.slice(0, at), text.slice(at)];
        expect(crc64Combine(crc64Reference(bytesOf(a)), crc64Reference(bytesOf(b)), b.length)).toBe(crc);
      }
    }
  });

  it('[ObjCommon-23] gives the checksum of the concatenation, for any two byte strings', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
        const whole = new Uint8Array([...a, ...b]);
        return crc64Combine(crc64Reference(a), crc64Reference(b), b.length) === crc64Reference(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('is associative over lengths that no test could hash', () => {
    const crc = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const length = fc.integer({ min: 0, max: 2 ** 52 - 1 });
    fc.assert(
      fc.property(crc, crc, crc, length, length, (a, b, c, lengthB, lengthC) => {
        const left = crc64Combine(crc64Combine(a, b, lengthB), c, lengthC);
        const right = crc64Combine(a, crc64Combine(b, c, lengthC), lengthB + lengthC);
        return left === right;
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what is not a length', () => {
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => crc64Combine(1n, 2n, bad)).toThrow(RangeError);
    }
  });
});
