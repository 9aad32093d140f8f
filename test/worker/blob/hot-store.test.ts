import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { HOT_BLOB_BYTES_MAX, HOT_BYTES_MAX, HotBlobStore } from '../../../src/blob/hot-store.ts';
import { makeBlobName } from '../../../src/blob/names.ts';
import { type BlobRange, R2BlobStore } from '../../../src/blob/store.ts';

/** Counts what reaches R2. */
class Counting extends R2BlobStore {
  gets = 0;

  override get(name: string, range: BlobRange) {
    this.gets++;
    return super.get(name, range);
  }
}

async function stored(store: R2BlobStore, bytes: Uint8Array): Promise<string> {
  const name = makeBlobName('hot', Date.now());
  await store.put(name, bytes, { length: bytes.length });
  return name;
}

async function read(store: HotBlobStore, name: string, range: BlobRange): Promise<Uint8Array> {
  return new Uint8Array(await new Response(await store.get(name, range)).arrayBuffer());
}

describe('blobs in memory', () => {
  it('reads a small blob from R2 once, whatever range is asked for later', async () => {
    const inner = new Counting(env.BLOBS);
    const bytes = crypto.getRandomValues(new Uint8Array(10_000));
    const name = await stored(inner, bytes);
    const store = new HotBlobStore(inner);
    expect(await read(store, name, { offset: 0, length: 10_000, entire: true })).toEqual(bytes);
    expect(await read(store, name, { offset: 0, length: 10_000, entire: true })).toEqual(bytes);
    expect(await read(new HotBlobStore(inner), name, { offset: 17, length: 100 })).toEqual(bytes.slice(17, 117));
    expect(inner.gets).toBe(1);
  });

  it('keeps the beginning of a blob without taking it for the whole', async () => {
    const inner = new Counting(env.BLOBS);
    const bytes = crypto.getRandomValues(new Uint8Array(10_000));
    const name = await stored(inner, bytes);
    const store = new HotBlobStore(inner);
    expect(await read(store, name, { offset: 0, length: 10 })).toEqual(bytes.slice(0, 10));
    expect(await read(store, name, { offset: 0, length: 10_000, entire: true })).toEqual(bytes);
    expect(await read(store, name, { offset: 9_990, length: 10 })).toEqual(bytes.slice(9_990));
    expect(inner.gets).toBe(2);
  });

  it('keeps no large blob', async () => {
    const inner = new Counting(env.BLOBS);
    const store = new HotBlobStore(inner);
    const large = await stored(inner, new Uint8Array(HOT_BLOB_BYTES_MAX + 1));
    for (const _ of [1, 2]) await read(store, large, { offset: 0, length: HOT_BLOB_BYTES_MAX + 1, entire: true });
    expect(inner.gets).toBe(2);
  });

  it('forgets the oldest of many blobs, and lets no scan flush them all', { timeout: 20_000 }, async () => {
    const inner = new Counting(env.BLOBS);
    const store = new HotBlobStore(inner);
    const full = { offset: 0, length: HOT_BLOB_BYTES_MAX, entire: true };
    const names: string[] = [];
    for (let n = 0; n < (1.5 * HOT_BYTES_MAX) / HOT_BLOB_BYTES_MAX; n++) {
      names.push(await stored(inner, new Uint8Array(HOT_BLOB_BYTES_MAX)));
      await read(store, names[n]!, full);
    }
    inner.gets = 0;
    for (const name of names) await read(store, name, full);
    const missed = inner.gets;
    // A third of the blobs has no room; had each flushed the oldest, all would be missed.
    expect(missed).toBeGreaterThanOrEqual(names.length / 3);
    expect(missed).toBeLessThan(names.length);
  });

  it('says of a missing blob that it is missing', async () => {
    expect(await new HotBlobStore(new R2BlobStore(env.BLOBS)).get('hot/none', { offset: 0, length: 1 })).toBeNull();
  });
});
