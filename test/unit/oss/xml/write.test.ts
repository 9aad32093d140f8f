import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../../../../src/oss/xml/parse.ts';
import { escapeText, urlEncodeKey, writeXml, XmlWriter } from '../../../../src/oss/xml/write.ts';
import { bytes } from './helpers.ts';

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';

describe('XmlWriter', () => {
  it('writes elements in order and closes what is open', () => {
    const out = new XmlWriter('ListBucketResult');
    out.leaf('Name', 'b').leaf('Prefix', '').leaf('MaxKeys', 100).leaf('IsTruncated', false).leaf('Marker', undefined);
    out.open('Contents').leaf('Key', 'a<b').open('Owner').leaf('ID', '1').close().close();
    out.open('CommonPrefixes').leaf('Prefix', 'x/');
    expect(out.end()).toBe(
      `${head}<ListBucketResult><Name>b</Name><Prefix></Prefix>` +
        '<MaxKeys>100</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>a&lt;b</Key><Owner><ID>1</ID></Owner>' +
        '</Contents><CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes></ListBucketResult>',
    );
  });

  it('[Common-11] writes a small answer in one call, without a namespace', () => {
    expect(writeXml('LocationConstraint', 'oss-cn-hangzhou')).toBe(
      `${head}<LocationConstraint>oss-cn-hangzhou</LocationConstraint>`,
    );
    expect(
      writeXml('Error', { Code: 'X', Message: undefined, Parts: { Part: [{ N: 1 }, { N: 2 }] }, Empty: {}, None: [] }),
    ).toBe(
      `${head}<Error><Code>X</Code><Parts><Part><N>1</N></Part><Part><N>2</N></Part></Parts><Empty></Empty></Error>`,
    );
  });
});

describe('escapeText', () => {
  it('escapes markup, and leaves quotes as the reference has them', () => {
    expect(escapeText(`<&>"'`)).toBe(`&lt;&amp;&gt;"'`);
    expect(escapeText('"5B3C1A2E"')).toBe('"5B3C1A2E"');
    expect(escapeText(']]>')).toBe(']]&gt;');
    expect(escapeText('plain 中文 é\u0085')).toBe('plain 中文 é\u0085');
  });

  it('[GetBucket-24] [Sec-43] writes control characters as they are, a carriage return as a reference', () => {
    expect(escapeText('\x01\x07\x0b\x0c\x1f\ufffe')).toBe('\x01\x07\x0b\x0c\x1f\ufffe');
    expect(escapeText('a\r\n\tb')).toBe('a&#13;\n\tb');
  });

  it('keeps whole characters and replaces half ones', () => {
    expect(escapeText('😀')).toBe('😀');
    expect(escapeText('a\ud800b\udc00')).toBe('a\ufffdb\ufffd');
  });

  it('is undone by the parser for every text that XML 1.0 can say', () => {
    const anyText = fc
      .string({ unit: 'binary' })
      .filter((text) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text));
    fc.assert(
      fc.property(anyText, (text) => {
        const body = bytes(writeXml('a', { b: text }));
        expect(parseXml(body, { maxBytes: body.length }).children[0]!.text).toBe(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('urlEncodeKey', () => {
  it('[GetBucket-16] [GetBucketV2-10] encodes all but the unreserved set, the delimiter too', () => {
    expect(urlEncodeKey('/')).toBe('%2F');
    expect(urlEncodeKey('dir/a b+c&中~-._*')).toBe('dir%2Fa%20b%2Bc%26%E4%B8%AD~-._%2A');
    expect(urlEncodeKey('\x01\r\ud800')).toBe('%01%0D%EF%BF%BD');
  });
});
