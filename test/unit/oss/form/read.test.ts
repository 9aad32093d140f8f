import { describe, expect, it } from 'vitest';
import {
  FIELD_VALUE_BYTES_MAX,
  FIELDS_BYTES_MAX,
  FIELDS_MAX,
  TRAILER_BYTES_MAX,
} from '../../../../src/oss/form/read.ts';
import { formBytes, type Part } from '../../../support/form.ts';
import { arriving, outcomeOf } from './helpers.ts';

const boundary = 'b0undary';
const file: Part = { name: 'file', filename: 'a.txt', value: 'content' };

function read(parts: readonly Part[]) {
  return outcomeOf(arriving(formBytes(boundary, parts)), boundary);
}

/** A form whose file part has exactly this header. */
function readHeader(header: string) {
  const text = `--${boundary}\r\n${header}\r\n\r\ncontent\r\n--${boundary}--\r\n`;
  return outcomeOf(arriving(Buffer.from(text)), boundary);
}

const disposition = (parameters: string) => `Content-Disposition: form-data; name="file"; ${parameters}`;

describe('the parts of a form', () => {
  it('keeps names and values as sent, in order, and stops at the file', async () => {
    const fields = [
      { name: 'Key', value: ' a b \r\n c ' },
      { name: 'x:Var', value: '' },
      { name: 'x-oss-meta-名', value: '值 😀' },
    ];
    const outcome = await read([...fields, file, { name: 'submit', value: 'Upload' }]);
    expect(outcome).toMatchObject({ fields, filename: 'a.txt', content: Buffer.from('content').toString('hex') });
  });

  it('knows the file by its name, in any case, with or without a file name', async () => {
    for (const part of [
      { name: 'FILE', filename: 'a.txt', value: 'x' },
      { name: 'file', value: 'x' },
    ]) {
      expect(await read([part])).toMatchObject({ content: '78', filename: part.filename ?? '' });
    }
    expect(await read([{ name: 'upload', filename: 'a.txt', value: 'x' }])).toMatch(/^IncorrectNumberOfFiles/);
  });

  it.each([
    ['filename="a.txt"', 'a.txt'],
    ['filename=a.txt', 'a.txt'],
    ['FileName = "a.txt"', 'a.txt'],
    ['filename="C:\\new\\temp\\a b.txt"', 'a b.txt'],
    ['filename="/home/me/a.txt"', 'a.txt'],
    ['filename="..\\..\\a.txt"', 'a.txt'],
    ['filename="a;b=c.txt"', 'a;b=c.txt'],
    ['filename="a\\"b.txt"', 'a"b.txt'],
    ['filename="a%22b.txt"', 'a%22b.txt'],
    ['filename="测试😀.txt"', '测试😀.txt'],
    ['filename=""', ''],
    ["filename*=UTF-8''%E6%B5%8B.txt", '测.txt'],
    ['filename="plain.txt"; filename*=UTF-8\'\'%E6%B5%8B.txt', 'plain.txt'],
    ['filename="a.txt";', 'a.txt'],
  ])('reads the file name of %s', async (parameters, filename) => {
    expect(await readHeader(disposition(parameters))).toMatchObject({ filename });
  });

  it('reads folded headers, and the type', async () => {
    const header =
      'content-disposition: form-data;\r\n\tname="file";\r\n filename="a.txt"\r\nCONTENT-TYPE:  image/png ';
    expect(await readHeader(header)).toMatchObject({ filename: 'a.txt', contentType: 'image/png' });
  });

  it.each(['binary', '8bit', '7BIT'])('takes the transfer encoding %s, which is none', async (encoding) => {
    const header = `${disposition('filename="a"')}\r\nContent-Transfer-Encoding: ${encoding}`;
    expect(await readHeader(header)).toMatchObject({ filename: 'a' });
  });

  it.each([
    ['no header', ''],
    ['no disposition', 'Content-Type: text/plain'],
    ['another disposition', 'Content-Disposition: attachment; name="file"'],
    ['no name', 'Content-Disposition: form-data; filename="a"'],
    ['an empty name', 'Content-Disposition: form-data; name=""; filename="a"'],
    ['two names', 'Content-Disposition: form-data; name="file"; name="key"'],
    ['two dispositions', `${disposition('filename="a"')}\r\n${disposition('filename="b"')}`],
    ['an unclosed quote', disposition('filename="a')],
    ['text behind a quote', disposition('filename="a"b')],
    ['a line that is no header', `${disposition('filename="a"')}\r\nnonsense`],
    ['a blank in a header name', `${disposition('filename="a"')}\r\nContent Type: a`],
    ['a bare line break', disposition('filename="a\nb"')],
    ['a carriage return', disposition('filename="a\rb"')],
    ['a NUL', disposition('filename="a\0b"')],
    ['a transfer encoding', `${disposition('filename="a"')}\r\nContent-Transfer-Encoding: base64`],
    ['a broken extended file name', disposition("filename*=UTF-8''%E6%B5")],
    ['an extended file name in another charset', disposition("filename*=GBK''%B2%E2")],
    ['a header of 17 KiB', `${disposition('filename="a"')}\r\nx: ${'x'.repeat(17 * 1024)}`],
  ])('[Sec-15] refuses a part with %s', async (_, header) => {
    expect(await readHeader(header)).toMatch(/^MalformedPOSTRequest/);
  });

  it('refuses a field that is not UTF-8', async () => {
    expect(await read([{ name: 'key', value: Uint8Array.of(0xb2, 0xe2) }, file])).toMatch(/^MalformedPOSTRequest/);
  });

  it('[Sec-15] refuses a field twice, in whatever case', async () => {
    const twice = [
      { name: 'key', value: 'a' },
      { name: 'KEY', value: 'b' },
    ];
    expect(await read([...twice, file])).toMatch(/^InvalidArgument/);
  });

  it('[Sec-15] wants one file, neither none nor two', async () => {
    expect(await read([{ name: 'key', value: 'a' }])).toMatch(/^IncorrectNumberOfFilesInPOSTRequest/);
    expect(await read([file, file])).toMatch(/^IncorrectNumberOfFilesInPOSTRequest/);
    expect(await read([file, { name: 'key', value: 'a' }, { ...file, filename: 'b' }])).toMatch(
      /^IncorrectNumberOfFilesInPOSTRequest/,
    );
    expect(await outcomeOf(arriving(Buffer.from(`--${boundary}--\r\n`)), boundary)).toMatch(/^IncorrectNumberOfFiles/);
    expect(await outcomeOf(arriving(new Uint8Array(0)), boundary)).toMatch(/^MalformedPOSTRequest/);
  });

  it('[Sec-15] reads a boundary that begins with hyphens, and text that looks like one', async () => {
    const odd = '--x';
    const value = '\r\n--\r\n--x\r\n----\r\n----xy\r\n----x y';
    const bytes = formBytes(odd, [
      { name: 'key', value },
      { ...file, value },
    ]);
    expect(await outcomeOf(arriving(bytes, [1]), odd)).toMatchObject({
      fields: [{ name: 'key', value }],
      content: Buffer.from(value).toString('hex'),
    });
  });

  it('takes line feeds alone for text', async () => {
    const text = `--${boundary}\ncontent-disposition: form-data; name="file"\n\nx\n--${boundary}--\n`;
    expect(await outcomeOf(arriving(Buffer.from(text)), boundary)).toMatch(/^MalformedPOSTRequest/);
  });
});

describe('the bounds of a form', () => {
  const value = (length: number) => 'x'.repeat(length);

  it('[Sec-15] of a name', async () => {
    expect(await read([{ name: value(8 * 1024), value: '' }, file])).toMatchObject({ size: 7 });
    expect(await read([{ name: value(8 * 1024 + 1), value: '' }, file])).toMatch(/^FieldItemTooLong/);
  });

  it('[Sec-15] of a value', async () => {
    expect(await read([{ name: 'a', value: value(FIELD_VALUE_BYTES_MAX) }, file])).toMatchObject({ size: 7 });
    expect(await read([{ name: 'a', value: value(FIELD_VALUE_BYTES_MAX + 1) }, file])).toMatch(/^FieldItemTooLong/);
  });

  it('[Sec-15] of all that stands before the file', async () => {
    const half = FIELD_VALUE_BYTES_MAX;
    const two = [
      { name: 'a', value: value(half) },
      { name: 'b', value: value(half - 1024) },
    ];
    expect(await read([...two, file])).toMatchObject({ size: 7 });
    expect(await read([...two, { name: 'c', value: value(2048) }, file])).toMatch(/^MaxPOSTPreDataLength/);
    const preamble = formBytes(boundary, [file], { preamble: value(FIELDS_BYTES_MAX) });
    expect(await outcomeOf(arriving(preamble), boundary)).toMatch(/^MaxPOSTPreDataLength/);
  });

  it('[Sec-15] of the number of fields: ten thousand are too many', async () => {
    const fields = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `f${i}`, value: '' }));
    expect(await read([...fields(FIELDS_MAX), file])).toMatchObject({ size: 7 });
    expect(await read([...fields(FIELDS_MAX + 1), file])).toMatch(/^MaxPOSTPreDataLength/);
    expect(await read([...fields(10_000), file])).toMatch(/^MaxPOSTPreDataLength/);
  });

  it('of what stands behind the file', async () => {
    const behind = (length: number) => [file, { name: 'submit', value: value(length) }];
    expect(await read(behind(TRAILER_BYTES_MAX - 1024))).toMatchObject({ size: 7 });
    expect(await read(behind(TRAILER_BYTES_MAX))).toMatch(/^MalformedPOSTRequest/);
    const epilogue = formBytes(boundary, [file], { epilogue: value(TRAILER_BYTES_MAX + 1) });
    expect(await outcomeOf(arriving(epilogue), boundary)).toMatch(/^MalformedPOSTRequest/);
  });

  it('holds little of a long file at a time, however it is cut', async () => {
    const bytes = formBytes(boundary, [{ ...file, value: Buffer.alloc(3 * 1024 * 1024, '\r\n--b0undarX') }]);
    let largest = 0;
    const source = arriving(bytes, [100_000]);
    const watched = {
      read(into: Uint8Array<ArrayBuffer>) {
        largest = Math.max(largest, into.buffer.byteLength);
        return source.read(into);
      },
    };
    expect(await outcomeOf(watched, boundary)).toMatchObject({ size: 3 * 1024 * 1024 });
    expect(largest).toBeLessThan(300 * 1024);
  });
});
