import { Buffer } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { CHUNK_BYTES, Cipher, SEALED_CHUNK_BYTES, sealedLength } from './cipher.ts';
import { incomplete } from './failure.ts';
import { feed } from './feed.ts';
import { dataKeyOf, type KeyRing, masterIdOf, newDataKey } from './master-keys.ts';
import { keyTokenOf, sealedName } from './names.ts';
import { BodySource } from './source.ts';
import {
  type BlobPage,
  type BlobRange,
  type BlobStore,
  BlobStoreError,
  type BlobUpload,
  type PutOptions,
  type StoredBlob,
} from './store.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Encrypts and decrypts blobs on their way to and from a store. Which ones, and by which key, their names say: nothing
 * but a name is needed to read a range of any blob, so whoever holds one may copy, cut and join it as if it were plain.
 * To its user everything is plain: bytes, lengths, checksums.
 */
export class CipherStore implements BlobStore {
  readonly #inner: BlobStore;
  readonly #ring: KeyRing;

  constructor(inner: BlobStore, ring: KeyRing) {
    this.#inner = inner;
    this.#ring = ring;
  }

  /** @throws {SealBroken} where the key that the name calls for is not there */
  async put(name: string, body: Uint8Array | ReadableStream<Uint8Array>, options: PutOptions): Promise<StoredBlob> {
    const cipher = await this.#cipherOf(name);
    if (cipher === null) return this.#inner.put(name, body, options);
    const { length, md5, infrequent } = options;
    const hash = createHash('md5');
    const stored = { length: sealedLength(length), infrequent, sealed: true } as const;
    if (body instanceof Uint8Array) {
      hash.update(body);
      const sum = checked(hash, md5);
      await this.#inner.put(name, await sealWhole(cipher, body as Bytes), stored);
      return sum;
    }
    // Whoever fills the stream minds the pauses of the body's sender.
    const source = new BodySource(body, Number.POSITIVE_INFINITY, Date.now);
    try {
      let sum: StoredBlob | undefined;
      await feed(
        stored.length,
        (readable) => this.#inner.put(name, readable, stored),
        async (writer) => {
          await sealAll(cipher, source, length, writer, (bytes, last) => {
            hash.update(bytes);
            if (last) sum = checked(hash, md5);
          });
        },
        (error) => source.fail(error),
      );
      return sum ?? checked(hash, md5);
    } finally {
      source.close();
    }
  }

  /** @throws {SealBroken} as {@link put} */
  async startUpload(name: string, options?: { infrequent?: boolean | undefined }): Promise<BlobUpload> {
    const cipher = await this.#cipherOf(name);
    if (cipher === null) return this.#inner.startUpload(name, options);
    return new CipherUpload(cipher, await this.#inner.startUpload(name, { ...options, sealed: true }));
  }

  /**
   * The first chunk is opened before this returns, so a short content that was tampered with is an error and not an
   * aborted stream.
   * @throws {SealBroken}
   */
  async get(name: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null> {
    const cipher = await this.#cipherOf(name);
    if (cipher === null) return this.#inner.get(name, range);
    if (range.length === 0) return new Response(new Uint8Array()).body;
    const first = Math.floor(range.offset / CHUNK_BYTES);
    const end = range.offset + range.length;
    const start = first * SEALED_CHUNK_BYTES;
    const body = await this.#inner.get(name, {
      offset: start,
      length: Math.ceil(end / CHUNK_BYTES) * SEALED_CHUNK_BYTES - start,
      ...(range.entire === undefined ? {} : { entire: range.entire }),
      sealed: sealedLength(end) - start,
    });
    return body === null ? null : openRange(cipher, name, body, first, range);
  }

  /**
   * Makes the name of a new blob that is to take the place of another one: sealed by the same master key where that is.
   * @throws {SealBroken} where that key is not there
   */
  async nameInPlaceOf(other: string, name: string): Promise<string> {
    const token = keyTokenOf(other);
    if (token === null) return name;
    return sealedName(name, (await newDataKey(this.#ring.get(masterIdOf(token)))).token);
  }

  mustOpen(names: readonly string[]): void {
    for (const name of names) {
      const token = keyTokenOf(name);
      if (token !== null) this.#ring.get(masterIdOf(token));
    }
  }

  delete(names: readonly string[]): Promise<void> {
    return this.#inner.delete(names);
  }

  /** Sizes are those of what is stored. */
  list(options: Parameters<BlobStore['list']>[0]): Promise<BlobPage> {
    return this.#inner.list(options);
  }

  async #cipherOf(name: string): Promise<Cipher | null> {
    const token = keyTokenOf(name);
    if (token === null) return null;
    return new Cipher(await dataKeyOf(this.#ring, token), name);
  }
}

class CipherUpload implements BlobUpload {
  readonly #cipher: Cipher;
  readonly #inner: BlobUpload;
  #next = 0;
  #ended = false;

  constructor(cipher: Cipher, inner: BlobUpload) {
    this.#cipher = cipher;
    this.#inner = inner;
  }

  async putPart(part: Uint8Array | ReadableStream<Uint8Array>): Promise<void> {
    if (!(part instanceof Uint8Array)) throw new TypeError('parts are encrypted from memory');
    if (this.#ended) throw new RangeError(`all parts but the last must be multiples of ${CHUNK_BYTES} bytes`);
    this.#ended = part.length % CHUNK_BYTES !== 0;
    const first = this.#next;
    this.#next += Math.ceil(part.length / CHUNK_BYTES);
    // Streamed, because the part's memory is all that an upload may use.
    await feed(
      sealedLength(part.length),
      (readable) => this.#inner.putPart(readable),
      async (writer) => {
        for (let at = 0; at < part.length; at += CHUNK_BYTES) {
          const chunk = part.subarray(at, at + CHUNK_BYTES) as Bytes;
          await writer.write(await this.#cipher.seal(first + at / CHUNK_BYTES, chunk));
        }
      },
    );
  }

  complete(): Promise<void> {
    return this.#inner.complete();
  }

  abort(): Promise<void> {
    return this.#inner.abort();
  }
}

/** @throws {BlobStoreError} `md5-mismatch` */
function checked(hash: Hash, md5: Uint8Array | undefined): StoredBlob {
  const digest = hash.digest();
  if (md5 !== undefined && !digest.equals(md5)) throw new BlobStoreError('md5-mismatch', 'not the MD5 that was given');
  return { md5: Buffer.from(digest).toString('hex').toUpperCase() };
}

async function sealWhole(cipher: Cipher, bytes: Bytes): Promise<Bytes> {
  const whole = new Uint8Array(sealedLength(bytes.length));
  for (let chunk = 0; chunk * CHUNK_BYTES < bytes.length; chunk++) {
    const at = chunk * CHUNK_BYTES;
    whole.set(await cipher.seal(chunk, bytes.subarray(at, at + CHUNK_BYTES)), chunk * SEALED_CHUNK_BYTES);
  }
  return whole;
}

/** @param onBytes sees each chunk before any of it is sent: what it throws at the last one keeps the blob unborn */
async function sealAll(
  cipher: Cipher,
  source: BodySource,
  length: number,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  onBytes: (bytes: Uint8Array, last: boolean) => void,
): Promise<void> {
  let buffer = new ArrayBuffer(Math.min(CHUNK_BYTES, length));
  let writing: Promise<void> = Promise.resolve();
  for (let at = 0; at < length; at += CHUNK_BYTES) {
    const size = Math.min(CHUNK_BYTES, length - at);
    const bytes = await source.fill(new Uint8Array(buffer, 0, size));
    if (bytes.length < size) throw incomplete(at + bytes.length, length);
    buffer = bytes.buffer;
    onBytes(bytes, at + size === length);
    const sealed = await cipher.seal(at / CHUNK_BYTES, bytes);
    await writing;
    writing = writer.write(sealed);
    // A failed write is met at the next await.
    writing.catch(() => {});
  }
  await writing;
}

/** Opens the chunks of a range, from number `chunk` on, and cuts the first and the last to it. */
async function openRange(
  cipher: Cipher,
  name: string,
  body: ReadableStream<Uint8Array>,
  chunk: number,
  { offset, length }: BlobRange,
): Promise<ReadableStream<Uint8Array>> {
  const source = new BodySource(body, Number.POSITIVE_INFINITY, Date.now);
  let next = chunk;
  let skip = offset - chunk * CHUNK_BYTES;
  let left = length;
  const read = async (): Promise<Bytes> => {
    const sealed = await source.fill(new Uint8Array(SEALED_CHUNK_BYTES));
    const plain = sealed.length === 0 ? new Uint8Array() : await cipher.open(next, sealed);
    const bytes = plain.subarray(skip, skip + left);
    next++;
    skip = 0;
    left -= bytes.length;
    // A chunk that is not full is the blob's last.
    if (left > 0 && plain.length < CHUNK_BYTES)
      throw new BlobStoreError(
        'truncated',
        `blob ${name} ends ${left} bytes before the range ${offset}+${length} does`,
      );
    return bytes;
  };
  let first: Bytes;
  try {
    first = await read();
  } catch (error) {
    source.close(error);
    throw error;
  }
  if (left === 0) {
    source.close();
    return new Response(first).body!;
  }
  let opened: Bytes | undefined = first;
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      try {
        controller.enqueue(opened ?? (await read()));
        opened = undefined;
        if (left > 0) return;
        controller.close();
        source.close();
      } catch (error) {
        source.close(error);
        throw error;
      }
    },
    cancel: (reason) => source.close(reason),
  });
}
