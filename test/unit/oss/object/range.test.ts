import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteRange, rangeOf } from '../../../../src/oss/object/range.ts';

type Outcome = ByteRange | 'whole' | 'unsatisfiable';

/** The same by looking at every byte: which of them does the first range name? */
function model(first: string, several: boolean, size: number, standard: boolean): Outcome {
  const parts = first.split('-');
  const isNumber = (text: string) => text !== '' && [...text].every((c) => '0123456789'.includes(c));
  const [from = '', to = ''] = parts;
  if (parts.length !== 2 || (from === '' && to === '')) return 'whole';
  if ((from !== '' && !isNumber(from)) || (to !== '' && !isNumber(to))) return 'whole';
  if (several && standard) return 'unsatisfiable';
  if (from === '' && Number(to) === 0) return 'unsatisfiable';
  if (from !== '' && to !== '' && Number(from) > Number(to)) return 'whole';
  const bytes = Array.from({ length: size }, (_, i) => i);
  const named =
    from === ''
      ? bytes.slice(Math.max(0, size - Number(to)))
      : bytes.filter((i) => i >= Number(from) && (to === '' || i <= Number(to)));
  const asked = from === '' ? Number(to) : to === '' ? named.length : Number(to) - Number(from) + 1;
  if (standard) return named.length === 0 ? 'unsatisfiable' : { offset: named[0]!, length: named.length };
  return named.length === 0 || named.length < asked ? 'whole' : { offset: named[0]!, length: named.length };
}

describe('rangeOf', () => {
  it('[GetObject-7] [GetObject-8] gives the examples of the reference, for 1,000 bytes', () => {
    const range = (text: string | null) => rangeOf(text, 1_000, false);
    expect(range(null)).toBe('whole');
    expect(range('bytes=0-499')).toEqual({ offset: 0, length: 500 });
    expect(range('bytes=500-999')).toEqual({ offset: 500, length: 500 });
    expect(range('bytes=500-')).toEqual({ offset: 500, length: 500 });
    expect(range('bytes=-500')).toEqual({ offset: 500, length: 500 });
    for (const whole of [
      'byte=0-1',
      'bytes=1-0',
      'bytes=0-1000',
      'bytes=1000-',
      'bytes=1000-2000',
      'bytes=-2000',
      '',
      'bytes',
    ]) {
      expect(range(whole), whole).toBe('whole');
    }
    expect(range('bytes=-0')).toBe('unsatisfiable');
  });

  it('[GetObject-9] clamps in standard mode', () => {
    const range = (text: string) => rangeOf(text, 1_000, true);
    expect(range('bytes=500-2000')).toEqual({ offset: 500, length: 500 });
    expect(range('bytes=-2000')).toEqual({ offset: 0, length: 1_000 });
    for (const outside of ['bytes=1000-', 'bytes=1000-2000', 'bytes=-0']) expect(range(outside)).toBe('unsatisfiable');
    for (const malformed of ['bytes=b-a', 'bits=0-1', 'bytes=9-1']) expect(range(malformed)).toBe('whole');
  });

  it('[GetObject-7] [GetObject-8] [GetObject-9] [GetObject-10] [GetObject-11] agrees with a look at every byte', () => {
    const number = fc.oneof(
      fc.constant(''),
      fc.nat(12).map(String),
      fc.constantFrom('007', '99999999999999999999', 'x', '1.5', '+1'),
    );
    const first = fc
      .tuple(number, fc.constantFrom('-', '-', '-', '', '--', '~'), number)
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        first,
        fc.boolean(),
        fc.nat(10),
        fc.boolean(),
        fc.constantFrom('', ' '),
        (text, several, size, standard, blank) => {
          const header = `bytes=${blank}${text}${several ? ',1-2' : ''}`;
          expect(rangeOf(header, size, standard), header).toEqual(model(text, several, size, standard));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('never leaves the object, whatever the header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `bytes=${text}`),
        ),
        fc.nat(5),
        fc.boolean(),
        (header, size, standard) => {
          const range = rangeOf(header, size, standard);
          if (typeof range === 'string') return;
          expect(range.length).toBeGreaterThan(0);
          expect(range.offset).toBeGreaterThanOrEqual(0);
          expect(range.offset + range.length).toBeLessThanOrEqual(size);
        },
      ),
    );
  });

  it('takes a hostile header in no time', () => {
    const began = performance.now();
    for (const text of [
      `bytes=${'1'.repeat(60_000)}`,
      `bytes=${'0-1,'.repeat(15_000)}`,
      `bytes=${' '.repeat(60_000)}0-1`,
      ' '.repeat(60_000),
    ]) {
      rangeOf(text, 10, false);
      rangeOf(text, 10, true);
    }
    expect(performance.now() - began).toBeLessThan(500);
  });
});
