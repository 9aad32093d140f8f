import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { Pace } from '../lib/pace.ts';
import { MAX_SEALED_BLOB_BYTES, sealBytes } from './cipher.ts';
import { Crc64, crc64 } from './crc64.ts';
import { crc64Combine } from './crc64-combine.ts';
import { incomplete, md5Mismatch, tooLarge } from './failure.ts';
import { feed } from './feed.ts';
import { type MasterKey, newDataKey } from './master-keys.ts';
import { makeBlobName, sealedName } from './names.ts';
import type { Segment } from './segments.ts';
import { BodySource } from './source.ts';
import { type BlobStore, BlobStoreError, MAX_BLOB_BYTES } from './store.ts';
import { MAX_UPLOAD_BYTES, uploadInParts } from './upload.ts';

/** Two of these are in use per streamed body. Measured: 64 KiB and 1 MiB are slower. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Bodies up to this are read whole and stored from one buffer: that takes no more memory than streaming does, and half
 * the CPU where streaming would be over after a few chunks.
 */
export const WHOLE_BODY_BYTES = 2 * CHUNK_BYTES;

/** First buffer for a body of unknown length, which is small more often than not, and the step after it. */
const FIRST_BYTES = 64 * 1024;
const SECOND_BYTES = 1024 * 1024;

export interface WriteOptions {
  /** The index shard whose blobs these will be. */
  shardId: string;
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;
  /** Announced length. What follows it is not read; less is a failure. Left out: to the end of the body. */
  length?: number | undefined;
  /** The body's MD5 as its sender gave it, 16 bytes. */
  md5?: Uint8Array | undefined;
  /** Bodies up to so many bytes come back to live in the index instead of being stored. */
  inlineLimit: number;
  /** Longest body, in bytes. */
  limit: number;
  /** Store in the class for rarely read data. */
  infrequent?: boolean | undefined;
  /** Encrypt at rest, with data keys that this one wraps. The store must be one that seals ({@link CipherStore}). */
  key?: MasterKey | undefined;
  /** Longest pause of the sender. */
  idleTimeoutMs: number;
  /** How fast a stream is read at most. */
  bytesPerSecond?: number | undefined;
  /** Clock, ms since the epoch. */
  now?: (() => number) | undefined;
  /** Longest blob; a longer body becomes several. */
  blobLimit?: number | undefined;
}

export interface WrittenBody {
  size: number;
  /** 32 upper-case hex digits. */
  md5: string;
  crc64: bigint;
  /** The bytes, where they are few enough to live in the index; with a key sealed, unless there are none. */
  inline?: Uint8Array;
  /** Where the bytes are; none for an empty or inline body. */
  segments: Segment[];
}

/** What one call shares with its steps. */
interface Task extends WriteOptions {
  store: BlobStore;
  now: () => number;
  /** Names given out so far: what to delete if the body fails. */
  names: string[];
}

/**
 * Takes a body: into blobs, or back as bytes where it is small. When it returns, every blob is complete; when it
 * throws, none is left, unless the store refused the deletion too (the sweep finds those). Memory does not depend on
 * the body's length: half a MiB, and 16 MiB for one of unknown length that turns out to be long.
 *
 * Not a byte is read of a body that is announced as too long. [PutObject-2] [PutObject-3] [PutObject-4] [PutObject-5]
 * @throws {RangeError} on a malformed length
 * @throws {BodyFailure} for what is wrong with the body
 * @throws {BlobStoreError} for what is wrong with the store
 */
export async function writeBody(store: BlobStore, options: WriteOptions): Promise<WrittenBody> {
  const { body, length, limit } = options;
  const task: Task = { ...options, store, now: options.now ?? Date.now, names: [] };
  const announced = length ?? (body instanceof Uint8Array ? body.length : body === null ? 0 : undefined);
  if (announced !== undefined) {
    if (!Number.isSafeInteger(announced) || announced < 0) throw new RangeError(`not a length: ${announced}`);
    if (announced > limit) throw tooLarge(limit);
  }
  try {
    if (body === null || body instanceof Uint8Array) return await writeWhole(task, cut(body, announced ?? 0));
    const pace = options.bytesPerSecond === undefined ? undefined : new Pace(options.bytesPerSecond);
    const source = new BodySource(body, options.idleTimeoutMs, task.now, pace);
    try {
      return announced === undefined ? await writeUnknown(task, source) : await writeKnown(task, source, announced);
    } finally {
      source.close();
    }
  } catch (error) {
    await discard(store, task.names);
    if (error instanceof BlobStoreError && error.reason === 'md5-mismatch') throw md5Mismatch(error);
    throw error;
  }
}

function cut(body: Uint8Array<ArrayBuffer> | null, length: number): Uint8Array<ArrayBuffer> {
  const have = body?.length ?? 0;
  if (have < length) throw incomplete(have, length);
  return body === null ? new Uint8Array() : body.subarray(0, length);
}

/** Each blob has a data key of its own: its chunks count on it. */
async function newName(task: Task): Promise<string> {
  const plain = makeBlobName(task.shardId, task.now());
  const name = task.key === undefined ? plain : sealedName(plain, (await newDataKey(task.key)).token);
  task.names.push(name);
  return name;
}

/** Best effort: the error that led here is the one to report, and the orphan sweep finds what stays behind. */
async function discard(store: BlobStore, names: readonly string[]): Promise<void> {
  if (names.length > 0) await store.delete(names).catch(() => {});
}

/** The MD5 in the form that the index keeps, once it is what the sender said. */
function checkedMd5(task: Task, digest: Buffer): string {
  if (task.md5 !== undefined && !digest.equals(task.md5)) throw md5Mismatch();
  return digest.toString('hex').toUpperCase();
}

async function writeWhole(task: Task, bytes: Uint8Array<ArrayBuffer>): Promise<WrittenBody> {
  const size = bytes.length;
  const crc = crc64(bytes);
  if (size <= task.inlineLimit || size === 0) {
    const md5 = checkedMd5(task, createHash('md5').update(bytes).digest());
    // A copy where the buffer is larger: sent to another object, a view would take its whole buffer along.
    const inline = bytes.buffer.byteLength === size ? bytes : bytes.slice();
    const kept = task.key === undefined || size === 0 ? inline : await sealBytes(task.key, inline);
    return { size, md5, crc64: crc, inline: kept, segments: [] };
  }
  const blob = await newName(task);
  const { md5 } = await task.store.put(blob, bytes, { length: size, md5: task.md5, infrequent: task.infrequent });
  return { size, md5, crc64: crc, segments: [{ blob, offset: 0, length: size, crc64: crc }] };
}

async function writeKnown(task: Task, source: BodySource, length: number): Promise<WrittenBody> {
  if (length <= Math.max(WHOLE_BODY_BYTES, task.inlineLimit)) {
    const bytes = await source.fill(new Uint8Array(length));
    if (bytes.length < length) throw incomplete(bytes.length, length);
    return writeWhole(task, bytes);
  }
  const blobLimit = task.blobLimit ?? (task.key === undefined ? MAX_BLOB_BYTES : MAX_SEALED_BLOB_BYTES);
  if (length <= blobLimit) {
    const { segment, md5 } = await streamBlob(task, source, length, { md5: task.md5 });
    return { size: length, md5, crc64: segment.crc64, segments: [segment] };
  }
  // The store knows the MD5 of each blob only, so the whole body's is computed here.
  const hash = createHash('md5');
  const segments: Segment[] = [];
  let crc = 0n;
  let md5 = '';
  for (let left = length; left > 0; ) {
    const size = Math.min(left, blobLimit);
    left -= size;
    const { segment } = await streamBlob(task, source, size, {
      onBytes: (bytes) => hash.update(bytes),
      beforeLast: () => {
        if (left === 0) md5 = checkedMd5(task, hash.digest());
      },
    });
    segments.push(segment);
    crc = crc64Combine(crc, segment.crc64, size);
  }
  return { size: length, md5, crc64: crc, segments };
}

interface StreamOptions {
  /** For the store to verify. */
  md5?: Uint8Array | undefined;
  /** Sees each chunk. */
  onBytes?: (bytes: Uint8Array) => void;
  /** Called once all bytes were seen and before the last of them are sent: what it throws keeps the blob unborn. */
  beforeLast?: () => void;
}

/** Streams the next `length` bytes into one blob. Reading the next chunk overlaps with storing the last one. */
async function streamBlob(
  task: Task,
  source: BodySource,
  length: number,
  options: StreamOptions,
): Promise<{ segment: Segment; md5: string }> {
  const blob = await newName(task);
  const crc = new Crc64();
  const onBytes = (bytes: Uint8Array, last: boolean): void => {
    crc.update(bytes);
    options.onBytes?.(bytes);
    if (last) options.beforeLast?.();
  };
  const { md5 } = await feed(
    length,
    (readable) => task.store.put(blob, readable, { length, md5: options.md5, infrequent: task.infrequent }),
    (writer) => pump(source, writer, length, onBytes),
    // Whatever the pump waits for, a byte from the sender or room in the stream, it need not wait for longer.
    (error) => source.fail(error),
  );
  return { segment: { blob, offset: 0, length, crc64: crc.value }, md5 };
}

async function pump(
  source: BodySource,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  length: number,
  onBytes: (bytes: Uint8Array, last: boolean) => void,
): Promise<void> {
  let spare = new ArrayBuffer(Math.min(CHUNK_BYTES, length));
  let other = new ArrayBuffer(Math.min(CHUNK_BYTES, length));
  let writing: Promise<void> = Promise.resolve();
  for (let left = length; left > 0; ) {
    const bytes = await source.read(new Uint8Array(spare, 0, Math.min(spare.byteLength, left)));
    if (bytes.length === 0) throw incomplete(length - left, length);
    left -= bytes.length;
    await writing;
    // The store may take a body for complete at its last byte, so that one waits for the checks. [PutObject-5]
    if (left === 0) onBytes(bytes, true);
    writing = writer.write(bytes);
    // A failed write is met at the next await; without this it would count as unhandled until then.
    writing.catch(() => {});
    if (left > 0) onBytes(bytes, false);
    spare = other;
    other = bytes.buffer;
  }
  await writing;
}

/** A buffer that grows with the body: most bodies without a length are short and should cost little. */
async function writeUnknown(task: Task, source: BodySource): Promise<WrittenBody> {
  const limit = Math.min(task.limit, MAX_UPLOAD_BYTES);
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  for (const step of [FIRST_BYTES, SECOND_BYTES]) {
    // One byte beyond the limit tells a body that ends there from one that goes on.
    const size = Math.min(step, limit + 1);
    const larger = new Uint8Array(size);
    larger.set(bytes);
    bytes = await source.fill(larger, bytes.length);
    if (bytes.length > limit) throw tooLarge(limit);
    if (bytes.length < size) return writeWhole(task, bytes);
  }
  return writeParts(task, source, bytes, limit);
}

async function writeParts(
  task: Task,
  source: BodySource,
  head: Uint8Array<ArrayBuffer>,
  limit: number,
): Promise<WrittenBody> {
  const { store, infrequent } = task;
  const blob = await newName(task);
  const { size, md5, crc64 } = await uploadInParts({
    store,
    blob,
    infrequent,
    source,
    head,
    limit,
    check: (digest) => checkedMd5(task, digest),
    waitMs: task.idleTimeoutMs,
  });
  return { size, md5, crc64, segments: [{ blob, offset: 0, length: size, crc64 }] };
}
