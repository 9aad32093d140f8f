import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { BodyFailure, type BodyFailureReason } from '../../../src/blob/failure.ts';
import { type BlobStore, R2BlobStore } from '../../../src/blob/store.ts';
import { UPLOAD_PART_BYTES } from '../../../src/blob/upload.ts';
import { type WriteOptions, writeBody } from '../../../src/blob/write.ts';
import { type BodyShape, bodyOf, patternBytes } from '../../support/bodies.ts';
import { type Fault, FaultyBlobStore, InjectedFault } from '../../support/faulty-store.ts';

const r2 = new R2BlobStore(env.BLOBS);
let shards = 0;
const content = patternBytes(9_000_000);

interface Way {
  way: string;
  size: number;
  /** Whether the length is announced. */
  known: boolean;
  blobLimit?: number;
}

/** The ways in which a body is taken. */
const WHOLE: Way = { way: 'read whole', size: 100_000, known: true };
const STREAMED: Way = { way: 'streamed', size: 1_000_000, known: true };
const SPLIT: Way = { way: 'split into blobs', size: 1_000_000, known: true, blobLimit: 400_000 };
const SHORT: Way = { way: 'of unknown length, short', size: 300_000, known: false };
const IN_PARTS: Way = { way: 'of unknown length, in parts', size: 9_000_000, known: false };
const ways = [WHOLE, STREAMED, SPLIT, SHORT, IN_PARTS];

function optionsFor(way: Way, body: WriteOptions['body'], more: Partial<WriteOptions> = {}): WriteOptions {
  return {
    shardId: `f${++shards}`,
    body,
    ...(way.known ? { length: way.size } : {}),
    blobLimit: way.blobLimit,
    inlineLimit: 0,
    limit: 2 ** 40,
    idleTimeoutMs: 5000,
    ...more,
  };
}

const bodyFor = (way: Way, shape: Omit<BodyShape, 'chunk'> = {}) =>
  bodyOf(content.slice(0, way.size), { chunk: 60_000, bytes: true, ...shape });

/** Every failure that the store can have while it takes a body in this way. */
function faultsOn(way: Way): Fault[] {
  const hows = ['before', 'after'] as const;
  const each = (call: Fault['call'], count: number): Fault[] =>
    Array.from({ length: count }, (_, i) => hows.map((how) => ({ call, nth: i + 1, how }))).flat();
  if (way.known) return each('put', Math.ceil(way.size / (way.blobLimit ?? way.size)));
  if (way.size < 1_048_576) return each('put', 1);
  return [
    { call: 'startUpload', nth: 1, how: 'before' },
    ...each('putPart', Math.ceil(way.size / UPLOAD_PART_BYTES)),
    ...each('complete', 1),
  ];
}

async function blobsOf({ shardId }: WriteOptions): Promise<string[]> {
  return (await r2.list({ prefix: `${shardId}/` })).blobs.map((blob) => blob.name);
}

/** That writing fails so, soon, and leaves neither a blob nor an open upload. */
async function expectFailure(
  options: WriteOptions,
  reason: BodyFailureReason | typeof InjectedFault,
  store: FaultyBlobStore = new FaultyBlobStore(r2),
): Promise<void> {
  const failure = await writeBody(store, options).then(
    () => null,
    (error: unknown) => error,
  );
  if (typeof reason === 'string') {
    expect(failure).toBeInstanceOf(BodyFailure);
    expect((failure as BodyFailure).reason).toBe(reason);
  } else expect(failure).toBeInstanceOf(reason);
  expect(await blobsOf(options)).toEqual([]);
  expect(store.openUploads).toBe(0);
}

describe.each(ways)('a body $way', (way) => {
  it('succeeds in these tests where nothing is wrong', async () => {
    const { size } = await writeBody(r2, optionsFor(way, bodyFor(way).stream));
    expect(size).toBe(way.size);
  });

  it('[PutObject-5] leaves nothing where its MD5 differs', async () => {
    const body = bodyFor(way);
    await expectFailure(optionsFor(way, body.stream, { md5: new Uint8Array(16) }), 'md5-mismatch');
  });

  it('[PutObject-4] [Sec-37] leaves nothing where it breaks off, early or at its last byte', async () => {
    for (const failAfter of [0, 1, Math.floor(way.size / 2), way.size - 1]) {
      const body = bodyFor(way, { failAfter });
      await expectFailure(optionsFor(way, body.stream), 'incomplete-body');
    }
  });

  it('[PutObject-4] leaves nothing where its sender pauses too long', async () => {
    for (const stallAfter of [0, Math.floor(way.size / 2)]) {
      const body = bodyFor(way, { stallAfter });
      await expectFailure(optionsFor(way, body.stream, { idleTimeoutMs: 40 }), 'timeout');
      expect(body.cancelled()).toBe(true);
    }
  });

  it('leaves nothing where the store refuses it, and lets the sender go', async () => {
    for (const fault of faultsOn(way)) {
      const body = bodyFor(way);
      await expectFailure(optionsFor(way, body.stream), InjectedFault, new FaultyBlobStore(r2, fault));
      expect(body.taken() === way.size || body.cancelled()).toBe(true);
    }
  });

  it('reports what is wrong with it even where cleaning up fails', async () => {
    const store = new FaultyBlobStore(
      r2,
      { call: 'delete', nth: 1, how: 'after' },
      { call: 'abort', nth: 1, how: 'after' },
    );
    const options = optionsFor(way, bodyFor(way, { failAfter: way.size - 1 }).stream);
    await expect(writeBody(store, options)).rejects.toMatchObject({ reason: 'incomplete-body' });
    expect(await blobsOf(options)).toEqual([]);
  });

  it('[PutObject-6] is refused where it is too long, and taken at the limit', async () => {
    const long = bodyFor(way);
    await expectFailure(optionsFor(way, long.stream, { limit: way.size - 1 }), 'too-large');
    if (way.known) expect(long.taken()).toBe(0);
    await writeBody(r2, optionsFor(way, bodyFor(way).stream, { limit: way.size }));
  });
});

describe('a body that is shorter than announced', () => {
  it('[PutObject-4] [Sec-37] is incomplete, and nothing is stored', async () => {
    for (const way of ways.filter(({ known }) => known)) {
      for (const endAfter of [0, 1, way.size - 1]) {
        const body = bodyFor(way, { endAfter });
        await expectFailure(optionsFor(way, body.stream), 'incomplete-body');
      }
      await expectFailure(optionsFor(way, null), 'incomplete-body');
      await expectFailure(optionsFor(way, content.slice(0, way.size - 1)), 'incomplete-body');
    }
  });
});

describe('a store that has refused', () => {
  // The sender stalls after more than the store takes, so that only the refusal can end the wait for it.
  const fault: Fault = { call: 'put', nth: 1, how: 'midway', after: 150_000 };
  it.each<[Way, number, Fault]>([
    [STREAMED, 300_000, fault],
    [SPLIT, 300_000, fault],
    [IN_PARTS, 8_500_000, { call: 'putPart', nth: 1, how: 'before' }],
  ])('does not wait for the sender of a body $way', async (way, stallAfter, fault) => {
    const body = bodyFor(way, { stallAfter });
    const began = Date.now();
    const options = optionsFor(way, body.stream, { idleTimeoutMs: 20_000 });
    await expectFailure(options, InjectedFault, new FaultyBlobStore(r2, fault));
    expect(Date.now() - began).toBeLessThan(5000);
    expect(body.cancelled()).toBe(true);
  });
});

describe('a body in several blobs', () => {
  it('[PutObject-5] is never whole in the store with a wrong MD5, not even until it is deleted', async () => {
    const options = optionsFor(SPLIT, bodyFor(SPLIT).stream, { md5: new Uint8Array(16) });
    const store = new FaultyBlobStore(r2, { call: 'delete', nth: 1, how: 'before' });
    await expect(writeBody(store, options)).rejects.toMatchObject({ reason: 'md5-mismatch' });
    expect(store.calls.put).toBe(3);
    const left = await blobsOf(options);
    expect(left).toHaveLength(2);
    await r2.delete(left);
  });
});

describe('a length that is none', () => {
  it('is refused', async () => {
    for (const length of [-1, 1.5, Number.NaN, 2 ** 53]) {
      const options = optionsFor(WHOLE, content.slice(0, 10), { length });
      await expect(writeBody(r2, options)).rejects.toThrow(RangeError);
    }
  });
});

describe('a body for the index itself', () => {
  it('[PutObject-5] is refused where its MD5 differs', async () => {
    for (const body of [content.slice(0, 100), bodyOf(content.slice(0, 100), { chunk: 30 }).stream, null]) {
      const options = { ...optionsFor(SHORT, body, { inlineLimit: 4096, md5: new Uint8Array(16) }) };
      await expectFailure(options, 'md5-mismatch');
    }
  });
});

describe('a body from somebody who measures limits', () => {
  it('[PutObject-6] is not read beyond the limit', async () => {
    const sent = bodyOf(content, { chunk: 10_000 });
    await expectFailure({ ...optionsFor(IN_PARTS, sent.stream), limit: 30_000 }, 'too-large');
    expect(sent.taken()).toBeLessThanOrEqual(40_000);
    expect(sent.cancelled()).toBe(true);
  });

  it('keeps its own failure where a decoder before us found one', async () => {
    const failure = new BodyFailure('too-large', 'a form field');
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(failure);
      },
    });
    await expect(writeBody(r2, optionsFor(STREAMED, broken))).rejects.toBe(failure);
  });

  it('is told to come again when too many hold buffers already', async () => {
    const stalled = Array.from({ length: 4 }, () => bodyOf(content, { chunk: 500_000, stallAfter: 2_000_000 }));
    const way = IN_PARTS;
    const waiting = stalled.map(({ stream }) => writeBody(r2, optionsFor(way, stream, { idleTimeoutMs: 600 })));
    const outcomes = Promise.allSettled(waiting);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expectFailure(optionsFor(way, bodyOf(content, { chunk: 500_000 }).stream, { idleTimeoutMs: 60 }), 'busy');
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { reason: 'timeout' } });
    await writeBody(r2, optionsFor(way, bodyOf(content, { chunk: 500_000 }).stream));
  });
});

describe('a sender that is slow', () => {
  it.each([true, false])('is waited for as long as it goes on sending (byte stream: %s)', async (bytes) => {
    for (const known of [true, false]) {
      const body = content.slice(0, 3000);
      const { stream } = bodyOf(body, { chunk: 100, bytes, everyMs: 40 });
      const way = { ...WHOLE, known, size: body.length };
      const { size } = await writeBody(r2, optionsFor(way, stream, { idleTimeoutMs: 400 }));
      expect(size).toBe(3000);
    }
  });
});

describe('a store that is slow', () => {
  it('does not make the sender a slow one', async () => {
    const delayed: Fault[] = [{ call: 'put', nth: 1, how: { delayMs: 500 } }];
    const store: BlobStore = new FaultyBlobStore(r2, ...delayed);
    const options = optionsFor(STREAMED, bodyFor(STREAMED).stream, { idleTimeoutMs: 250 });
    await writeBody(store, options);
  });
});
