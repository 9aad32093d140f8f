import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { EDGE_BLOB_BYTES_MAX, EdgeBlobStore } from '../../../src/blob/edge-store.ts';
import { makeBlobName } from '../../../src/blob/names.ts';
import { type BlobRange, R2BlobStore } from '../../../src/blob/store.ts';
import { handle } from '../../../src/gateway.ts';
import { FaultyBlobStore } from '../../support/faulty-store.ts';
import { newBucket, send } from '../support/wire.ts';

async function stored(bytes: Uint8Array): Promise<string> {
  const name = makeBlobName('edge', Date.now());
  await new R2BlobStore(env.BLOBS).put(name, bytes, { length: bytes.length });
  return name;
}

/** A store whose work behind the answer is done when the answer has been read. */
function edge(inner = new FaultyBlobStore(new R2BlobStore(env.BLOBS))) {
  const work: Promise<unknown>[] = [];
  const store = new EdgeBlobStore(inner, (promise) => void work.push(promise));
  return {
    inner,
    async read(name: string, range: BlobRange): Promise<Uint8Array> {
      const bytes = new Uint8Array(await new Response(await store.get(name, range)).arrayBuffer());
      await Promise.all(work);
      return bytes;
    },
  };
}

const pattern = (length: number) => new Uint8Array(length).map((_, i) => i % 251);
const whole = (length: number) => ({ offset: 0, length, entire: true });

describe('blobs at the edge', () => {
  it('are read from R2 once', async () => {
    const bytes = pattern(300_000);
    const name = await stored(bytes);
    const { inner, read } = edge();
    for (let i = 0; i < 3; i++) expect(await read(name, whole(bytes.length))).toEqual(bytes);
    expect(inner.calls.get).toBe(1);
    expect(await edge(inner).read(name, whole(bytes.length))).toEqual(bytes);
    expect(inner.calls.get).toBe(1);
  });

  it('are whole and not too long: all else comes from R2', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(10_000));
    const name = await stored(bytes);
    const { inner, read } = edge();
    for (let i = 0; i < 2; i++) expect(await read(name, { offset: 10, length: 20 })).toEqual(bytes.slice(10, 30));
    for (let i = 0; i < 2; i++) expect(await read(name, { offset: 0, length: 20 })).toEqual(bytes.slice(0, 20));
    expect(inner.calls.get).toBe(4);
    const long = await stored(new Uint8Array(EDGE_BLOB_BYTES_MAX + 1));
    for (let i = 0; i < 2; i++) await read(long, whole(EDGE_BLOB_BYTES_MAX + 1));
    expect(inner.calls.get).toBe(6);
  });

  it('are told apart from a longer blob of which they are the beginning', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(10_000));
    const name = await stored(bytes);
    const { read } = edge();
    expect(await read(name, whole(100))).toEqual(bytes.slice(0, 100));
    expect(await read(name, whole(10_000))).toEqual(bytes);
    expect(await read(name, whole(100))).toEqual(bytes.slice(0, 100));
  });

  it('are not kept where they break off, and a missing one is missing', async () => {
    const bytes = pattern(300_000);
    const name = await stored(bytes);
    const r2 = new R2BlobStore(env.BLOBS);
    for (const how of ['cut', 'short'] as const) {
      const { read } = edge(new FaultyBlobStore(r2, { call: 'get', nth: 1, how, after: 1_000 }));
      const got = await read(name, whole(bytes.length)).catch(() => new Uint8Array());
      expect(got.length).toBeLessThan(bytes.length);
    }
    const { inner, read } = edge();
    expect(await read(name, whole(bytes.length))).toEqual(bytes);
    expect(inner.calls.get).toBe(1);
    const store = new EdgeBlobStore(inner, () => {});
    expect(await store.get(makeBlobName('edge', Date.now()), whole(10))).toBeNull();
  });

  it('are a convenience: a cache that fails hides nothing', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(1_000));
    const name = await stored(bytes);
    const broken = { match: () => Promise.reject(new Error('down')), put: () => Promise.reject(new Error('down')) };
    vi.spyOn(caches, 'open').mockResolvedValue(broken as unknown as Cache);
    const { read } = edge();
    for (let i = 0; i < 2; i++) expect(await read(name, whole(bytes.length))).toEqual(bytes);
    vi.restoreAllMocks();
  });
});

describe('objects whose blobs are at the edge', () => {
  const withCache = { ...env, EDGE_CACHE: 'true' } as Env;

  async function visit(bucket: string, key: string, headers = {}) {
    const execution = createExecutionContext();
    const response = await handle(new Request(`http://${bucket}.localhost/${key}`, { headers }), withCache, execution);
    const bytes = new Uint8Array(await response.arrayBuffer());
    await waitOnExecutionContext(execution);
    return { status: response.status, bytes };
  }

  /** Content that no isolate keeps in memory. */
  const content = (seed: number) => new Uint8Array(200_000).fill(seed);

  it('are what they are now: overwritten, made private, deleted', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    const get = vi.spyOn(env.BLOBS, 'get');
    await send('PUT', `/${bucket}/k`, { body: content(1) });
    for (let i = 0; i < 3; i++) expect((await visit(bucket, 'k')).bytes).toEqual(content(1));
    expect(get).toHaveBeenCalledTimes(1);

    await send('PUT', `/${bucket}/k`, { body: content(2) });
    for (let i = 0; i < 2; i++) expect((await visit(bucket, 'k')).bytes).toEqual(content(2));
    expect(get).toHaveBeenCalledTimes(2);
    expect((await visit(bucket, 'k', { range: 'bytes=5-9' })).bytes).toEqual(content(2).slice(5, 10));

    await send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'private' } });
    expect((await visit(bucket, 'k')).status).toBe(403);
    await send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'public-read' } });
    await send('PUT', `/${bucket}/k?acl`, { headers: { 'x-oss-object-acl': 'private' } });
    expect((await visit(bucket, 'k')).status).toBe(403);
    await send('PUT', `/${bucket}/k?acl`, { headers: { 'x-oss-object-acl': 'default' } });
    expect((await visit(bucket, 'k')).bytes).toEqual(content(2));

    await send('DELETE', `/${bucket}/k`);
    expect((await visit(bucket, 'k')).status).toBe(404);
    await send('PUT', `/${bucket}/k`, { body: content(3) });
    expect((await visit(bucket, 'k')).bytes).toEqual(content(3));
    get.mockRestore();
  });
});
