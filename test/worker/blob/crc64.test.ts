import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crc64, crc64 } from '../../../src/blob/crc64.ts';
import { crc64Combine } from '../../../src/blob/crc64-combine.ts';
import { patternBytes } from '../../support/bodies.ts';
import { CRC64_VECTORS, crc64Reference } from '../../support/crc64-reference.ts';

describe('CRC-64 in WebAssembly', () => {
  it('[ObjCommon-23] holds the published vectors', () => {
    for (const [text, crc] of CRC64_VECTORS) expect(crc64(new TextEncoder().encode(text))).toBe(crc);
    expect(String(crc64(new TextEncoder().encode('123456789')))).toBe('11051210869376104954');
  });

  it('[ObjCommon-23] is what the definition says, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => crc64(bytes) === crc64Reference(bytes)),
      { numRuns: 300 },
    );
  });

  it('[ObjCommon-23] is what the definition says around every size at which its method changes', () => {
    const bytes = patternBytes(140_000, 5);
    for (const size of [15, 16, 17, 1050, 2047, 2048, 2049, 2063, 2064, 3098, 65_535, 65_536, 65_537, 67_584]) {
      expect(crc64(bytes.subarray(7, 7 + size))).toBe(crc64Reference(bytes.subarray(7, 7 + size)));
    }
    fc.assert(
      fc.property(fc.integer({ min: 2000, max: 5000 }), fc.nat(1000), (size, at) => {
        const part = bytes.subarray(at, at + size);
        return crc64(part) === crc64Reference(part);
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on how bytes are cut', () => {
    const bytes = patternBytes(140_000);
    const whole = crc64Reference(bytes);
    for (const size of [1, 16, 1051, 2048, 4095, 65_535, 65_536, 65_537, 140_000]) {
      const crc = new Crc64();
      for (let at = 0; at < bytes.length; at += size) crc.update(bytes.subarray(at, at + size));
      expect(crc.value).toBe(whole);
    }
  });

  it('runs any number of checksums interleaved', () => {
    const [a, b] = [patternBytes(50_000, 1), patternBytes(50_000, 2)];
    const [crcA, crcB] = [new Crc64(), new Crc64()];
    for (let at = 0; at < 50_000; at += 777) {
      crcA.update(a.subarray(at, at + 777));
      crcB.update(b.subarray(at, at + 777));
    }
    expect(crcA.value).toBe(crc64(a));
    expect(crcB.value).toBe(crc64(b));
  });

  it('[ObjCommon-23] combines to the checksum of the whole', () => {
    const bytes = patternBytes(100_000, 3);
    for (const at of [0, 1, 33_333, 99_999, 100_000]) {
      const [a, b] = [bytes.subarray(0, at), bytes.subarray(at)];
      expect(crc64Combine(crc64(a), crc64(b), b.length)).toBe(crc64(bytes));
    }
  });
});
