import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallbackBodyType, fillTemplate, isTemplate } from '../../../../src/oss/callback/template.ts';

const form = 'application/x-www-form-urlencoded';
const json = 'application/json';

function fill(template: string, type: CallbackBodyType, values: Record<string, string | number>): string | undefined {
  const known = new Map(Object.entries(values));
  return fillTemplate(template, type, (name) => known.get(name), 10_000);
}

describe('templates of callback bodies', () => {
  it.each([
    'o=${object}&e=${etag}&v=${x:my_var}&h=${imageInfo.height}',
    '{"o":${object},"s":${size}}',
    'no variables',
    'price=5$&tax=$5&$=${size}$',
    '$$${object}',
    '中文=${object}',
  ])('[Callback-18] %s is one', (template) => {
    expect(isTemplate(template)).toBe(true);
  });

  it.each([
    'o=$(object)',
    'o=$object',
    'o=${object',
    'o=${}',
    'o=${ object }',
    'o=${a${b}}',
    'o=${object}&e=$(etag)',
    'o=${ob"ject}',
  ])('[Callback-7] %s is none', (template) => {
    expect(isTemplate(template)).toBe(false);
  });

  it('[Callback-12] [Callback-18] encodes values for a form, and nothing else', () => {
    const values = { object: 'a b/测&=+%.txt', size: 5, 'x:v': "it's (!)*~" };
    expect(fill('o=${object}&s=${size}&v=${x:v}&c=a b&d=中', form, values)).toBe(
      'o=a%20b%2F%E6%B5%8B%26%3D%2B%25.txt&s=5&v=it%27s%20%28%21%29%2A~&c=a b&d=中',
    );
  });

  it('[Callback-12] gives JSON its quotes and escapes, and leaves numbers bare', () => {
    const values = { object: 'a"b\\\n\u2028测.txt', size: 5, none: '' };
    const body = fill('{"o":${object},"s":${size},"n":${none},"u":${unknown}}', json, values)!;
    expect(JSON.parse(body)).toEqual({ o: values.object, s: 5, n: '', u: '' });
    expect(body).toContain('"s":5,');
  });

  it('[Callback-17] makes what it does not know empty', () => {
    expect(fill('a=${foo}&b=${x:foo}&c=${constructor}&d=${__proto__}', form, {})).toBe('a=&b=&c=&d=');
    expect(fill('[${foo}]', json, {})).toBe('[""]');
  });

  it('fills in once: a value that looks like a variable is a value', () => {
    expect(fill('${x:a}', form, { 'x:a': '${x:b}', 'x:b': 'secret' })).toBe('%24%7Bx%3Ab%7D');
  });

  it('gives up where variables multiply beyond bounds', () => {
    const template = '${x:a}'.repeat(1_000);
    expect(fillTemplate(template, form, () => 'x'.repeat(1_000), 10_000)).toBeUndefined();
    expect(fillTemplate('x'.repeat(10_001), form, () => '', 10_000)).toBeUndefined();
    expect(fillTemplate('x'.repeat(10_000), form, () => '', 10_000)).toHaveLength(10_000);
  });

  it('makes JSON of any values, and forms that decode to them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (a, b) => {
        const values = { a: a.toWellFormed(), b: b.toWellFormed() };
        expect(JSON.parse(fill('[${a},${b}]', json, values)!)).toEqual([values.a, values.b]);
        const decoded = new URLSearchParams(fill('a=${a}&b=${b}', form, values)!);
        expect([decoded.get('a'), decoded.get('b')]).toEqual([values.a, values.b]);
      }),
    );
  });
});
