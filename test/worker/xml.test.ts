import { describe, expect, it } from 'vitest';
import { OssError } from '../../src/oss/answer/errors.ts';
import { decode, document, encode, list, record } from '../../src/oss/xml/schema.ts';
import { text } from '../../src/oss/xml/values.ts';

const form = document('Keys', record({ keys: list('Key', text({ keepBlanks: true })) }));

/** The codec rests on the runtime's decoder and on a package: both must behave in workerd as they do in Node. */
describe('the XML codec in workerd', () => {
  it('reads back what it writes', () => {
    const value = { keys: ['a/b&<c>', '\r\n\t ', '中😀', ''] };
    expect(decode(form, new TextEncoder().encode(`\ufeff${encode(form, value)}`), { maxBytes: 1000 })).toEqual(value);
  });

  it('refuses bytes that are not UTF-8', () => {
    const body = new Uint8Array([...new TextEncoder().encode('<Keys><Key>'), 0xff]);
    expect(() => decode(form, body, { maxBytes: 1000 })).toThrow(OssError);
  });
});
