import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CipherStore } from '../../../src/blob/cipher-store.ts';
import { crc64 } from '../../../src/blob/crc64.ts';
import { KeyRing } from '../../../src/blob/master-keys.ts';
import { makeBlobName } from '../../../src/blob/names.ts';
import { R2BlobStore } from '../../../src/blob/store.ts';
import { BlobLedger } from '../../../src/index/blobs.ts';
import { Caretaker } from '../../../src/index/caretaker.ts';
import { Compactor } from '../../../src/index/compaction.ts';
import { isFragmented } from '../../../src/index/compaction-queue.ts';
import { LeaseBook } from '../../../src/index/leases.ts';
import { Manifests } from '../../../src/index/manifests.ts';
import type { Segment } from '../../../src/index/records.ts';
import { type Fault, FaultyBlobStore } from '../../support/faulty-store.ts';
import { maintainThrough, putContent, query, type ShardOfKey, shardOfKey, storedBlobs } from '../support/index.ts';
import { bytesOf, joined, md5, PART, uploadParts } from '../support/multipart.ts';
import { newBucket, send } from '../support/wire.ts';

const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Writes an object of so many segments, each of `length` bytes. @returns its content */
async function fragmented(
  bucket: string,
  key: string,
  count: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const shard = await shardOfKey(bucket, key);
  const blob = makeBlobName(shard.name, Date.now());
  const content = bytesOf(count * length, count);
  await env.BLOBS.put(blob, content);
  const segments = Array.from({ length: count }, (_, i): Segment => {
    const bytes = content.subarray(i * length, (i + 1) * length);
    return { blob, offset: i * length, length, crc64: String(crc64(bytes)) };
  });
  const crc = String(crc64(content));
  await putContent(bucket, key, { size: content.length, etag: md5(content), crc64: crc, segments });
  return content;
}

/** Runs compaction until there is nothing on its list. */
async function compactAll(shard: ShardOfKey): Promise<void> {
  for (let run = 0; (await query(shard, 'SELECT version FROM fragmented')).length > 0; run++) {
    expect(run, 'compaction does not come to an end').toBeLessThan(20);
    await shard.stub.compact(Date.now() + HOUR_MS);
  }
}

/** Segments of a key, as its row and its list have them. */
async function segmentCount(shard: ShardOfKey, key: string): Promise<{ inRow: number; inList: number }> {
  const [row] = await query<{ segments: string | null; listed: number }>(
    shard,
    `SELECT segments, (SELECT count(*) FROM segment WHERE owner = manifest) AS listed FROM version WHERE key = ? AND current = 1`,
    key,
  );
  return { inRow: JSON.parse(row?.segments ?? '[]').length, inList: row?.listed ?? 0 };
}

describe('compaction', () => {
  it('is for contents of many pieces that are small, and never for what it made', () => {
    const MiB = 1_024 ** 2;
    expect(isFragmented(1, 1)).toBe(false);
    expect(isFragmented(4, 4)).toBe(false);
    expect(isFragmented(5, 5)).toBe(true);
    expect(isFragmented(5, 40 * MiB)).toBe(false);
    expect(isFragmented(64, 64 * 8 * MiB)).toBe(false);
    expect(isFragmented(65, 65 * 8 * MiB)).toBe(true);
    expect(isFragmented(10_000, 10_000 * 64 * MiB)).toBe(false);
  });

  it('makes one blob of a small upload in parts, without any visible change', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}/k`;
    const contents = Array.from({ length: 7 }, (_, i) => bytesOf(PART + i, i + 1));
    await uploadParts(path, contents, { headers: { 'x-oss-meta-a': '1' } });
    const shard = await shardOfKey(bucket, 'k');
    const before = await send('GET', path);
    expect(await segmentCount(shard, 'k')).toEqual({ inRow: 7, inList: 0 });
    await compactAll(shard);
    expect(await segmentCount(shard, 'k')).toEqual({ inRow: 1, inList: 0 });
    const after = await send('GET', path);
    expect(after.bytes).toEqual(joined(...contents));
    for (const name of ['etag', 'last-modified', 'x-oss-hash-crc64ecma', 'x-oss-object-type', 'x-oss-meta-a']) {
      expect(after.header(name), name).toBe(before.header(name));
    }
    expect(await storedBlobs(shard)).toHaveLength(8);
    await maintainThrough(3, shard);
    expect(await storedBlobs(shard)).toHaveLength(1);
    expect((await send('GET', path)).bytes).toEqual(joined(...contents));
  });

  it('shortens a long list step by step', async () => {
    const bucket = await newBucket();
    const content = await fragmented(bucket, 'k', 200, 700);
    const shard = await shardOfKey(bucket, 'k');
    const range = { headers: { range: 'bytes=69000-70009' } };
    const expected = content.subarray(69_000, 70_010);
    expect((await send('GET', `/${bucket}/k`, range)).bytes).toEqual(expected);
    await compactWith(shard, undefined);
    expect(await segmentCount(shard, 'k')).toEqual({ inRow: 4, inList: 0 });
    expect((await send('GET', `/${bucket}/k`)).bytes).toEqual(content);
    expect((await send('GET', `/${bucket}/k`, range)).bytes).toEqual(expected);
    const [row] = await query<{ segments: string }>(shard, 'SELECT segments FROM version');
    const lengths = (JSON.parse(row!.segments) as [string, number, number, string][]).map(([, , length, crc], i) => {
      expect(crc).toBe(String(crc64(content.subarray(i * 42_000, i * 42_000 + length))));
      return length;
    });
    expect(lengths).toEqual([42_000, 42_000, 42_000, 14_000]);
    await maintainThrough(4, shard);
    expect(await storedBlobs(shard)).toHaveLength(4);
    expect(await query(shard, 'SELECT count(*) AS n FROM segment')).toEqual([{ n: 0 }]);
  });

  it('never disturbs a reader that has begun, not even where the object is replaced as well', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    const content = await fragmented(bucket, 'k', 600, 1_500);
    const shard = await shardOfKey(bucket, 'k');
    const begun = await Promise.all([1, 2].map(() => exports.default.fetch(`http://localhost/${bucket}/k`)));
    const [first, second] = begun.map((response) => response.body!.getReader());
    const head = await first!.read();
    await second!.read();
    await compactAll(shard);
    const rest = [head.value!, ...(await drain(first!))];
    expect(joined(...rest)).toEqual(content);
    await send('PUT', `/${bucket}/k`, { body: 'replaced' });
    // The second has asked for its first page only. Its list is kept for a day ...
    await shard.stub.maintain(Date.now() + HOUR_MS);
    expect(await query(shard, 'SELECT count(*) AS n FROM segment')).toEqual([{ n: 600 }]);
    // ... and then it gets an error, never an end before the end, and never other bytes.
    await maintainThrough(4, shard);
    await expect(drain(second!)).rejects.toThrow();
  }, 30_000);

  it('gives up where the object was replaced meanwhile, and leaves nothing behind', async () => {
    const bucket = await newBucket();
    const shard = await shardOfKey(bucket, 'k');
    for (const count of [20, 200]) {
      await fragmented(bucket, 'k', count, 100);
      const running = compactWith(shard, { call: 'put', nth: 1, how: { delayMs: 150 } });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const replaced = await send('PUT', `/${bucket}/k`, { body: bytesOf(5_000) });
      expect(replaced.status).toBe(200);
      await running;
      await compactAll(shard);
      expect((await send('GET', `/${bucket}/k`)).bytes).toEqual(bytesOf(5_000));
    }
    await maintainThrough(4, shard);
    expect(await storedBlobs(shard)).toHaveLength(1);
    expect(await query(shard, 'SELECT name, holders FROM blob WHERE holders <> 1')).toEqual([]);
  });

  it('waits where the store has failed, and then goes on where it was interrupted', async () => {
    const bucket = await newBucket();
    const content = await fragmented(bucket, 'k', 200, 50);
    const shard = await shardOfKey(bucket, 'k');
    await compactWith(shard, { call: 'put', nth: 2, how: 'before' });
    const task = 'SELECT covered, due > ? AS waits FROM fragmented';
    expect(await query(shard, task, Date.now() + 2 * HOUR_MS)).toEqual([{ covered: 60 * 50, waits: 1 }]);
    await shard.stub.compact(Date.now() + HOUR_MS);
    expect(await segmentCount(shard, 'k')).toEqual({ inRow: 0, inList: 200 });
    await shard.stub.compact(Date.now() + 24 * HOUR_MS);
    expect(await segmentCount(shard, 'k')).toEqual({ inRow: 2, inList: 0 });
    expect((await send('GET', `/${bucket}/k`)).bytes).toEqual(content);
    await maintainThrough(9, shard);
    expect(await storedBlobs(shard)).toHaveLength(2);
  });

  it('leaves large pieces as they are', async () => {
    const bucket = await newBucket();
    const shard = await shardOfKey(bucket, 'k');
    const content = await fragmented(bucket, 'k', 40, 30_000);
    await compactWith(shard, undefined, 50_000);
    expect(await segmentCount(shard, 'k')).toEqual({ inRow: 0, inList: 40 });
    expect((await send('GET', `/${bucket}/k`)).bytes).toEqual(content);
    expect(await query(shard, 'SELECT holders FROM blob')).toEqual([{ holders: 80 }]);
    await maintainThrough(2, shard);
    expect(await query(shard, 'SELECT holders FROM blob')).toEqual([{ holders: 40 }]);
    expect((await send('GET', `/${bucket}/k`)).bytes).toEqual(content);
  });

  it('is begun by the alarm', async () => {
    const bucket = await newBucket();
    const content = await fragmented(bucket, 'k', 300, 400);
    const shard = await shardOfKey(bucket, 'k');
    await expect.poll(() => segmentCount(shard, 'k'), { timeout: 10_000 }).toEqual({ inRow: 1, inList: 0 });
    expect((await send('GET', `/${bucket}/k`)).bytes).toEqual(content);
    const alarm = await runInDurableObject(shard.stub, (_, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() + HOUR_MS);
  });

  it('is begun by no alarm where it is off, and leaves its list for when it is on', async () => {
    const bucket = await newBucket();
    const shard = await shardOfKey(bucket, 'k');
    await fragmented(bucket, 'k', 20, 400);
    const compacts = async (on: boolean) => {
      await runInDurableObject(shard.stub, async (_, { storage }) => {
        const ledger = new BlobLedger(storage.sql);
        const store = new CipherStore(new R2BlobStore(env.BLOBS), new KeyRing([]));
        const peers = () => {
          throw new Error('no other shard is asked');
        };
        const caretaker = new Caretaker(storage, ledger, new LeaseBook(storage), store, peers, on);
        await storage.setAlarm(Date.now() + 24 * HOUR_MS);
        caretaker.wake();
        await caretaker.alarm(shard.name, Date.now() + HOUR_MS);
      });
      return (await segmentCount(shard, 'k')).inRow;
    };
    expect(await compacts(false)).toBe(20);
    const alarm = await runInDurableObject(shard.stub, (_, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() + 2 * HOUR_MS);
    expect(await compacts(true)).toBe(1);
  });

  it('tells the log what it has done', async () => {
    const bucket = await newBucket();
    const shard = await shardOfKey(bucket, 'k');
    const logged = vi.spyOn(console, 'info').mockReturnValue();
    for (const [count, after] of [
      [20, 1],
      [200, 4],
    ] as const) {
      await fragmented(bucket, 'k', count, 700);
      await compactWith(shard, undefined);
      const line = { event: 'compacted', shard: shard.name, before: count, after };
      expect(logged).toHaveBeenLastCalledWith(JSON.stringify(line));
    }
  });
});

/** Runs compaction, in small steps and over a store that may have a fault. */
function compactWith(shard: ShardOfKey, fault: Fault | undefined, blobBytes = 1_024 ** 2): Promise<void> {
  return runInDurableObject(shard.stub, async (_, { storage }) => {
    const ledger = new BlobLedger(storage.sql);
    const store = new FaultyBlobStore(new R2BlobStore(env.BLOBS), ...(fault === undefined ? [] : [fault]));
    const compactor = new Compactor(
      storage,
      ledger,
      new Manifests(storage.sql, ledger),
      new CipherStore(store, new KeyRing([])),
      {
        pieces: 60,
        blobBytes,
      },
    );
    for (let run = 0; run < 5; run++) await compactor.run(shard.name, Date.now() + HOUR_MS);
  });
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return chunks;
    chunks.push(value);
  }
}
