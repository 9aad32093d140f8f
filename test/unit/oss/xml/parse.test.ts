import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import { parseXml, type XmlElement } from '../../../../src/oss/xml/parse.ts';
import { bytes, refused } from './helpers.ts';

const maxBytes = 1 << 20;
const parse = (source: string): XmlElement => parseXml(bytes(source), { maxBytes });
const reason = (source: string): unknown => {
  const error = refused(() => parse(source));
  expect(error).toMatchObject({ code: 'MalformedXML', status: 400, ec: '0015-00000231' });
  return error.cause;
};

describe('parseXml', () => {
  it('gives elements in their order with their text', () => {
    expect(parse('<a><b>1</b><c/><b>2</b></a>')).toEqual({
      name: 'a',
      text: '',
      children: [
        { name: 'b', text: '1', children: [] },
        { name: 'c', text: '', children: [] },
        { name: 'b', text: '2', children: [] },
      ],
    });
  });

  it('[Common-12] takes a body with or without declaration, byte order mark and default namespace', () => {
    const expected = parse('<a><b>x</b></a>');
    for (const source of [
      '<?xml version="1.0" encoding="UTF-8"?><a><b>x</b></a>',
      "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n<a><b>x</b></a>\n",
      '\ufeff<?xml version="1.0"?>\n<a xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><b>x</b></a>',
      '<a xmlns="" xmlns:xsi="urn:x" other=\'1 > 0 &amp; so on\'><b >x</b\n></a >',
      ' \n<!-- before --><a><!-- - -- in --><b>x</b></a><!-- after --> \t',
    ]) {
      expect(parse(source)).toEqual(expected);
    }
  });

  it('[DeleteMultipleObjects-15] keeps blanks and decodes references once', () => {
    expect(parse('<k>  a\tb\n c  </k>').text).toBe('  a\tb\n c  ');
    expect(parse('<k> </k>').text).toBe(' ');
    expect(parse('<k>&amp;lt;&lt;&gt;&quot;&apos;&#65;&#x4e2D;&#x1F600;&amp;#65;</k>').text).toBe(
      '&lt;<>"\'A中😀&#65;',
    );
  });

  it('[DeleteMultipleObjects-13] takes references to control characters, and keeps line ends given that way', () => {
    for (let code = 1; code < 0x20; code++) {
      const expected = String.fromCharCode(code);
      expect(parse(`<k>&#${code};</k>`).text).toBe(expected);
      expect(parse(`<k>&#x${code.toString(16).padStart(2, '0')};</k>`).text).toBe(expected);
    }
    expect(parse('<k>a\r\nb\rc&#13;&#10;&#x0D;</k>').text).toBe('a\nb\nc\r\n\r');
  });

  it('counts CDATA as text in which nothing is a reference', () => {
    expect(parse('<k>a<![CDATA[<b>&amp;]]>&amp;<![CDATA[]]>c</k>').text).toBe('a<b>&amp;&c');
    expect(parse('<k><![CDATA[ ]] > ]]></k>').text).toBe(' ]] > ');
  });

  it('joins text around comments and children', () => {
    expect(parse('<k>a<!-- <b> & --> b<c/>d</k>')).toEqual({
      name: 'k',
      text: 'a bd',
      children: [{ name: 'c', text: '', children: [] }],
    });
  });

  it('does not mistake names of Object.prototype for anything else', () => {
    expect(parse('<a><hasOwnProperty/></a>').children).toHaveLength(1);
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      expect(reason(`<a><${name}>x</${name}></a>`)).toBe('refused by the parser');
    }
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it.each([
    ['', 'no element'],
    [' \n', 'no element'],
    ['<!-- only -->', 'no element'],
    ['<a>', 'a is not closed'],
    ['<a><b></a></b>', 'an end tag that opens nothing'],
    ['<ab></a>', 'an end tag that opens nothing'],
    ['<a></ab>', 'bad end tag of a'],
    ['<a></a', 'bad end tag of a'],
    ['<a/></a>', 'an end tag that opens nothing'],
    ['<a/><b/>', 'more than one root element'],
    ['x<a/>', 'text outside of the root element'],
    ['<a/>&#32;', 'text outside of the root element'],
    ['{"a":1}', 'text outside of the root element'],
    ['<a', 'bad tag a'],
    ['<a/', 'bad tag a'],
    ['<a / >', 'bad tag a'],
    ['<a b/>', 'bad tag a'],
    ['<a b=c/>', 'bad tag a'],
    ['<a b="<"/>', 'bad tag a'],
    ['<a b="c/>', 'bad tag a'],
    ['<a b="1"c="2"/>', 'bad tag a'],
    ['<a b="1" b="2"/>', 'an attribute is repeated'],
    ['< a/>', 'a tag without a name'],
    ['<1a/>', 'a tag without a name'],
    ['<>', 'a tag without a name'],
    ['<é/>', 'a tag without a name'],
    ['<x:a xmlns:x="urn:x"/>', 'bad tag x'],
    ['<a><!-- </a>', '--> is missing'],
    ['<a><![CDATA[ </a>', ']]> is missing'],
    ['<![CDATA[x]]><a/>', 'DOCTYPE or misplaced CDATA'],
    ['<a><![cdata[x]]></a>', 'DOCTYPE or misplaced CDATA'],
  ])('refuses what is not well-formed: %j', (source, expected) => {
    expect(reason(source)).toBe(expected);
  });

  it.each([
    '<?xml version="1.0"encoding="UTF-8"?><a/>',
    '<?xml encoding="UTF-8"?><a/>',
    '<?xml version="2.0"?><a/>',
    '<?xml version="1.0" encoding="GBK"?><a/>',
    '<?xml version="1.0" encoding="UTF-16"?><a/>',
    '<?xml version="1.0"><a/>',
    `<?xml ${' '.repeat(300)}version="1.0"?><a/>`,
    '<?xml-stylesheet href="x"?><a/>',
  ])('refuses a bad declaration: %j', (source) => {
    expect(reason(source)).toBe('bad XML declaration');
  });

  it('refuses a declaration that is not at the start', () => {
    expect(reason(' <?xml version="1.0"?><a/>')).toBe('processing instruction');
  });

  it('takes control characters as they are, NUL excepted: ali-oss writes keys so', () => {
    for (const code of [1, 8, 0x0b, 0x0c, 0x1f]) {
      const character = String.fromCharCode(code);
      expect(parse(`<a>${character}</a>`).text).toBe(character);
      expect(() => parse(`<a${character}b/>`)).toThrow(OssError);
    }
    for (const code of [0, 0xfffe, 0xffff]) {
      expect(reason(`<a>${String.fromCharCode(code)}</a>`)).toBe('a character that XML does not know');
    }
    expect(parse('<a>\u007f\u0085\u2028\ufffd</a>').text).toBe('\u007f\u0085\u2028\ufffd');
  });

  it.each([
    '&',
    '&;',
    '& ',
    '&amp',
    '&am<b/>p;',
    '&am<!-- -->p;',
    '&AMP;',
    '&nbsp;',
    '&x;',
    '&#;',
    '&#x;',
    '&#X41;',
    '&#-1;',
    '&#0;',
    '&#x0;',
    '&#xD800;',
    '&#57343;',
    '&#x110000;',
    '&#99999999999;',
    '&#6 5;',
    '&toString;',
  ])('refuses the reference %j, in text and in attributes', (reference) => {
    const expected = 'a reference to what is neither predefined nor a character';
    expect(reason(`<a>x${reference}y</a>`)).toBe(expected);
    if (!reference.includes('<')) expect(reason(`<a b="x${reference}y"/>`)).toBe(expected);
  });

  it('refuses bytes that are not UTF-8', () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe4, 0xb8]]) {
      const body = Uint8Array.from([...bytes('<a>'), ...bad, ...bytes('</a>')]);
      expect(refused(() => parseXml(body, { maxBytes })).cause).toBe('not UTF-8');
    }
    const utf16 = Uint8Array.from([0xff, 0xfe, 0x3c, 0, 0x61, 0, 0x2f, 0, 0x3e, 0]);
    expect(refused(() => parseXml(utf16, { maxBytes })).cause).toBe('not UTF-8');
  });

  it('holds the root to the expected name', () => {
    expect(parseXml(bytes('<a/>'), { maxBytes, root: 'a' }).name).toBe('a');
    expect(refused(() => parseXml(bytes('<A/>'), { maxBytes, root: 'a' })).cause).toBe('the root is A');
  });
});

/** The same trees in all the ways in which they can be written. */
describe('spelling', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/).map((word) => `n${word}`);
  const blank = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
  const attributes = fc.uniqueArray(fc.tuple(name, fc.stringMatching(/^[a-z/>' =-]{0,8}$/)), {
    maxLength: 3,
    selector: ([key]) => key,
  });
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }).map((raw) => {
      const text = raw.replaceAll(/[\0\r]/g, '');
      return { text, source: [...text].map((c) => (/[a-z \n\t]/.test(c) ? c : `&#${c.codePointAt(0)};`)).join('') };
    }),
    fc.stringMatching(/^[a-z<>& ]{0,8}$/).map((text) => ({ text, source: `<![CDATA[${text}]]>` })),
    fc.stringMatching(/^[a-z<>& ]{0,8}$/).map((comment) => ({ text: '', source: `<!--${comment}-->` })),
    fc.constant({ text: '&lt;', source: '&amp;lt;' }),
  );
  interface Spelled {
    element: XmlElement;
    source: string;
  }
  const { tree } = fc.letrec<{ tree: Spelled }>((tie) => ({
    tree: fc
      .tuple(name, attributes, blank, fc.array(fc.oneof({ maxDepth: 3 }, piece, tie('tree')), { maxLength: 4 }))
      .map(([word, pairs, space, parts]) => {
        const tag = `${word}${pairs.map(([key, value]) => `${space} ${key}${space}=${space}"${value}"`).join('')}${space}`;
        const children = parts.flatMap((part) => ('element' in part ? [part.element] : []));
        const text = parts.map((part) => ('text' in part ? part.text : '')).join('');
        const inner = parts.map((part) => part.source).join('');
        const source = parts.length === 0 ? `<${tag}/>` : `<${tag}>${inner}</${word}${space}>`;
        return { element: { name: word, children, text }, source };
      }),
  }));

  it('does not matter', () => {
    fc.assert(
      fc.property(tree, blank, ({ element, source }, space) => {
        expect(parse(`<?xml version="1.0"?>${space}<!-- -->${source}${space}`)).toEqual(element);
      }),
      { numRuns: 500 },
    );
  });
});

describe('limits of parseXml', () => {
  it('bytes', () => {
    const body = bytes('<a>中</a>');
    expect(parseXml(body, { maxBytes: body.length }).text).toBe('中');
    expect(refused(() => parseXml(body, { maxBytes: body.length - 1 })).cause).toBe('too long');
  });

  it('depth: 32 levels', () => {
    const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(parse(nested(32)).name).toBe('a');
    expect(reason(nested(33))).toBe('nested too deeply');
    expect(reason(`${'<a>'.repeat(32)}<a/>${'</a>'.repeat(32)}`)).toBe('nested too deeply');
  });

  it('elements: 5,000, or what the caller says', () => {
    const siblings = (count: number): string => `<a>${'<b/>'.repeat(count - 1)}</a>`;
    expect(parse(siblings(5000)).children).toHaveLength(4999);
    expect(reason(siblings(5001))).toBe('too many elements');
    expect(parseXml(bytes(siblings(5001)), { maxBytes, maxElements: 5001 }).children).toHaveLength(5000);
    expect(reason(`<a>${'<!---->'.repeat(5000)}</a>`)).toBe('too many elements');
  });

  it('names: 128 characters', () => {
    expect(parse(`<${'a'.repeat(128)}/>`).name).toHaveLength(128);
    expect(reason(`<${'a'.repeat(129)}/>`)).toBe('a name is too long');
  });

  it('attributes: 16 for each element, 4,096 characters each', () => {
    const many = (count: number): string => `<a ${Array.from({ length: count }, (_, i) => `b${i}="x"`).join(' ')}/>`;
    expect(parse(many(16)).name).toBe('a');
    expect(reason(many(17))).toBe('too many attributes');
    expect(parse(`<a b="${'x'.repeat(4096)}"/>`).name).toBe('a');
    expect(reason(`<a b="${'x'.repeat(4097)}"/>`)).toBe('bad tag a');
  });

  it('text: 65,536 units in a run', () => {
    expect(parse(`<a>${'x'.repeat(65_536)}</a>`).text).toHaveLength(65_536);
    expect(reason(`<a>${'x'.repeat(65_537)}</a>`)).toBe('a text is too long');
  });
});
