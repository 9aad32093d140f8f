import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileWildcard, type WildcardOptions } from '../../../src/access/wildcard.ts';
import { naiveWildcard } from './model.ts';

const options: fc.Arbitrary<WildcardOptions> = fc.record({
  ignoreCase: fc.boolean(),
  openEnd: fc.boolean(),
  literalQuestion: fc.boolean(),
});

describe('wildcards', () => {
  it('match what their definition says', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', 'A', '*', '?', '😀', '/'), { maxLength: 9 });
    const text = fc.array(fc.constantFrom('a', 'b', 'A', '?', '*', '😀', '/'), { maxLength: 9 });
    fc.assert(
      fc.property(pattern, text, options, (p, t, o) => {
        expect(compileWildcard(p.join(''), o)(t.join(''))).toBe(naiveWildcard(p, t, o));
      }),
      { numRuns: 5000 },
    );
  });

  it('let runs between stars neither overlap nor swap', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '*', '*'), { maxLength: 8 });
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 5 });
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(compileWildcard(p.join(''))(t.join(''))).toBe(naiveWildcard(p, t));
      }),
      { numRuns: 3000 },
    );
    for (const [p, t] of ['*ab*b ab', 'a*ab*b aab', 'ab*ba aba', '*a*b* ba'].map((pair) => pair.split(' '))) {
      expect([p, t, compileWildcard(p!)(t!)]).toEqual([p, t, false]);
    }
  });

  it('match what they were made from', () => {
    const part = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((s) => !/[*?]/.test(s) && s.isWellFormed());
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), part, (parts, filler) => {
        const text = parts.join(filler);
        expect(compileWildcard(parts.join('*'))(text)).toBe(true);
        const questions = '?'.repeat(Array.from(filler).length);
        expect(compileWildcard(parts.join(questions))(text)).toBe(true);
        expect(compileWildcard(`*${parts.join(questions)}*`)(`x${text}y`)).toBe(true);
      }),
    );
  });

  it('find a run of more than 32 code points wherever it is', () => {
    for (const length of [31, 32, 33, 63, 64, 65, 100]) {
      const run = 'ab'.repeat(length).slice(0, length - 1);
      const matches = compileWildcard(`*${run}?z*`);
      for (const lead of ['', 'a', 'ab', 'b'.repeat(40)]) {
        expect(matches(`${lead}${run}qz`)).toBe(true);
        expect(matches(`${lead}${run}qz!`)).toBe(true);
        expect(matches(`${lead}${run}z`)).toBe(false);
        expect(matches(`${lead}${run}qqz`)).toBe(false);
      }
    }
  });

  it('take `?` for one code point, however many units it has', () => {
    expect(compileWildcard('a?c')('a😀c')).toBe(true);
    expect(compileWildcard('a??c')('a😀c')).toBe(false);
    expect(compileWildcard('a?c', { literalQuestion: true })('abc')).toBe(false);
    expect(compileWildcard('a?c', { literalQuestion: true })('a?c')).toBe(true);
  });

  it('[RefererEnforcement-8] stay linear on patterns made to backtrack', () => {
    const key = 'a'.repeat(1023);
    const long = 'a'.repeat(65_536);
    const cases: [string, string][] = [
      [`${'*a'.repeat(2000)}b`, key],
      [`${'*a'.repeat(500)}b`, key],
      [`${'a*'.repeat(2000)}b`, long],
      [`${'*a?'.repeat(300)}b`, key],
      [`*${'a'.repeat(512)}b*`, key],
      [`*${'a?'.repeat(255)}b*`, key],
      [`*${'a'.repeat(4000)}c*b`, long.slice(0, 8192)],
      [`*${'a?'.repeat(2000)}c*b`, long.slice(0, 8192)],
      [`${'?*'.repeat(2000)}b`, long.slice(0, 8192)],
    ];
    const started = performance.now();
    const found = cases.map(([pattern, text]) => {
      const matches = compileWildcard(pattern, { ignoreCase: true });
      return [matches(text), matches(`${text}b`)];
    });
    // Some tens of milliseconds; a backtracking matcher would need longer than the universe has.
    expect(performance.now() - started).toBeLessThan(1000);
    expect(found).toEqual(cases.map(([pattern, text]) => [false, twoPointers(pattern, `${text}b`)]));
    expect(found.map(([, withEnd]) => withEnd)).toContain(true);
  });
});

/** The well-known two-pointer matcher, quadratic at worst: an oracle for texts that are too long for the recursion. */
function twoPointers(pattern: string, text: string): boolean {
  let p = 0;
  let star = -1;
  let mark = 0;
  for (let t = 0; t < text.length; ) {
    if (p < pattern.length && pattern[p] !== '*' && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
