import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import { parseXml } from '../../../../src/oss/xml/parse.ts';
import { scan } from '../../../../src/oss/xml/scan.ts';
import { decode } from '../../../../src/oss/xml/schema.ts';
import * as examples from './examples.ts';
import { bytes, refused } from './helpers.ts';
import { samples } from './samples.ts';

const size = 2 * 1024 * 1024;
const fill = (piece: string, head = '', tail = ''): string =>
  head + piece.repeat(Math.floor((size - head.length - tail.length) / piece.length)) + tail;

/** All of these are as long as the longest document there is; each must be refused in some milliseconds. */
const hostile: Record<string, () => string> = {
  'a million levels': () => fill('<a>'),
  'a million levels of one letter each, closed': () => '<a>'.repeat(260_000) + '</a>'.repeat(260_000),
  'a million siblings': () => fill('<b/>', '<a>', '</a>'),
  'siblings with text': () => fill('<b/>&lt;', '<a>', '</a>'),
  'external entity': () => '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
  'billion laughs': () => {
    const levels = Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`);
    return `<!DOCTYPE a [<!ENTITY l0 "lol">${levels.join('')}]><a>&l10;</a>`;
  },
  'quadratic blow-up': () => `<!DOCTYPE a [<!ENTITY x "${'x'.repeat(size / 2)}">]>${fill('&x;', '<a>', '</a>')}`,
  'undefined entities': () => fill('&x;', '<a>', '</a>'),
  'ampersands only': () => fill('&', '<a>', '</a>'),
  'references that never end': () => fill('&#', '<a>', '</a>'),
  'one reference of two megabytes': () => fill('0', '<a>&#x', ';</a>'),
  'processing instructions': () => fill('<?a b?>', '<a>', '</a>'),
  'a declaration without end': () => fill(' ', '<?xml version="1.0"'),
  'a huge attribute': () => fill('x', '<a b="', '"/>'),
  'an attribute without end': () => fill('x', '<a b="'),
  'many attributes': () => `<a ${Array.from({ length: 180_000 }, (_, i) => `b${i}=""`).join(' ')}/>`,
  'blanks in a tag': () => fill(' ', '<a', '>'),
  'blanks around an equals sign': () => fill(' ', '<a b', '=""/>'),
  'blanks in an end tag': () => fill(' ', '<a></a', '>'),
  'blanks before the root': () => fill(' ', '', '<a/>'),
  'blanks in the root': () => fill(' ', '<a>', '</a>'),
  'a huge name': () => fill('a', '<', '/>'),
  'tags that never end': () => fill('<a '),
  'less-than signs': () => fill('<'),
  'greater-than signs': () => fill('>', '<a>'),
  'comments that never end': () => fill('<!--', '<a>'),
  comments: () => fill('<!---->', '<a>', '</a>'),
  'CDATA that never ends': () => fill('<![CDATA[', '<a>'),
  'brackets in CDATA': () => fill(']', '<a><![CDATA['),
  'a character that there is not at the end': () => fill('x', '<a>', '\ufffe</a>'),
  'text before the root': () => fill('中'),
  'an end tag too much': () => fill('</a>', '<a/>'),
};

describe('[Sec-29] hostile documents of the greatest size are MalformedXML', () => {
  // The bound is for a slow, shared machine. Warm and undisturbed, each of these takes 2 to 15 ms.
  it.each(Object.keys(hostile))('%s', { timeout: 2000 }, (name) => {
    const body = bytes(hostile[name]!());
    expect(refused(() => parseXml(body, { maxBytes: 3 * size, maxElements: 40_000 })).code).toBe('MalformedXML');
  });

  it('so is a whole, long document with one wrong letter at its end', { timeout: 2000 }, () => {
    const part = '<Part><PartNumber>1</PartNumber><ETag>&quot;0CC175B9C0F1B6A831C399E269772661&quot;</ETag></Part>';
    const body = bytes(`<CompleteMultipartUpload>${part.repeat(10_000)}</CompleteMultipartUploae>`);
    expect(refused(() => parseXml(body, { maxBytes: size, maxElements: 40_000 })).code).toBe('MalformedXML');
  });

  it('while an honest document of that size is taken', { timeout: 5000 }, () => {
    const key = 'x'.repeat(2000);
    const body = bytes(`<Delete>${`<Object><Key>${key}</Key></Object>`.repeat(1000)}</Delete>`);
    expect(decode(examples.deleteObjects, body, { maxBytes: size }).objects).toHaveLength(1000);
  });
});

/** Pieces that matter to a parser, to be put anywhere. */
const pieces = ['<', '>', '</', '/>', '&', ';', '&amp;', '&#1;', '&#0;', '<!--', '-->', '<![CDATA[', ']]>', '<?', '?>'];
const more = ['<!DOCTYPE a>', '"', "'", '=', ' ', '\n', 'x', '<Key>', '</Key>', '<Rule/>', ' a="b"', '\0', '\ufeff'];

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  remove: fc.nat(12),
  insert: fc.oneof(
    fc.constantFrom(...pieces, ...more).map(bytes),
    fc.uint8Array({ maxLength: 4 }),
    fc.constant(new Uint8Array()),
  ),
  copy: fc.nat(40),
});

function mutate(body: Uint8Array, edits: readonly (typeof edit extends fc.Arbitrary<infer T> ? T : never)[]) {
  let current = body;
  for (const { at, remove, insert, copy } of edits) {
    const start = Math.floor(at * current.length);
    current = Uint8Array.from([
      ...current.subarray(0, start),
      ...insert,
      ...current.subarray(start, start + copy),
      ...current.subarray(start + remove),
    ]);
  }
  return current;
}

describe('mutated documents', () => {
  const decoder = new TextDecoder();

  it.each(samples)('of $name are taken or refused, never worse', ({ form, source }) => {
    const original = bytes(source);
    expect(decode(form, original, { maxBytes: size })).toBeDefined();
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        try {
          decode(form, mutate(original, edits), { maxBytes: size });
        } catch (error) {
          if (!(error instanceof OssError) || error.status !== 400) throw error;
        }
      }),
      { numRuns: 400 },
    );
  });

  it('that the scan lets through are well-formed to the parser too', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(edit, { maxLength: 2 }), ({ source }, edits) => {
        const mutated = decoder.decode(mutate(bytes(source), edits));
        try {
          scan(mutated, { maxElements: 1000 });
        } catch {
          return;
        }
        expect(XMLValidator.validate(mutated)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
