import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../../src/lib/json.ts';

describe('strict JSON', () => {
  it('reads whatever JSON.parse reads, as it reads it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        fc.pre(JSON.parse(JSON.stringify(text)).isWellFormed());
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses a member that occurs twice, however it is spelled and nested', () => {
    for (const text of [
      '{"a":1,"a":2}',
      '{"a":1, "\\u0061" :2}',
      '[{"b":{"a":1,\n"c":{"a":1},"a"\t:2}}]',
      '{"__proto__":1,"__proto__":2}',
    ]) {
      expect(() => parseStrictJson(text)).toThrow(/occurs twice/);
    }
  });

  it('lets the same name occur in other objects, and as a value', () => {
    const text = '{"a":"a","b":{"a":["a","a",{"a":"\\"a\\":"}]},"c":"a"}';
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  });

  it('refuses half characters, deep nesting and what is not JSON', () => {
    expect(() => parseStrictJson('{"a":"\\ud83d"}')).toThrow(SyntaxError);
    expect(parseStrictJson('{"a":"\\ud83d\\ude00"}')).toEqual({ a: '😀' });
    expect(() => parseStrictJson('[[[1]]]', 2)).toThrow(/deeper than 2/);
    expect(parseStrictJson('[[1]]', 2)).toEqual([[1]]);
    for (const bad of ['', '{', 'policy', '{"a":1,}', "{'a':1}", '\ufeff{}']) {
      expect(() => parseStrictJson(bad)).toThrow(SyntaxError);
    }
  });

  it('stays quick on hostile nesting', () => {
    const started = performance.now();
    expect(() => parseStrictJson('['.repeat(16_384))).toThrow(SyntaxError);
    expect(() => parseStrictJson('['.repeat(8_000) + ']'.repeat(8_000))).toThrow(/deeper/);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
