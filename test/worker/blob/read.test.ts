import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { BlobMissing, readSegments } from '../../../src/blob/read.ts';
import { type Piece, SegmentsTooShort } from '../../../src/blob/segments.ts';
import { R2BlobStore } from '../../../src/blob/store.ts';
import { patternBytes, readAll } from '../../support/bodies.ts';
import { type Fault, FaultyBlobStore } from '../../support/faulty-store.ts';

const r2 = new R2BlobStore(env.BLOBS);
const BLOB = 2000;
const blobs = [1, 2, 3].map((seed) => ({ name: `read/${seed}`, bytes: patternBytes(BLOB, seed) }));

beforeAll(async () => {
  for (const { name, bytes } of blobs) await r2.put(name, bytes, { length: BLOB });
});

const contentOf = (segments: readonly Piece[]): Uint8Array =>
  new Uint8Array(
    segments.flatMap(({ blob, offset, length }) => {
      const { bytes } = blobs.find(({ name }) => name === blob)!;
      return [...bytes.subarray(offset, offset + length)];
    }),
  );

/** Any list of segments over the blobs, the same blob more than once included, and a range of its bytes. */
const readings = fc
  .array(fc.tuple(fc.nat(2), fc.nat(BLOB - 1), fc.integer({ min: 1, max: 400 })), { minLength: 1, maxLength: 8 })
  .map((all) =>
    all.map(([blob, offset, length]) => ({
      blob: blobs[blob]!.name,
      offset,
      length: Math.min(length, BLOB - offset),
    })),
  )
  .chain((segments) => {
    const total = segments.reduce((sum, { length }) => sum + length, 0);
    return fc
      .record({ segments: fc.constant(segments), offset: fc.nat(total), pages: fc.boolean() })
      .chain((rest) => fc.record({ length: fc.nat(total - rest.offset) }).map((range) => ({ ...rest, ...range })));
  });

async function* onePerPage(segments: readonly Piece[]): AsyncGenerator<Piece[]> {
  for (const segment of segments) yield [segment];
}

const list = (count: number, length = 100): Piece[] =>
  Array.from({ length: count }, (_, i) => ({ blob: blobs[i % 3]!.name, offset: i * 7, length }));
const lengthOf = (segments: readonly Piece[]): number => segments.reduce((sum, { length }) => sum + length, 0);
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('reading a range of segments', () => {
  it('yields exactly its bytes, for every split of every range', async () => {
    await fc.assert(
      fc.asyncProperty(readings, async ({ segments, offset, length, pages }) => {
        const store = new FaultyBlobStore(r2);
        const body = await readSegments(store, pages ? onePerPage(segments) : segments, { offset, length });
        expect(await readAll(body)).toEqual(contentOf(segments).slice(offset, offset + length));
        expect(store.openReads).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('yields them from R2 itself too, with a length that a response can announce', async () => {
    const segments = list(5);
    for (const [offset, length] of [
      [0, 500],
      [50, 400],
      [120, 30],
      [0, 0],
      [500, 0],
    ] as const) {
      const body = await readSegments(r2, segments, { offset, length });
      // R2 takes only streams of known length.
      const stored = await env.BLOBS.put('read/copy', body);
      expect(stored?.size).toBe(length);
      const copy = new Uint8Array(await (await env.BLOBS.get('read/copy'))!.arrayBuffer());
      expect(copy).toEqual(contentOf(segments).slice(offset, offset + length));
    }
  });

  it("hands out the store's own stream where one segment holds the range", async () => {
    const own = new Response('own').body!;
    const store = new FaultyBlobStore(r2);
    store.get = async () => own;
    expect(await readSegments(store, list(3), { offset: 110, length: 50 })).toBe(own);
  });

  it('opens four blobs ahead and never more, however slowly it is read', async () => {
    const segments = list(20);
    const store = new FaultyBlobStore(r2);
    const reader = (await readSegments(store, segments, { offset: 0, length: 2000 })).getReader();
    for (let at = 0; at < 2000; ) {
      await settled();
      expect(store.calls.get).toBeLessThanOrEqual(Math.floor(at / 100) + 6);
      at += (await reader.read()).value!.length;
    }
    expect((await reader.read()).done).toBe(true);
    expect(store.mostOpenReads).toBe(5);
    expect(store.calls.get).toBe(20);
    expect(store.openReads).toBe(0);
  });

  it('fetches pages no earlier than it needs them, and closes them when cancelled', async () => {
    const segments = list(1000);
    let pages = 0;
    let closed = false;
    async function* pager() {
      try {
        for (let at = 0; at < segments.length; at += 2) {
          pages++;
          yield segments.slice(at, at + 2);
        }
      } finally {
        closed = true;
      }
    }
    const store = new FaultyBlobStore(r2);
    const body = await readSegments(store, pager(), { offset: 0, length: lengthOf(segments) });
    const reader = body.getReader();
    await reader.read();
    await settled();
    expect(pages).toBeLessThanOrEqual(3);
    await reader.cancel();
    await settled();
    expect(closed).toBe(true);
    expect(store.openReads).toBe(0);
    const calls = store.calls.get;
    await settled();
    expect(store.calls.get).toBe(calls);
  });

  it('closes the pager also where one segment was enough', async () => {
    let closed = false;
    async function* pager() {
      try {
        yield list(3);
        yield list(3);
      } finally {
        closed = true;
      }
    }
    expect(await readAll(await readSegments(r2, pager(), { offset: 0, length: 100 }))).toHaveLength(100);
    expect(closed).toBe(true);
  });
});

describe('reading that goes wrong', () => {
  it('fails before anything is sent where the first blob is missing or the segments are too short', async () => {
    const missing = [{ blob: 'read/none', offset: 0, length: 10 }, ...list(2)];
    await expect(readSegments(r2, missing, { offset: 0, length: 50 })).rejects.toThrow(BlobMissing);
    await expect(readSegments(r2, missing, { offset: 0, length: 5 })).rejects.toThrow(BlobMissing);
    await expect(readSegments(r2, [], { offset: 0, length: 1 })).rejects.toThrow(SegmentsTooShort);
    await expect(readSegments(r2, list(1), { offset: 200, length: 1 })).rejects.toThrow(SegmentsTooShort);
    const short = [{ blob: blobs[0]!.name, offset: BLOB - 5, length: 6 }];
    await expect(readSegments(r2, short, { offset: 0, length: 6 })).rejects.toMatchObject({ reason: 'truncated' });
  });

  const faults: Array<[string, Fault]> = [
    ['a later blob cannot be opened', { call: 'get', nth: 3, how: 'before' }],
    ['the last blob cannot be opened', { call: 'get', nth: 5, how: 'before' }],
    ['a blob breaks off', { call: 'get', nth: 2, how: 'cut', after: 50 }],
    ['the first blob breaks off at once', { call: 'get', nth: 1, how: 'cut', after: 1 }],
    ['a blob is shorter than it should be', { call: 'get', nth: 2, how: 'short', after: 50 }],
    ['the last blob is shorter than it should be', { call: 'get', nth: 5, how: 'short', after: 99 }],
  ];

  it.each(faults)('aborts the stream where %s', async (_, fault) => {
    const store = new FaultyBlobStore(r2, fault);
    const body = await readSegments(store, list(5), { offset: 0, length: 500 });
    await expect(readAll(body)).rejects.toThrow();
    await settled();
    expect(store.openReads).toBe(0);
  });

  it('aborts the stream where the segments end early or a later blob is missing', async () => {
    const early = await readSegments(r2, list(5), { offset: 0, length: 501 });
    await expect(readAll(early)).rejects.toThrow();
    const missing = [...list(2), { blob: 'read/none', offset: 0, length: 10 }, ...list(2)];
    const body = await readSegments(r2, missing, { offset: 0, length: 410 });
    await expect(readAll(body)).rejects.toThrow();
  });

  it('aborts the stream where a page cannot be had', async () => {
    async function* pager() {
      yield list(2);
      throw new Error('the index is gone');
    }
    const body = await readSegments(r2, pager(), { offset: 0, length: 300 });
    await expect(readAll(body)).rejects.toThrow();
  });

  it('waits for a slow store', async () => {
    const store = new FaultyBlobStore(r2, { call: 'get', nth: 3, how: { delayMs: 60 } });
    const body = await readSegments(store, list(5), { offset: 0, length: 500 });
    expect(await readAll(body)).toEqual(contentOf(list(5)));
  });
});
