import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Piece, SegmentsTooShort, slicePieces } from '../../../src/blob/segments.ts';

const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 12 });

function segmentsOf(sizes: readonly number[]): Piece[] {
  return sizes.map((length, i) => ({ blob: `b${i}`, offset: i * 3, length }));
}

/** The bytes that pieces stand for, as `blob@position` words: what a reader would see. */
const words = (pieces: readonly Piece[]): string[] =>
  pieces.flatMap(({ blob, offset, length }) => Array.from({ length }, (_, i) => `${blob}@${offset + i}`));

async function collect(pieces: AsyncIterable<Piece>): Promise<Piece[]> {
  const all: Piece[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

async function* inPages(segments: readonly Piece[], size: number, seen: { pages: number }): AsyncGenerator<Piece[]> {
  for (let at = 0; at < segments.length; at += size) {
    seen.pages++;
    yield segments.slice(at, at + size);
  }
}

describe('cutting a range out of segments', () => {
  it('is what a slice of the joined bytes is, for every split, from a list and from pages', async () => {
    await fc.assert(
      fc.asyncProperty(lengths, fc.nat(260), fc.nat(260), fc.integer({ min: 1, max: 5 }), async (sizes, a, b, page) => {
        const segments = segmentsOf(sizes);
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const offset = Math.min(a, b) % (total + 1);
        const length = Math.max(a, b) % (total - offset + 1);
        const expected = words(segments).slice(offset, offset + length);
        const pieces = await collect(slicePieces(segments, { offset, length }));
        expect(words(pieces)).toEqual(expected);
        expect(pieces.every((piece) => piece.length > 0)).toBe(true);
        const paged = await collect(slicePieces(inPages(segments, page, { pages: 0 }), { offset, length }));
        expect(words(paged)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('asks for no page beyond the range', async () => {
    const segments = segmentsOf([10, 10, 10, 10, 10, 10]);
    const seen = { pages: 0 };
    await collect(slicePieces(inPages(segments, 2, seen), { offset: 5, length: 35 }));
    expect(seen.pages).toBe(2);
    const none = { pages: 0 };
    await collect(slicePieces(inPages(segments, 2, none), { offset: 5, length: 0 }));
    expect(none.pages).toBe(0);
  });

  it('tells when the segments end too early', async () => {
    const segments = segmentsOf([3, 4]);
    for (const range of [
      { offset: 0, length: 8 },
      { offset: 7, length: 1 },
      { offset: 100, length: 1 },
    ])
      await expect(collect(slicePieces(segments, range))).rejects.toThrow(SegmentsTooShort);
  });

  it('refuses what is not a range', async () => {
    for (const range of [
      { offset: -1, length: 1 },
      { offset: 0, length: -1 },
      { offset: 0.5, length: 1 },
      { offset: 0, length: 2 ** 53 },
    ])
      await expect(collect(slicePieces(segmentsOf([3]), range))).rejects.toThrow(RangeError);
  });
});
