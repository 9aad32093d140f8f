import { describe, expect, expectTypeOf, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import {
  atMostOneOf,
  decode,
  document,
  encode,
  exactlyOneOf,
  type Field,
  type Infer,
  list,
  named,
  optional,
  record,
  wrapped,
  type XmlDocument,
} from '../../../../src/oss/xml/schema.ts';
import { boolean, choice, date, integer, text } from '../../../../src/oss/xml/values.ts';
import { bytes, refused } from './helpers.ts';

const maxBytes = 65_536;
const read = <T>(form: XmlDocument<T>, source: string): T => decode(form, bytes(source), { maxBytes });
const reason = (form: XmlDocument<unknown>, source: string): unknown => {
  const error = refused(() => read(form, source));
  expect(error.code).toBe('MalformedXML');
  return error.cause;
};

/** A document `<D><V>...</V></D>` of one field, for what concerns a single value. */
const one = <T>(value: Field<T>) => document('D', record({ value: named('V', value) }));
const get = <T>(value: Field<T>, held: string): unknown =>
  (read(one(value), `<D><V>${held}</V></D>`) as { value?: unknown }).value;

describe('record', () => {
  const form = document('D', record({ first: text(), second: optional(integer()), id: named('ID', optional(text())) }));

  it('[EdgeCommon-6] takes elements in any order, writes them in the order of the schema', () => {
    const value = read(form, '<D><ID>x</ID>\n <Second>2</Second><First>a</First></D>');
    expect(value).toEqual({ first: 'a', second: 2, id: 'x' });
    expect(encode(form, value)).toMatch(/<D><First>a<\/First><Second>2<\/Second><ID>x<\/ID><\/D>$/);
  });

  it('leaves out what is absent, and writes it not', () => {
    const value = read(form, '<D><First/></D>');
    expect(value).toEqual({ first: '' });
    expect('second' in value).toBe(false);
    expect(encode(form, value)).toMatch(/<D><First><\/First><\/D>$/);
  });

  it('[Common-11] [Common-12] reads a document with a namespace, and writes none', () => {
    expect(read(form, '<D xmlns="urn:x"><First>a</First></D>')).toEqual({ first: 'a' });
    expect(encode(form, { first: 'a' })).toBe('<?xml version="1.0" encoding="UTF-8"?>\n<D><First>a</First></D>');
  });

  it.each([
    ['<D/>', 'First is missing'],
    ['<D><First>a</First><First>b</First></D>', 'First is repeated'],
    ['<D><First>a</First><Second>1</Second><Second>1</Second></D>', 'Second is repeated'],
    ['<D><First>a</First><Third/></D>', 'Third is unknown in D'],
    ['<D><first>a</first></D>', 'first is unknown in D'],
    ['<D><First>a</First>x</D>', 'text between the elements of D'],
    ['<D><First>a<b/></First></D>', 'First has children'],
    ['<E><First>a</First></E>', 'the root is E'],
    ['', 'no element'],
  ])('[EdgeCommon-17] refuses %j', (source, expected) => {
    expect(reason(form, source)).toBe(expected);
  });

  it('skips unknown elements where the schema is tolerant, but only there', () => {
    const inner = record({ a: text() });
    const tolerant = document('D', record({ inner }, { tolerant: true }));
    expect(read(tolerant, '<D><X><Y>1</Y></X><Inner><A>1</A></Inner><constructor2/></D>')).toEqual({
      inner: { a: '1' },
    });
    expect(reason(tolerant, '<D><Inner><A>1</A><X/></Inner></D>')).toBe('X is unknown in Inner');
  });

  it('asks the check for what no field can say', () => {
    const checked = document(
      'D',
      record({ a: optional(text()), b: optional(text()) }, { check: exactlyOneOf('a', 'b') }),
    );
    expect(read(checked, '<D><A>1</A></D>')).toEqual({ a: '1' });
    expect(reason(checked, '<D/>')).toBe('D breaks a rule');
    expect(reason(checked, '<D><A/><B/></D>')).toBe('D breaks a rule');
    const loose = document('D', record({ a: optional(text()), b: optional(text()) }, { check: atMostOneOf('a', 'b') }));
    expect(read(loose, '<D/>')).toEqual({});
    expect(reason(loose, '<D><A/><B/></D>')).toBe('D breaks a rule');
    const own = document(
      'D',
      record(
        { a: integer() },
        {
          check: ({ a }) => {
            if (a > 1) throw new OssError('InvalidRequest');
            return true;
          },
        },
      ),
    );
    expect(refused(() => read(own, '<D><A>2</A></D>')).code).toBe('InvalidRequest');
  });

  it('cannot be described with two fields of one element', () => {
    expect(() => record({ a: named('X', text()), x: text() })).toThrow('two fields have the same element name');
  });
});

describe('optional', () => {
  it('takes the fallback for an absent element only, and writes it from then on', () => {
    const form = document('D', record({ flag: optional(boolean(), true) }));
    expect(read(form, '<D/>')).toEqual({ flag: true });
    expect(read(form, '<D><Flag>false</Flag></D>')).toEqual({ flag: false });
    expect(reason(form, '<D><Flag/></D>')).toBe('bad Flag');
    expect(encode(form, read(form, '<D/>'))).toContain('<Flag>true</Flag>');
  });
});

describe('list', () => {
  const form = document('D', record({ items: list('Item', integer(), { min: 1, max: 3 }), end: optional(text()) }));

  it('keeps order and duplicates, wherever the elements stand', () => {
    expect(read(form, '<D><Item>2</Item><End/><Item>1</Item><Item>2</Item></D>').items).toEqual([2, 1, 2]);
  });

  it('counts', () => {
    expect(reason(form, '<D/>')).toBe('bad Item');
    expect(reason(form, `<D>${'<Item>1</Item>'.repeat(4)}</D>`)).toBe('bad Item');
    const argument = document('D', record({ items: list('Item', integer(), { max: 1, code: 'InvalidArgument' }) }));
    expect(refused(() => read(argument, '<D><Item>1</Item><Item>2</Item></D>'))).toMatchObject({
      code: 'InvalidArgument',
      extra: { ArgumentName: 'Item', ArgumentValue: '2' },
    });
  });

  it('may be inside an element of its own', () => {
    const nested = document('D', record({ names: named('Names', wrapped(list('Name', text()))) }));
    expect(read(nested, '<D><Names/></D>')).toEqual({ names: [] });
    expect(read(nested, '<D><Names><Name>a</Name><Name>b</Name></Names></D>')).toEqual({ names: ['a', 'b'] });
    expect(reason(nested, '<D><Names><Nam/></Names></D>')).toBe('Nam is unknown in Names');
    expect(reason(nested, '<D/>')).toBe('Names is missing');
    expect(encode(nested, { names: ['a', 'b'] })).toMatch(/<D><Names><Name>a<\/Name><Name>b<\/Name><\/Names><\/D>$/);
    expect(encode(nested, { names: [] })).toMatch(/<D><Names><\/Names><\/D>$/);
  });
});

describe('values', () => {
  it('[EdgeCommon-5] trims the blanks of XML around a value, unless they are to be kept', () => {
    expect(get(text(), ' \n a b\t&#32;')).toBe('a b');
    expect(get(text(), '\u00a0a\u3000')).toBe('\u00a0a\u3000');
    expect(get(text({ keepBlanks: true }), ' a\n')).toBe(' a\n');
    expect(get(integer(), ' 7\n')).toBe(7);
    expect(get(boolean(), ' true ')).toBe(true);
    expect(get(choice(['A']), ' A ')).toBe('A');
  });

  it('counts characters of a text, not units', () => {
    const bounded = text({ min: 2, max: 3 });
    for (const good of ['ab', 'abc', '😀😀', '😀😀😀', '中文']) expect(get(bounded, good)).toBe(good);
    for (const bad of ['', 'a', '😀', 'abcd', '😀😀😀😀', ' a ']) expect(() => get(bounded, bad)).toThrow(OssError);
  });

  it('takes whole decimal numbers in range', () => {
    const bounded = integer(1, 10_000);
    for (const good of [1, 10_000, 42]) expect(get(bounded, String(good))).toBe(good);
    expect(get(bounded, '007')).toBe(7);
    expect(get(integer(-5, 5), '-5')).toBe(-5);
    expect(get(integer(), String(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER);
    for (const bad of ['', '0', '10001', '-1', '1.0', '1e2', '0x1', '+1', '1 1', '１', 'NaN', '9'.repeat(40)]) {
      expect(() => get(bounded, bad)).toThrow(OssError);
    }
    expect(() => get(integer(), '9007199254740993')).toThrow(OssError);
  });

  it('takes true and false, in any case only where the schema says so', () => {
    for (const bad of ['True', 'FALSE', '1', 'yes', '']) expect(() => get(boolean(), bad)).toThrow(OssError);
    expect(get(boolean({ anyCase: true }), 'True')).toBe(true);
    expect(get(boolean({ anyCase: true }), 'FALSE')).toBe(false);
  });

  it('takes one of some words or numbers', () => {
    const words = choice(['Enabled', 'Suspended']);
    expect(get(words, 'Enabled')).toBe('Enabled');
    for (const bad of ['enabled', 'Disabled', '', 'toString']) expect(() => get(words, bad)).toThrow(OssError);
    expect(get(choice(['GET'], { anyCase: true }), 'get')).toBe('GET');
    expect(get(choice([200, 404]), '404')).toBe(404);
    expect(() => get(choice([200, 404]), '0404')).toThrow(OssError);
  });

  it('takes dates as milliseconds and writes them to the second', () => {
    expect(get(date(), '2019-01-01T00:00:00.000Z')).toBe(Date.UTC(2019, 0, 1));
    for (const bad of ['', '2019-01-01', '2019-02-30T00:00:00Z']) expect(() => get(date(), bad)).toThrow(OssError);
    expect(encode(one(date()), { value: Date.UTC(2019, 0, 1) + 5 })).toContain('<V>2019-01-01T00:00:00.000Z</V>');
  });

  it('refuses a value with the code that its field names', () => {
    expect(refused(() => get(choice(['a'], { code: 'InvalidTag' }), 'b')).code).toBe('InvalidTag');
    expect(refused(() => get(integer(0, 1, { code: 'InvalidArgument' }), '2'))).toMatchObject({
      code: 'InvalidArgument',
      status: 400,
      extra: { ArgumentName: 'V', ArgumentValue: '2' },
    });
    const even = integer(0, 10, { code: 'InvalidArgument', check: (value) => value % 2 === 0 });
    expect(get(even, '4')).toBe(4);
    expect(refused(() => get(even, '5')).code).toBe('InvalidArgument');
    const echo = refused(() => get(text({ max: 1, code: 'InvalidArgument' }), 'x'.repeat(5000))).extra.ArgumentValue;
    expect(echo).toBe('x'.repeat(256));
  });

  it('refuses structure as MalformedXML whatever the code of the value', () => {
    const form = one(text({ code: 'InvalidArgument' }));
    expect(reason(form, '<D/>')).toBe('V is missing');
    expect(reason(form, '<D><V><X/></V></D>')).toBe('V has children');
  });
});

describe('types', () => {
  it('follow from the schema', () => {
    const form = document(
      'D',
      record({
        a: text(),
        b: optional(integer()),
        c: optional(boolean(), false),
        d: list('E', choice(['x', 'y'])),
        f: optional(wrapped(list('G', record({ h: choice([1, 2]) })))),
      }),
    );
    interface Expected {
      a: string;
      b?: number;
      c: boolean;
      d: readonly ('x' | 'y')[];
      f?: readonly { h: 1 | 2 }[];
    }
    expectTypeOf<Infer<typeof form>>().branded.toEqualTypeOf<Expected>();
    const value: Expected = read(form, '<D><A>a</A><E>x</E></D>');
    expect(value).toEqual({ a: 'a', c: false, d: ['x'] });
    // @ts-expect-error a word that the schema does not know
    encode(form, { a: '', c: true, d: ['z'] });
    // @ts-expect-error the property that is not optional is missing
    const incomplete: Infer<typeof form> = { c: true, d: ['x'] };
    expect(incomplete.a).toBeUndefined();
    // @ts-expect-error the fallback must be one of the values
    optional(choice([1, 2]), 3);
  });
});
