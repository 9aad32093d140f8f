import { Buffer } from 'node:buffer';
import { isSealed } from './names.ts';

/** Longest body of one put: R2's limit, 5 GiB less 5 MiB. */
export const MAX_BLOB_BYTES = 5_363_466_240;

/** What a put leaves to know. */
export interface StoredBlob {
  /** MD5 of the bytes, 32 upper-case hex digits. */
  md5: string;
}

export interface PutOptions {
  /** Bytes in the body. */
  length: number;
  /** Refuse the body unless its MD5 is these 16 bytes. */
  md5?: Uint8Array | undefined;
  /** Store in the class for rarely read data. */
  infrequent?: boolean | undefined;
  /** The body of a sealed blob, encrypted already. */
  sealed?: boolean | undefined;
}

/** Bytes of a blob. */
export interface BlobRange {
  readonly offset: number;
  readonly length: number;
  /** A hint that this is most likely the whole blob. */
  readonly entire?: boolean;
  /**
   * Set for bytes of a sealed blob as they are stored: the fewest that must be there. Where the blob ends behind them,
   * so does the stream.
   */
  readonly sealed?: number;
}

/** A blob that is written in parts, because its length is not known beforehand. */
export interface BlobUpload {
  /**
   * Adds the next part. All parts but the last have one length, at least 5 MiB. A buffer is in use until then, a stream
   * must have a known length.
   */
  putPart(part: Uint8Array | ReadableStream<Uint8Array>): Promise<void>;
  /** Makes the blob of the parts. */
  complete(): Promise<void>;
  /** Drops the parts. */
  abort(): Promise<void>;
}

export interface ListedBlob {
  name: string;
  size: number;
  /** When the store took it, ms since the epoch. */
  storedMs: number;
}

export interface BlobPage {
  /** In order of name. */
  blobs: ListedBlob[];
  /** Where the next page begins, or null after the last. */
  cursor: string | null;
}

/**
 * Where blobs live. Every failure is a `BlobStoreError`; a blob is visible whole or not at all.
 */
export interface BlobStore {
  /**
   * Creates a blob; names are never reused. A stream must have a known length, as the readable half of a
   * `FixedLengthStream` has, and an error in it leaves nothing behind.
   */
  put(name: string, body: Uint8Array | ReadableStream<Uint8Array>, options: PutOptions): Promise<StoredBlob>;
  /** Begins a blob of unknown length. */
  startUpload(name: string, options?: Pick<PutOptions, 'infrequent' | 'sealed'>): Promise<BlobUpload>;
  /**
   * Bytes of a blob, or null where there is no such blob. The stream yields exactly `length` bytes or fails.
   * @throws {BlobStoreError} `truncated` where the blob ends before the range does
   */
  get(name: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null>;
  /**
   * Whether blobs can be read by the keys that are there, before the first byte of any is sent.
   * @throws {KeyMissing}
   */
  mustOpen?(names: readonly string[]): void;
  /** Deletes blobs; one that does not exist counts as deleted. */
  delete(names: readonly string[]): Promise<void>;
  /** One page of the names that begin with `prefix`, after `startAfter` or from `cursor` on. At most 1,000. */
  list(options: {
    prefix: string;
    cursor?: string | undefined;
    startAfter?: string | undefined;
    limit?: number | undefined;
  }): Promise<BlobPage>;
}

/**
 * - `md5-mismatch` the body is not what its MD5 promised
 * - `name-taken` a blob of that name exists
 * - `truncated` a blob is shorter than its segments say
 * - `throttled` the store asks to slow down; trying again later helps
 * - `unavailable` any other failure of the store
 */
export type BlobStoreFailure = 'md5-mismatch' | 'name-taken' | 'truncated' | 'throttled' | 'unavailable';

/** A failure of the store, as against one of the body that was to be stored. */
export class BlobStoreError extends Error {
  override readonly name = 'BlobStoreError';
  readonly reason: BlobStoreFailure;

  constructor(reason: BlobStoreFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** R2 tells its failures apart by a number at the end of the message only. */
const R2_FAILURES: Readonly<Record<string, BlobStoreFailure>> = {
  10037: 'md5-mismatch',
  10039: 'truncated',
  10043: 'throttled',
  10058: 'throttled',
};

function storeError(cause: unknown): BlobStoreError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = /\((\d+)\)$/.exec(message)?.[1] ?? '';
  return new BlobStoreError(R2_FAILURES[code] ?? 'unavailable', message, cause);
}

async function guarded<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw storeError(cause);
  }
}

function storageClass(infrequent: boolean | undefined): R2PutOptions {
  return infrequent ? { storageClass: 'InfrequentAccess' } : {};
}

/**
 * What is sealed comes from a cipher and goes to one ({@link CipherStore}): plain bytes under a sealed name, or sealed
 * ones taken for plain, are a mistake of the caller that must not come through.
 */
function mustBeSealed(name: string, sealed = false): void {
  if (isSealed(name) !== sealed)
    throw new TypeError(`blob ${name} is ${sealed ? 'not ' : ''}sealed: its cipher was left out`);
}

/** R2's limit of names in one delete. */
const DELETE_BATCH = 1000;

/** Blobs in an R2 bucket. */
export class R2BlobStore implements BlobStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async put(name: string, body: Uint8Array | ReadableStream<Uint8Array>, options: PutOptions): Promise<StoredBlob> {
    mustBeSealed(name, options.sealed);
    const stored = await guarded(
      this.#bucket.put(name, body, {
        onlyIf: { etagDoesNotMatch: '*' },
        ...(options.md5 === undefined ? {} : { md5: options.md5 }),
        ...storageClass(options.infrequent),
      }),
    );
    if (stored === null) throw new BlobStoreError('name-taken', `blob exists: ${name}`);
    const md5 = stored.checksums.md5;
    if (md5 === undefined) throw new BlobStoreError('unavailable', `no MD5 came back for ${name}`);
    return { md5: Buffer.from(md5).toString('hex').toUpperCase() };
  }

  async startUpload(name: string, options?: Pick<PutOptions, 'infrequent' | 'sealed'>): Promise<BlobUpload> {
    mustBeSealed(name, options?.sealed);
    return new R2BlobUpload(await guarded(this.#bucket.createMultipartUpload(name, storageClass(options?.infrequent))));
  }

  async get(name: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null> {
    const { offset, length, sealed: least = length } = range;
    mustBeSealed(name, range.sealed !== undefined);
    // R2 is faster without a range.
    if (range.entire && range.offset === 0) {
      const whole = await guarded(this.#bucket.get(name));
      if (whole === null || (whole.size >= least && whole.size <= length)) return whole === null ? null : whole.body;
      await whole.body.cancel();
    }
    const found = await guarded(this.#bucket.get(name, { range: { offset, length } }));
    if (found === null) return null;
    if (found.size < offset + least) {
      await found.body.cancel();
      throw new BlobStoreError('truncated', `blob ${name} has ${found.size} bytes, not ${offset}+${least}`);
    }
    return found.body;
  }

  async delete(names: readonly string[]): Promise<void> {
    for (let at = 0; at < names.length; at += DELETE_BATCH) {
      await guarded(this.#bucket.delete(names.slice(at, at + DELETE_BATCH)));
    }
  }

  async list(options: {
    prefix: string;
    cursor?: string | undefined;
    startAfter?: string | undefined;
    limit?: number | undefined;
  }): Promise<BlobPage> {
    const { prefix, cursor, startAfter, limit } = options;
    const page = await guarded(
      this.#bucket.list({
        prefix,
        ...(cursor === undefined ? {} : { cursor }),
        ...(startAfter === undefined ? {} : { startAfter }),
        ...(limit === undefined ? {} : { limit }),
      }),
    );
    return {
      blobs: page.objects.map(({ key, size, uploaded }) => ({ name: key, size, storedMs: uploaded.getTime() })),
      cursor: page.truncated ? page.cursor : null,
    };
  }
}

class R2BlobUpload implements BlobUpload {
  readonly #upload: R2MultipartUpload;
  readonly #parts: R2UploadedPart[] = [];
  #next = 1;

  constructor(upload: R2MultipartUpload) {
    this.#upload = upload;
  }

  async putPart(part: Uint8Array | ReadableStream<Uint8Array>): Promise<void> {
    this.#parts.push(await guarded(this.#upload.uploadPart(this.#next++, part)));
  }

  async complete(): Promise<void> {
    await guarded(this.#upload.complete(this.#parts));
  }

  async abort(): Promise<void> {
    await guarded(this.#upload.abort());
  }
}
