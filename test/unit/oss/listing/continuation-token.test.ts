import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import { decodeToken, encodeToken } from '../../../../src/oss/listing/continuation-token.ts';

function isRefused(token: string): boolean {
  try {
    decodeToken(token);
    return false;
  } catch (error) {
    if (error instanceof OssError && error.code === 'InvalidArgument') return true;
    throw error;
  }
}

/** Any key: well-formed text of any characters. */
const key = fc.string({ unit: 'binary', maxLength: 60 });

describe('continuation tokens', () => {
  it('[GetBucketV2-6] hold any name, in characters that no URL and no XML escapes', () => {
    fc.assert(
      fc.property(key, (name) => {
        const token = encodeToken(name);
        expect(token).toMatch(/^[A-Za-z0-9._-]+$/);
        expect(encodeURIComponent(token)).toBe(token);
        expect(decodeToken(token)).toBe(name);
      }),
      { numRuns: 1_000 },
    );
    for (const name of ['', 'bc', '\u{10ffff}'.repeat(255), '\ufeff', '\0'])
      expect(decodeToken(encodeToken(name))).toBe(name);
  });

  it('[GetBucketV2-6] look like those of the reference', () => {
    expect(encodeToken('bc')).toMatch(/^C[A-Za-z0-9._]{5}--$/);
  });

  it('[GetBucketV2-6] are refused where they are not ours', () => {
    for (const token of [
      'err-token',
      'test1.txt',
      'CgJiYw--',
      '-',
      '=',
      'C',
      '....',
      'Cg--',
      '\u{1f600}',
      ' ',
      'a'.repeat(10_000),
    ]) {
      expect(isRefused(token), token).toBe(true);
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), (text) => isRefused(text) || encodeToken(decodeToken(text)) === text),
    );
  });

  it('[GetBucketV2-6] are refused with any one character changed, dropped or added', () => {
    fc.assert(
      fc.property(
        key,
        fc.nat(),
        fc.constantFrom('A', 'z', '9', '.', '_', '-', '+', '/', '='),
        (name, seed, character) => {
          const token = encodeToken(name);
          const at = seed % token.length;
          for (const altered of [
            token.slice(0, at) + character + token.slice(at + 1),
            token.slice(0, at) + token.slice(at + 1),
            token.slice(0, at) + character + token.slice(at),
          ]) {
            // The check sum is one byte: one alteration in 256 is another token of ours, which is no harm.
            if (altered !== token && !isRefused(altered)) expect(encodeToken(decodeToken(altered))).toBe(altered);
          }
        },
      ),
    );
  });
});
