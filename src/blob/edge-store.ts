import type { BlobPage, BlobRange, BlobStore, BlobUpload, PutOptions, StoredBlob } from './store.ts';

/** Blobs up to this size are kept at the edge: longer ones take their time however near they are. */
export const EDGE_BLOB_BYTES_MAX = 4 * 1024 * 1024;
/** Blobs that an isolate puts there at once: each is in memory meanwhile. */
const FILLS_AT_ONCE = 6;
/** A cache of our own: nothing in it answers a request by itself, whatever its address. */
const CACHE = 'ossgate-blobs';
const FOREVER = 'public, max-age=31536000, immutable';

let fills = 0;

/** Whether so many bytes can be what was asked for. */
type Fits = (bytes: number) => boolean;

/**
 * Keeps blobs that are read whole in the cache of the data centre, which is nearer than R2. A name always means the same
 * bytes, so what is kept can never be stale: whether an object still has this content, and who may read it, the index
 * says before.
 */
export class EdgeBlobStore implements BlobStore {
  readonly #inner: BlobStore;
  readonly #waitUntil: (work: Promise<unknown>) => void;

  /** @param waitUntil keeps the request's context alive until the cache has taken what was read */
  constructor(inner: BlobStore, waitUntil: (work: Promise<unknown>) => void) {
    this.#inner = inner;
    this.#waitUntil = waitUntil;
  }

  async get(name: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null> {
    const { offset, length, entire } = range;
    if (entire !== true || offset !== 0 || length > EDGE_BLOB_BYTES_MAX) return this.#inner.get(name, range);
    const address = `https://blob.invalid/${encodeURIComponent(name)}/${length}`;
    const cache = await caches.open(CACHE);
    const fits = (bytes: number) => bytes <= length && bytes >= (range.sealed ?? length);
    const kept = await recall(cache, address, fits);
    if (kept !== null) return kept;
    const body = await this.#inner.get(name, range);
    if (body === null || fills >= FILLS_AT_ONCE) return body;
    const [mine, copy] = body.tee();
    this.#waitUntil(keep(cache, address, copy, fits));
    return mine;
  }

  put(name: string, body: Uint8Array | ReadableStream<Uint8Array>, options: PutOptions): Promise<StoredBlob> {
    return this.#inner.put(name, body, options);
  }

  startUpload(name: string, options?: Pick<PutOptions, 'infrequent' | 'sealed'>): Promise<BlobUpload> {
    return this.#inner.startUpload(name, options);
  }

  delete(names: readonly string[]): Promise<void> {
    return this.#inner.delete(names);
  }

  list(options: Parameters<BlobStore['list']>[0]): Promise<BlobPage> {
    return this.#inner.list(options);
  }
}

/** What the cache has, if it is what it must be. A cache that fails costs time, nothing else. */
async function recall(cache: Cache, address: string, fits: Fits): Promise<ReadableStream<Uint8Array> | null> {
  const found = await cache.match(address).catch(() => undefined);
  if (found === undefined) return null;
  if (found.status === 200 && fits(Number(found.headers.get('content-length') ?? Number.NaN))) return found.body;
  await found.body?.cancel();
  return null;
}

/** Read whole before it is kept: a body that breaks off, or has another length, is not. */
async function keep(cache: Cache, address: string, body: ReadableStream<Uint8Array>, fits: Fits): Promise<void> {
  fills++;
  try {
    const bytes = await new Response(body).arrayBuffer();
    if (fits(bytes.byteLength)) {
      await cache.put(address, new Response(bytes, { headers: { 'cache-control': FOREVER } }));
    }
  } catch {
    // The reader hears of it by its own half.
  } finally {
    fills--;
  }
}
