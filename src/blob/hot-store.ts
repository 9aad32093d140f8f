import type { BlobPage, BlobRange, BlobStore, BlobUpload, PutOptions, StoredBlob } from './store.ts';

/** Blobs up to this size are kept in memory once they were read: 128 KiB, and the tags that encryption adds to them. */
export const HOT_BLOB_BYTES_MAX = 128 * 1024 + 32;
/** What one isolate keeps in all: a fifth of its 128 MB, which all of its requests share. */
export const HOT_BYTES_MAX = 24 * 1024 * 1024;

/** Share of blobs that a full memory takes in. */
const FULL_ADMISSION = 1 / 8;

/** The beginning of a blob: all of it, for the blobs of most objects. */
interface Kept {
  readonly bytes: Uint8Array;
  /** Whether the blob is known to end here. */
  readonly whole: boolean;
}

/** Least recently used first. Shared by all requests of the isolate. */
const hot = new Map<string, Kept>();
let hotBytes = 0;

/** What this isolate keeps, for tests that count reads. */
export const hotBlobs = {
  clear(): void {
    hot.clear();
    hotBytes = 0;
  },
};

/**
 * Keeps small blobs that were read lately in the isolate's memory, so that what is asked for often costs no R2 read. A
 * name always means the same bytes, so what is kept can never be stale: whether an object still has this content, and
 * who may read it, the index says before. What is stored encrypted is kept encrypted: the cipher is above.
 */
export class HotBlobStore implements BlobStore {
  readonly #inner: BlobStore;

  constructor(inner: BlobStore) {
    this.#inner = inner;
  }

  async get(name: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null> {
    const { offset, length } = range;
    const known = recall(name);
    if (known !== undefined && holds(known, range)) return streamOf(known.bytes.subarray(offset, offset + length));
    const body = await this.#inner.get(name, range);
    if (body === null || offset !== 0 || length > HOT_BLOB_BYTES_MAX || !admits(length)) return body;
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    keep(name, { bytes, whole: bytes.length < length });
    return streamOf(bytes);
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

/** While there is room everything is kept; then only now and then, so that a scan of many blobs cannot flush what is hot. */
function admits(bytes: number): boolean {
  return hotBytes + bytes <= HOT_BYTES_MAX || Math.random() < FULL_ADMISSION;
}

function holds({ bytes, whole }: Kept, { offset, length, sealed }: BlobRange): boolean {
  return offset + length <= bytes.length || (sealed !== undefined && whole);
}

function recall(name: string): Kept | undefined {
  const kept = hot.get(name);
  if (kept !== undefined) {
    hot.delete(name);
    hot.set(name, kept);
  }
  return kept;
}

function keep(name: string, kept: Kept): void {
  const before = hot.get(name);
  if (before !== undefined) {
    hot.delete(name);
    hotBytes -= before.bytes.length;
  }
  hot.set(name, kept);
  hotBytes += kept.bytes.length;
  for (const [oldest, { bytes }] of hot) {
    if (hotBytes <= HOT_BYTES_MAX) return;
    hot.delete(oldest);
    hotBytes -= bytes.length;
  }
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new Response(bytes as Uint8Array<ArrayBuffer>).body!;
}
