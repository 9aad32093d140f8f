import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelimiterFinder } from '../../../../src/oss/form/delimiter.ts';

describe('the search for a delimiter', () => {
  it('finds what Buffer.indexOf finds, in any window', () => {
    const boundary = fc.string({ unit: fc.constantFrom('-', 'a', 'b', ' '), minLength: 1, maxLength: 8 });
    const piece = fc.constantFrom('\r', '\n', '\r\n', '--', '\r\n--', 'a', 'b', '-a', 'ab-');
    fc.assert(
      fc.property(boundary, fc.array(piece, { maxLength: 40 }), fc.nat(), fc.nat(), (name, pieces, from, to) => {
        const bytes = Buffer.from(pieces.join(`\r\n--${name}`.slice(0, from % 12)));
        const [begin, end] = [from % (bytes.length + 1), to % (bytes.length + 1)].sort((a, b) => a - b) as [
          number,
          number,
        ];
        const expected = bytes.subarray(begin, end).indexOf(`\r\n--${name}`);
        expect(new DelimiterFinder(name).find(bytes, begin, end)).toBe(expected < 0 ? -1 : begin + expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['hyphens', '-'.repeat(70), '-'],
    ['carriage returns', '-'.repeat(70), '\r'],
    ['delimiters that go on', 'b', '\r\n--bx'],
    ['delimiters but for their last byte', `${'-'.repeat(69)}x`, `\r\n${'-'.repeat(71)}y`],
  ])('[Sec-15] is quick in bytes full of %s', (_, boundary, text) => {
    const bytes = Buffer.alloc(8 * 1024 * 1024, text);
    const finder = new DelimiterFinder(boundary);
    const began = performance.now();
    let found = 0;
    for (
      let at = finder.find(bytes, 0, bytes.length);
      at >= 0;
      at = finder.find(bytes, at + finder.length, bytes.length)
    ) {
      found++;
    }
    expect(found).toBe(boundary === 'b' ? Math.floor(bytes.length / 6) : 0);
    // Some 60 ms; what is quadratic would take hours.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
