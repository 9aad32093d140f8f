import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { crc64 } from '../../../src/blob/crc64.ts';
import { crc64Combine } from '../../../src/blob/crc64-combine.ts';
import { makeBlobName } from '../../../src/blob/names.ts';
import { maintainThrough, query, type ShardOfKey, shardOfKey, storedBlobs } from '../support/index.ts';
import { bytesOf, complete, initiate, md5, multipartEtag, PART } from '../support/multipart.ts';
import { newBucket, send } from '../support/wire.ts';

interface Stored {
  readonly number: number;
  readonly etag: string;
}

/**
 * Gives an upload `count` parts that all have the same bytes: those of one blob, which all of them hold. Ten thousand
 * requests would only measure how long these take.
 */
async function addParts(
  shard: ShardOfKey,
  id: string,
  count: number,
  body: Uint8Array<ArrayBuffer>,
): Promise<Stored[]> {
  const blob = makeBlobName(shard.name, Date.now());
  await env.BLOBS.put(blob, body);
  const etag = md5(body);
  const crc = String(crc64(body));
  await runInDurableObject(shard.stub, (_, { storage }) => {
    storage.transactionSync(() => {
      const { sql } = storage;
      const { upload } = sql.exec<{ upload: number }>('SELECT id AS upload FROM upload WHERE upload = ?', id).one();
      sql.exec('INSERT INTO blob (name, holders) VALUES (?, ?)', blob, count);
      const segments = JSON.stringify([[blob, 0, body.length, crc]]);
      for (let number = 1; number <= count; number++) {
        sql.exec('INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, ?)', upload, number, body.length, etag, crc, 0, segments);
      }
    });
  });
  return Array.from({ length: count }, (_, i) => ({ number: i + 1, etag }));
}

describe('an upload of 10,000 parts', () => {
  it('[CompleteMultipartUpload-17] is completed in one transaction, quickly, and can be read, copied and deleted', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}/k`;
    const id = await initiate(path);
    const shard = await shardOfKey(bucket, 'k');
    const body = bytesOf(PART);
    const parts = await addParts(shard, id, 10_000, body);

    const listed = await send('GET', `${path}?uploadId=${id}&part-number-marker=9000`);
    expect(listed.all('PartNumber')).toHaveLength(1_000);

    const began = Date.now();
    const answer = await complete(path, id, parts);
    const took = Date.now() - began;
    expect(answer.status, answer.text).toBe(200);
    expect(answer.one('ETag')).toBe(`"${multipartEtag(parts.map(({ etag }) => etag))}"`);
    let sum = 0n;
    for (const _ of parts) sum = crc64Combine(sum, crc64(body), body.length);
    expect(answer.header('x-oss-hash-crc64ecma')).toBe(String(sum));
    // The budget is a second; a busy machine may need more, but not ten times as much.
    expect(took).toBeLessThan(10_000);

    const head = await send('HEAD', path);
    expect(head.header('content-length')).toBe(String(10_000 * PART));
    for (const offset of [0, 5 * PART - 3, 255 * PART + 7, 256 * PART, 5_000 * PART + 1, 10_000 * PART - 20]) {
      const range = await send('GET', path, { headers: { range: `bytes=${offset}-${offset + 19}` } });
      expect(range.status).toBe(206);
      expect(range.bytes).toEqual(cyclic(body, offset, 20));
    }

    const copied = await send('PUT', `/${bucket}/copy`, { headers: { 'x-oss-copy-source': path } });
    expect(copied.status, copied.text).toBe(200);
    await send('DELETE', path);
    await maintainThrough(4, shard);
    const last = await send('GET', `/${bucket}/copy`, { headers: { range: 'bytes=-5' } });
    expect(last.bytes).toEqual(body.subarray(-5));
    await send('DELETE', `/${bucket}/copy`);
    // Compaction may be at work meanwhile: what it has begun it gives up by itself.
    await expect
      .poll(async () => {
        await maintainThrough(4, shard);
        return storedBlobs(shard);
      })
      .toEqual([]);
    expect(await query(shard, 'SELECT count(*) AS n FROM segment')).toEqual([{ n: 0 }]);
    expect(await query(shard, 'SELECT count(*) AS n FROM manifest')).toEqual([{ n: 0 }]);
  }, 60_000);

  it('[AbortMultipartUpload-1] is aborted in one transaction too', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}/k`;
    const id = await initiate(path);
    const shard = await shardOfKey(bucket, 'k');
    await addParts(shard, id, 10_000, bytesOf(10));
    expect((await send('DELETE', `${path}?uploadId=${id}`)).status).toBe(204);
    await maintainThrough(2, shard);
    expect(await storedBlobs(shard)).toEqual([]);
    expect(await query(shard, 'SELECT count(*) AS n FROM part')).toEqual([{ n: 0 }]);
  });
});

/** `length` bytes from `offset` on of the endless repetition of some bytes. */
function cyclic(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => bytes[(offset + i) % bytes.length]!);
}
