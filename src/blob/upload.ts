import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { Crc64 } from './crc64.ts';
import { BodyFailure, tooLarge } from './failure.ts';
import type { BodySource } from './source.ts';
import type { BlobStore, BlobUpload } from './store.ts';

/** R2 wants parts of one size, 5 MiB at least. */
export const UPLOAD_PART_BYTES = 8 * 1024 * 1024;

/** R2 takes 10,000 parts. */
export const MAX_UPLOAD_BYTES = 10_000 * UPLOAD_PART_BYTES;

/**
 * Uploads of this kind that an isolate carries at once. Each holds two parts, and the isolate's 128 MB serve every
 * other request too: without a bound, eight senders of chunked bodies could end it and all that it was doing.
 */
const UPLOADS_AT_ONCE = 4;
const POLL_MS = 20;
let uploads = 0;

export interface UploadTask {
  store: BlobStore;
  /** Name of the blob to make. */
  blob: string;
  infrequent: boolean | undefined;
  source: BodySource;
  /** The bytes read so far. */
  head: Uint8Array<ArrayBuffer>;
  /** Longest body, at most MAX_UPLOAD_BYTES. */
  limit: number;
  /** Gets the body's MD5 before the blob is made; what it throws stops that. Returns the text to report. */
  check(md5: Buffer): string;
  /** Longest wait for a free place. */
  waitMs: number;
}

export interface UploadedBody {
  size: number;
  md5: string;
  crc64: bigint;
}

/**
 * Makes one blob of a body of unknown length, part by part. Two parts are in memory: one being read, one being stored.
 * @throws {BodyFailure} `busy` where no place became free in time, and what the body or `check` fails with
 */
export async function uploadInParts(task: UploadTask): Promise<UploadedBody> {
  await takePlace(task.waitMs);
  try {
    const upload = await task.store.startUpload(task.blob, { infrequent: task.infrequent });
    try {
      const body = await sendParts(task, upload);
      await upload.complete();
      return body;
    } catch (error) {
      await upload.abort().catch(() => {});
      throw error;
    }
  } finally {
    uploads--;
  }
}

/** Polls, because a promise that another request settles does not keep this one alive. */
async function takePlace(waitMs: number): Promise<void> {
  for (let waited = 0; uploads >= UPLOADS_AT_ONCE; waited += POLL_MS) {
    if (waited >= waitMs) throw new BodyFailure('busy', `${uploads} bodies of unknown length are being stored`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  uploads++;
}

async function sendParts(task: UploadTask, upload: BlobUpload): Promise<UploadedBody> {
  const { source, limit } = task;
  const hash = createHash('md5');
  const crc = new Crc64();
  let size = 0;
  let sending: Promise<void> = Promise.resolve();
  // One byte beyond the limit tells a body that ends there from one that goes on.
  const room = (): number => Math.min(UPLOAD_PART_BYTES, limit + 1 - size);
  try {
    const first = new Uint8Array(room());
    first.set(task.head);
    let part = await source.fill(first, task.head.length);
    let spare: ArrayBuffer | undefined;
    for (;;) {
      size += part.length;
      if (size > limit) throw tooLarge(limit);
      hash.update(part);
      crc.update(part);
      await sending;
      if (part.length > 0) sending = upload.putPart(part);
      sending.catch((error) => source.fail(error));
      if (part.length < UPLOAD_PART_BYTES) break;
      const sent = part.buffer;
      part = await source.fill(new Uint8Array(spare ?? new ArrayBuffer(UPLOAD_PART_BYTES), 0, room()));
      spare = sent;
    }
    await sending;
  } catch (error) {
    await sending.catch(() => {});
    throw error;
  }
  return { size, md5: task.check(hash.digest()), crc64: crc.value };
}
