import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formBytes } from '../../../support/form.ts';
import { arriving, outcomeOf } from './helpers.ts';

const boundaryCharacters = "0123456789abcdefghijABCDEFGHIJ'()+_,-./:=?";
const boundaries = fc
  .string({ unit: fc.constantFrom(...boundaryCharacters, ' '), minLength: 1, maxLength: 70 })
  .filter((text) => !text.endsWith(' '));

/** Bytes with a liking for what looks like a delimiter. */
function contents(boundary: string): fc.Arbitrary<Uint8Array> {
  const bait = fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '--',
    '\r\n--',
    `--${boundary}`,
    `\r\n--${boundary}x`,
    `\r\n--${boundary}-`,
    `\r\n--${boundary} x`,
    `\r\n--${boundary}\r`,
    `\r\n--${boundary.slice(0, -1)}`,
    `\r\n-${boundary}\r\n`,
  );
  const piece = fc.oneof(
    bait.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  );
  const separator = Buffer.from(`\r\n--${boundary}`);
  return fc
    .array(piece, { maxLength: 12 })
    .map((pieces) => new Uint8Array(Buffer.concat(pieces)))
    .filter((bytes) => !holdsDelimiter(Buffer.from(bytes), separator));
}

/** Whether content would end early: then it is no content for this boundary. Written apart from the parser. */
function holdsDelimiter(content: Buffer, separator: Buffer): boolean {
  const whole = Buffer.concat([content, separator, Buffer.from('--')]);
  for (let at = whole.indexOf(separator); at < content.length; at = whole.indexOf(separator, at + 1)) {
    if (/^(?:--|[ \t]*\r\n)/.test(whole.subarray(at + separator.length).toString('latin1'))) return true;
  }
  return false;
}

const names = fc.string({ unit: fc.constantFrom(..."abcdefghij-:'"), minLength: 1, maxLength: 12 });
const values = fc.string({ unit: 'grapheme', maxLength: 30 });
const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 });

const forms = boundaries.chain((boundary) =>
  fc.record({
    boundary: fc.constant(boundary),
    fields: fc.uniqueArray(fc.tuple(names, values), {
      selector: ([name]) => name.toLowerCase(),
      maxLength: 4,
    }),
    file: contents(boundary),
    trailing: fc.option(values, { nil: undefined }),
    padding: fc.constantFrom('', ' ', '\t '),
    preamble: fc.constantFrom('', 'This is a message with parts.', 'a\r\nb'),
    epilogue: fc.constantFrom('', '\r\n', '\r\nignored'),
  }),
);

const fits = ({ boundary, fields, trailing }: { boundary: string; fields: [string, string][]; trailing?: string }) => {
  const separator = Buffer.from(`\r\n--${boundary}`);
  return [...fields.map(([, value]) => value), trailing ?? ''].every(
    (value) => !holdsDelimiter(Buffer.from(value), separator),
  );
};

describe('reading a form, whatever the chunks', { timeout: 30_000 }, () => {
  it('gives what a client wrote, and the same for every way to cut it', async () => {
    await fc.assert(
      fc.asyncProperty(forms, sizes, async (form, cut) => {
        const { boundary, fields, file, trailing, padding, preamble, epilogue } = form;
        fc.pre(fits({ boundary, fields, ...(trailing === undefined ? {} : { trailing }) }));
        const parts = [
          ...fields.map(([name, value]) => ({ name, value })),
          { name: 'file', filename: 'a.bin', type: 'x/y', value: file },
          ...(trailing === undefined ? [] : [{ name: 'submit', value: trailing }]),
        ];
        const bytes = formBytes(boundary, parts, { padding, preamble, epilogue });
        const expected = {
          fields: fields.map(([name, value]) => ({ name, value })),
          filename: 'a.bin',
          contentType: 'x/y',
          content: Buffer.from(file).toString('hex'),
          size: file.length,
          seen: bytes.length,
        };
        expect(await outcomeOf(arriving(bytes), boundary)).toEqual(expected);
        expect(await outcomeOf(arriving(bytes, cut), boundary)).toEqual(expected);
        expect(await outcomeOf(arriving(bytes, [1]), boundary)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('refuses a broken form in the same way for every cut', async () => {
    const mutation = fc.record({ at: fc.nat(), remove: fc.nat({ max: 3 }), insert: fc.uint8Array({ maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(forms, mutation, fc.nat(), sizes, async (form, { at, remove, insert }, length, cut) => {
        const { boundary, file, padding } = form;
        const whole = formBytes(
          boundary,
          [
            { name: 'key', value: 'k' },
            { name: 'file', filename: 'f', value: file },
          ],
          { padding },
        );
        const place = at % whole.length;
        const mutated = Buffer.concat([whole.subarray(0, place), insert, whole.subarray(place + remove)]);
        for (const bytes of [mutated, whole.subarray(0, length % whole.length)]) {
          const outcome = await outcomeOf(arriving(bytes), boundary);
          expect(await outcomeOf(arriving(bytes, cut), boundary)).toEqual(outcome);
          expect(await outcomeOf(arriving(bytes, [1]), boundary)).toEqual(outcome);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('stores no form that broke off, at whatever byte', async () => {
    const boundary = 'b0undary';
    const whole = formBytes(boundary, [
      { name: 'key', value: 'k' },
      { name: 'file', filename: 'f', value: 'content\r\n--b0undar' },
    ]);
    // The line break behind the closing boundary may be missing.
    for (let length = 0; length < whole.length - 2; length++) {
      expect(await outcomeOf(arriving(whole.subarray(0, length)), boundary), `${length} bytes`).toMatch(
        /^(MalformedPOSTRequest|IncorrectNumberOfFiles)/,
      );
    }
    expect(await outcomeOf(arriving(whole.subarray(0, -2)), boundary)).toMatchObject({ size: 18 });
  });
});
