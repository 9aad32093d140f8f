import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterPrefix, compareKeys } from '../../src/lib/order.ts';

const key = fc.string({ unit: 'binary', maxLength: 12 });

describe('key order', () => {
  it('is the order of UTF-8 bytes, astral characters included', () => {
    expect(compareKeys('\ue000', '\u{1f600}')).toBeLessThan(0);
    fc.assert(
      fc.property(key, key, (a, b) => {
        const bytes = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(Math.sign(compareKeys(a, b))).toBe(bytes);
      }),
    );
  });

  it('finds the first text behind all texts with a prefix', () => {
    expect(afterPrefix('a/')).toBe('a0');
    expect(afterPrefix('')).toBeUndefined();
    expect(afterPrefix('a\u{10ffff}')).toBe('b');
    expect(afterPrefix('\ud7ff')).toBe('\ue000');
    fc.assert(
      fc.property(key, key, (prefix, rest) => {
        const behind = afterPrefix(prefix);
        if (behind === undefined) return;
        expect(compareKeys(prefix + rest, behind)).toBeLessThan(0);
        expect(compareKeys(prefix, behind)).toBeLessThan(0);
      }),
    );
  });
});
