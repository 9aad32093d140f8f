import { dataKeyOf, type KeyRing, type MasterKey, newDataKey, SealBroken, TOKEN_BYTES } from './master-keys.ts';
import { MAX_BLOB_BYTES } from './store.ts';

/**
 * Plain bytes of a chunk. Measured in workerd: 64 KiB seal at 1.0 GB/s, 16 KiB at half of that, 256 KiB at 1.6 GB/s; a
 * short range costs one chunk.
 */
export const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
/** A whole chunk as it is stored. */
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

/** Plain bytes of the longest blob that one put can store. */
export const MAX_SEALED_BLOB_BYTES = Math.floor(MAX_BLOB_BYTES / SEALED_CHUNK_BYTES) * CHUNK_BYTES;

/** What so many plain bytes take when they are stored. */
export function sealedLength(length: number): number {
  return length + Math.ceil(length / CHUNK_BYTES) * TAG_BYTES;
}

/**
 * Encrypts the chunks of one content, each by itself, so that any can be read without the others. A data key seals one
 * content only: the number of the chunk is nonce enough. The content's name is authenticated with each chunk, so no
 * chunk passes for another one, of the same content or of any other.
 */
export class Cipher {
  readonly #key: CryptoKey;
  readonly #name: Uint8Array<ArrayBuffer>;

  constructor(key: CryptoKey, name: string) {
    this.#key = key;
    this.#name = new Uint8Array(new TextEncoder().encode(name));
  }

  async seal(chunk: number, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await crypto.subtle.encrypt(this.#parameters(chunk), this.#key, bytes));
  }

  /** @throws {SealBroken} where this is not what was sealed as this chunk of this content */
  async open(chunk: number, sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(this.#parameters(chunk), this.#key, sealed));
    } catch (cause) {
      throw new SealBroken(`chunk ${chunk} is not what was sealed`, { cause });
    }
  }

  #parameters(chunk: number): SubtleCryptoEncryptAlgorithm {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(8, chunk);
    return { name: 'AES-GCM', iv, additionalData: this.#name };
  }
}

/** What {@link sealBytes} adds to its bytes. */
export const SEALED_BYTES_EXTRA = TOKEN_BYTES + TAG_BYTES;

/** Stands for a name where bytes are kept without one. No blob is called so. */
const NAMELESS = 'inline';

/** Seals bytes that are kept in one piece and without a name: key token, then one chunk. */
export async function sealBytes(master: MasterKey, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { key, token } = await newDataKey(master);
  const sealed = await new Cipher(key, NAMELESS).seal(0, bytes);
  const whole = new Uint8Array(token.length + sealed.length);
  whole.set(token);
  whole.set(sealed, token.length);
  return whole;
}

/** What {@link sealBytes} was given. @throws {SealBroken} */
export async function openBytes(ring: KeyRing, whole: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const key = await dataKeyOf(ring, whole.slice(0, TOKEN_BYTES));
  return new Cipher(key, NAMELESS).open(0, whole.subarray(TOKEN_BYTES));
}
