import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSweepable, sweepWindow } from '../../../src/blob/garbage.ts';
import { makeBlobName } from '../../../src/blob/names.ts';
import { BlobStoreError, R2BlobStore } from '../../../src/blob/store.ts';
import { patternBytes, readAll } from '../../support/bodies.ts';

const store = new R2BlobStore(env.BLOBS);
const md5 = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest();

describe('blobs in R2', () => {
  it('are stored with their MD5 and read back by range', async () => {
    const bytes = patternBytes(1000);
    const name = makeBlobName('put', Date.now());
    expect(await store.put(name, bytes, { length: 1000 })).toEqual({ md5: md5(bytes).toString('hex').toUpperCase() });
    for (const [offset, length] of [
      [0, 1000],
      [0, 1],
      [999, 1],
      [100, 500],
    ] as const) {
      const body = await store.get(name, { offset, length });
      expect(await readAll(body!)).toEqual(bytes.slice(offset, offset + length));
    }
  });

  it('are created once: a name is never written again', async () => {
    const name = makeBlobName('once', Date.now());
    await store.put(name, new Uint8Array([1]), { length: 1 });
    await expect(store.put(name, new Uint8Array([2]), { length: 1 })).rejects.toMatchObject({ reason: 'name-taken' });
    expect(await readAll((await store.get(name, { offset: 0, length: 1 }))!)).toEqual(new Uint8Array([1]));
  });

  it('[PutObject-5] are refused where the MD5 differs, from a buffer and from a stream, and leave nothing', async () => {
    const bytes = patternBytes(300_000);
    for (const streamed of [false, true]) {
      const name = makeBlobName('digest', Date.now());
      const body = streamed ? new Response(bytes).body! : bytes;
      const put = store.put(name, body, { length: bytes.length, md5: md5(new Uint8Array([1])) });
      await expect(put).rejects.toThrow(BlobStoreError);
      await expect(put).rejects.toMatchObject({ reason: 'md5-mismatch' });
      expect(await store.get(name, { offset: 0, length: 1 })).toBeNull();
      await store.put(name, bytes, { length: bytes.length, md5: md5(bytes) });
    }
  });

  it('tell what is missing from what is too short', async () => {
    const name = makeBlobName('short', Date.now());
    expect(await store.get(name, { offset: 0, length: 1 })).toBeNull();
    await store.put(name, new Uint8Array(10), { length: 10 });
    for (const range of [
      { offset: 5, length: 6 },
      { offset: 0, length: 11 },
      { offset: 11, length: 1 },
    ]) {
      const got = store.get(name, range);
      await expect(got).rejects.toThrow(BlobStoreError);
      await expect(got).rejects.toMatchObject({ reason: 'truncated' });
    }
  });

  it('are deleted by the thousand, and deleting what is gone is no error', async () => {
    const names = Array.from({ length: 1001 }, () => makeBlobName('many', Date.now()));
    const kept = makeBlobName('kept', Date.now());
    for (const name of [names[0]!, names[1000]!, kept]) await store.put(name, new Uint8Array(1), { length: 1 });
    await store.delete(names);
    await store.delete([]);
    expect((await store.list({ prefix: 'many/' })).blobs).toEqual([]);
    expect((await store.list({ prefix: 'kept/' })).blobs).toHaveLength(1);
  });

  it('are listed in pages, oldest hour first, and only those of one shard', async () => {
    const hours = [9, 3, 7, 1, 5];
    const now = Date.now();
    const names = hours.map((hour) => makeBlobName('listed', now - hour * 3_600_000));
    for (const name of [...names, makeBlobName('listed2', now)])
      await store.put(name, new Uint8Array(3), { length: 3 });
    const first = await store.list({ prefix: 'listed/', limit: 2 });
    const second = await store.list({ prefix: 'listed/', limit: 2, cursor: first.cursor! });
    const third = await store.list({ prefix: 'listed/', startAfter: second.blobs[1]!.name });
    const all = [...first.blobs, ...second.blobs, ...third.blobs];
    expect(all.map((blob) => blob.name)).toEqual([...names].sort());
    expect(all.every((blob) => blob.size === 3 && Math.abs(blob.storedMs - now) < 60_000)).toBe(true);
    expect(third.cursor).toBeNull();
    const window = sweepWindow('listed', now + 7_200_000, 3_600_000 * 6);
    expect(all.filter((blob) => blob.name < window.before)).toHaveLength(3);
    expect(all.filter((blob) => isSweepable(blob, window))).toHaveLength(0);
  });

  it('are made of parts where their length is unknown, and of none after an abort', async () => {
    const part = patternBytes(5 * 1024 * 1024);
    const name = makeBlobName('parts', Date.now());
    const upload = await store.startUpload(name, { infrequent: true });
    await upload.putPart(part);
    await upload.putPart(part.slice(0, 3));
    expect(await store.get(name, { offset: 0, length: 1 })).toBeNull();
    await upload.complete();
    const body = await store.get(name, { offset: part.length - 1, length: 4 });
    expect(await readAll(body!)).toEqual(new Uint8Array([part.at(-1)!, ...part.slice(0, 3)]));
    const aborted = await store.startUpload(`${name}-`);
    await aborted.putPart(part);
    await aborted.abort();
    await expect(aborted.complete()).rejects.toMatchObject({ reason: 'unavailable' });
    expect(await store.get(`${name}-`, { offset: 0, length: 1 })).toBeNull();
  });
});
