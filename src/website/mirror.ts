import { createHash } from 'node:crypto';
import { BodyFailure, incomplete, md5Mismatch, tooLarge } from '../blob/failure.ts';
import type { MasterKey } from '../blob/master-keys.ts';
import { BodySource } from '../blob/source.ts';
import type { BlobStore } from '../blob/store.ts';
import { type WrittenBody, writeBody } from '../blob/write.ts';
import { within } from '../lib/within.ts';

/** Bodies up to this are taken whole before a byte is answered, so that what is wrong with them can be told. */
export const WHOLE_BYTES = 256 * 1_024;
const CHUNK_BYTES = 256 * 1_024;
/** Longest time that a client waits for such a body, ms. */
const WHOLE_MS_MAX = 30_000;

/** A body that is on its way from an origin to a client and to the store. */
export interface MirrorJob {
  readonly body: ReadableStream<Uint8Array> | null;
  /** Bytes, where the origin says so. */
  readonly length: number | undefined;
  /** What its MD5 must be. */
  readonly md5: Uint8Array | undefined;
  /** Longest body, in bytes. */
  readonly limit: number;
  /** Longest pause of the origin, and of the client. */
  readonly idleTimeoutMs: number;
  /** Absent where nothing is to be stored. */
  readonly storage?: MirrorStorage | undefined;
}

export interface MirrorStorage {
  readonly store: BlobStore;
  readonly shardId: string;
  readonly inlineLimit: number;
  readonly infrequent: boolean;
  /** Set where the object is to be encrypted at rest. */
  readonly key?: MasterKey | undefined;
  /** Makes the object of blobs that are complete. @returns whether it did */
  commit(written: WrittenBody): Promise<boolean>;
  /** Told of what kept the object from being stored. */
  onFailure(error: unknown): void;
}

/**
 * What the client gets.
 * - `whole` all bytes, already stored, if `stored` says so
 * - `stream` bytes as they come; `stored` settles, never rejects, when there is nothing left to do
 */
export type Mirrored =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer>; readonly stored: boolean }
  | { readonly kind: 'stream'; readonly body: ReadableStream<Uint8Array>; readonly stored: Promise<boolean> };

/**
 * Takes a body from an origin, for a client and for the store. An object is made only of a body that came whole, in
 * length and in MD5, and before the client sees its end; a client sees the end of nothing else. The slower of client
 * and store sets the pace, so that memory does not grow with the body; one of them alone may fail or go away.
 * @throws {BodyFailure} for what is wrong with a short body; a long one breaks off
 */
export async function mirrorBody(job: MirrorJob): Promise<Mirrored> {
  const { length, limit, body } = job;
  if (length !== undefined && length > limit) {
    await body?.cancel();
    throw tooLarge(limit);
  }
  const source = new BodySource(body ?? new Blob([]).stream(), job.idleTimeoutMs, Date.now);
  if (length !== undefined && length > WHOLE_BYTES) return streamed(job, source, new Uint8Array());
  const late = setTimeout(() => source.fail(new BodyFailure('timeout', 'the body takes too long')), WHOLE_MS_MAX);
  try {
    const head = await source.fill(new Uint8Array(Math.min(length ?? WHOLE_BYTES + 1, limit + 1)));
    clearTimeout(late);
    if (length === undefined && head.length > WHOLE_BYTES) return streamed(job, source, head);
    checkWhole(job, head.length, job.md5 && createHash('md5').update(head).digest());
    source.close();
    return { kind: 'whole', bytes: head, stored: await storeWhole(job, head) };
  } catch (error) {
    clearTimeout(late);
    source.close(error);
    throw error;
  }
}

function checkWhole({ length, md5, limit }: MirrorJob, size: number, digest: Uint8Array | undefined): void {
  if (size > limit) throw tooLarge(limit);
  if (length !== undefined && size !== length) throw incomplete(size, length);
  if (md5 !== undefined && Buffer.compare(md5, digest!) !== 0) throw md5Mismatch();
}

async function storeWhole(job: MirrorJob, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { storage } = job;
  if (storage === undefined) return false;
  try {
    return await storage.commit(await written(job, storage, bytes));
  } catch (error) {
    storage.onFailure(error);
    return false;
  }
}

/** Waits longer for bytes than the client is waited for, who may hold them up. */
function written(
  { length, limit, idleTimeoutMs }: MirrorJob,
  { store, shardId, inlineLimit, infrequent, key }: MirrorStorage,
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>,
): Promise<WrittenBody> {
  const options = { shardId, body, length, inlineLimit, limit, infrequent, key, idleTimeoutMs: 4 * idleTimeoutMs };
  return writeBody(store, options);
}

function streamed(job: MirrorJob, source: BodySource, head: Uint8Array<ArrayBuffer>): Mirrored {
  const { readable, writable } = pipe(job.length);
  const client = new Sink(writable, job.idleTimeoutMs);
  const sink = job.storage === undefined ? undefined : new StorageSink(job, job.storage);
  return { kind: 'stream', body: readable, stored: pump(job, source, head, client, sink) };
}

/** Moves the body. The last bytes wait until the object is stored, or will never be. */
async function pump(
  job: MirrorJob,
  source: BodySource,
  head: Uint8Array<ArrayBuffer>,
  client: Sink,
  storage: StorageSink | undefined,
): Promise<boolean> {
  const hash = job.md5 === undefined ? undefined : createHash('md5');
  try {
    let size = 0;
    let chunk = head.length > 0 ? head : await source.read(new Uint8Array(CHUNK_BYTES));
    let spare = new ArrayBuffer(CHUNK_BYTES);
    for (;;) {
      size += chunk.length;
      if (size > job.limit) throw tooLarge(job.limit);
      hash?.update(chunk);
      const next = await source.read(new Uint8Array(spare));
      if (next.length === 0) break;
      await Promise.all([client.write(chunk), storage?.write(chunk)]);
      if (client.isGone && (storage?.isGone ?? true)) throw new BodyFailure('incomplete-body', 'nobody wants it');
      spare = chunk.buffer;
      chunk = next;
    }
    checkWhole(job, size, hash?.digest());
    await storage?.write(chunk);
    const stored = (await storage?.finish()) ?? false;
    await client.write(chunk);
    await client.close();
    source.close();
    return stored;
  } catch (error) {
    source.close(error);
    await Promise.all([client.abort(error), storage?.discard(error)]);
    return false;
  }
}

/** A pipe without a buffer: a write is done when its bytes have been read. */
function pipe(length: number | undefined): {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
} {
  return length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
}

/** One end of the way, which may go away at any time, or stop taking bytes: neither stops the other end. */
class Sink {
  isGone = false;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #idleTimeoutMs: number;

  constructor(writable: WritableStream<Uint8Array>, idleTimeoutMs: number) {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {
      this.isGone = true;
    });
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** Done when the bytes are taken, or never will be. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.isGone) return;
    const taken = this.#writer.write(chunk).then(
      () => true,
      () => false,
    );
    if (await within(this.#idleTimeoutMs, taken)) return;
    this.isGone = true;
    this.#writer.abort(new Error('nothing is taken')).catch(() => {});
  }

  async close(): Promise<void> {
    if (!this.isGone) await this.#writer.close().catch(() => {});
  }

  async abort(error: unknown): Promise<void> {
    this.isGone = true;
    await this.#writer.abort(error).catch(() => {});
  }
}

/** The way to the store. */
class StorageSink extends Sink {
  readonly #storage: MirrorStorage;
  readonly #written: Promise<WrittenBody>;

  constructor(job: MirrorJob, storage: MirrorStorage) {
    const { readable, writable } = pipe(job.length);
    super(writable, job.idleTimeoutMs);
    this.#storage = storage;
    this.#written = written(job, storage, readable);
    this.#written.catch((error) => {
      this.isGone = true;
      storage.onFailure(error);
    });
  }

  /** @returns whether the object is stored */
  async finish(): Promise<boolean> {
    await this.close();
    const body = await this.#written.catch(() => undefined);
    if (body === undefined) return false;
    try {
      return await this.#storage.commit(body);
    } catch (error) {
      this.#storage.onFailure(error);
      return false;
    }
  }

  /** Done when nothing is left of what was written. */
  async discard(error: unknown): Promise<void> {
    await this.abort(error);
    await this.#written.catch(() => {});
  }
}
