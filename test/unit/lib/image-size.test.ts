import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageInfo } from '../../../src/lib/image-size.ts';

const bytes = (...pieces: (string | number[])[]) =>
  new Uint8Array(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string, 'latin1'))));
const u16 = (n: number) => [n >> 8, n & 255];
const le16 = (n: number) => [n & 255, n >> 8];
const le24 = (n: number) => [n & 255, (n >> 8) & 255, n >> 16];
const le32 = (n: number) => [...le16(n & 0xffff), ...le16(n >>> 16)];
const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)];

const png = (w: number, h: number) => bytes('\x89PNG\r\n\x1a\n', u32(13), 'IHDR', u32(w), u32(h), [8, 6, 0, 0, 0]);
const frame = (marker: number, w: number, h: number) => bytes([0xff, marker], u16(17), [8], u16(h), u16(w), [3]);
const segment = (marker: number, length: number) => bytes([0xff, marker], u16(length + 2), 'x'.repeat(length));
const jpeg = (...pieces: Uint8Array[]) => new Uint8Array(Buffer.concat([bytes([0xff, 0xd8]), ...pieces]));
const webp = (chunk: string, ...data: number[][]) => bytes('RIFF', le32(100), 'WEBP', chunk, le32(50), ...data);
const bmp = (w: number, h: number) =>
  bytes('BM', le32(100), le32(0), le32(54), le32(40), le32(w), le32(h), [0, 0, 0, 0]);

describe('the size of a picture', () => {
  it.each([
    ['png', png(640, 480), { format: 'png', width: 640, height: 480 }],
    ['gif', bytes('GIF89a', le16(300), le16(200), [0]), { format: 'gif', width: 300, height: 200 }],
    ['old gif', bytes('GIF87a', le16(1), le16(65_535), [0]), { format: 'gif', width: 1, height: 65_535 }],
    ['baseline jpeg', jpeg(segment(0xe0, 14), frame(0xc0, 800, 600)), { format: 'jpg', width: 800, height: 600 }],
    [
      'progressive jpeg behind a profile, a table and a preview',
      jpeg(segment(0xe1, 60_000), segment(0xe2, 65_000), segment(0xc4, 30), bytes([0xff]), frame(0xc2, 3_000, 2_000)),
      { format: 'jpg', width: 3_000, height: 2_000 },
    ],
    [
      'lossy webp',
      webp('VP8 ', [1, 2, 3, 0x9d, 1, 0x2a], le16(550), le16(368)),
      { format: 'webp', width: 550, height: 368 },
    ],
    [
      'lossless webp',
      webp('VP8L', [0x2f], le32((385 - 1) | ((395 - 1) << 14))),
      { format: 'webp', width: 385, height: 395 },
    ],
    ['extended webp', webp('VP8X', [0x10, 0, 0, 0], le24(399), le24(300)), { format: 'webp', width: 400, height: 301 }],
    ['bmp', bmp(127, 64), { format: 'bmp', width: 127, height: 64 }],
    ['bmp from the top down', bmp(127, -64), { format: 'bmp', width: 127, height: 64 }],
    [
      'ancient bmp',
      bytes('BM', le32(0), le32(0), le32(26), le32(12), le16(9), le16(8)),
      { format: 'bmp', width: 9, height: 8 },
    ],
  ])('of a %s', (_, head, expected) => {
    expect(imageInfo(head)).toEqual(expected);
    expect(imageInfo(Buffer.concat([Buffer.alloc(3), head]).subarray(3))).toEqual(expected);
  });

  it.each([
    ['nothing', bytes('')],
    ['text', bytes('hello world, hello world')],
    ['a word that begins as a bmp does', bytes('BMW is a maker of motor cars')],
    ['a sound in RIFF', bytes('RIFF', le32(100), 'WAVEfmt ')],
    ['a PDF', bytes('%PDF-1.7')],
  ])('is none for %s', (_, head) => {
    expect(imageInfo(head)).toBeUndefined();
  });

  it.each([
    ['a png without its header', png(1, 1).subarray(0, 20)],
    ['a png with another chunk first', bytes('\x89PNG\r\n\x1a\n', u32(13), 'tEXt', u32(1), u32(1))],
    ['a png without a side', png(0, 5)],
    ['a jpeg that ends in a segment', jpeg(segment(0xe0, 14), segment(0xe1, 100).subarray(0, 20))],
    ['a jpeg without a frame', jpeg(segment(0xe0, 14), segment(0xda, 10))],
    ['a jpeg of noise', jpeg(bytes([0xff, 0xe0, 0, 4, 1, 2, 3, 4, 5]))],
    ['a webp of no known kind', webp('VP8Z', [0, 0, 0, 0, 0, 0, 0, 0])],
    ['a gif cut short', bytes('GIF89a', [1])],
  ])('cannot be found for %s', (_, head) => {
    expect(imageInfo(head)).toBeNull();
  });

  it('[Sec-42] is looked for in any bytes without harm', () => {
    const magic = fc.constantFrom(
      '\x89PNG\r\n\x1a\n',
      '\xff\xd8\xff',
      'GIF89a',
      'RIFF    WEBPVP8 ',
      'RIFF    WEBPVP8L',
      'BM',
    );
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: 200 }), (begin, rest) => {
        const info = imageInfo(bytes(begin, [...rest]));
        if (info) expect(info.width > 0 && info.height > 0).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
