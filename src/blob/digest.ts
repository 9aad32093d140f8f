import { createHash } from 'node:crypto';
import { Crc64 } from './crc64.ts';
import { crc64Combine } from './crc64-combine.ts';
import { BlobMissing } from './read.ts';
import type { Piece } from './segments.ts';
import { BodySource } from './source.ts';
import type { BlobStore } from './store.ts';

const CHUNK_BYTES = 256 * 1024;

/** What is said of the bytes of some pieces. */
export interface Digest {
  /** Of all bytes, 32 upper-case hex digits. */
  md5: string;
  /** CRC-64/XZ of all bytes ... */
  crc64: bigint;
  /** ... and of each piece. */
  crc64s: bigint[];
}

/**
 * Reads pieces of blobs and computes what there is no other way to know of a part of a blob. Memory does not depend on
 * their length.
 * @param idleTimeoutMs longest wait for the store's next bytes
 * @throws {BlobMissing | BlobStoreError | BodyFailure}
 */
export async function digestPieces(store: BlobStore, pieces: readonly Piece[], idleTimeoutMs: number): Promise<Digest> {
  const hash = createHash('md5');
  const crc64s: bigint[] = [];
  let crc64 = 0n;
  let buffer = new ArrayBuffer(CHUNK_BYTES);
  for (const piece of pieces) {
    const body = await store.get(piece.blob, piece);
    if (body === null) throw new BlobMissing(`no such blob: ${piece.blob}`);
    const source = new BodySource(body, idleTimeoutMs, Date.now);
    const crc = new Crc64();
    try {
      for (let left = piece.length; left > 0; ) {
        const bytes = await source.fill(new Uint8Array(buffer, 0, Math.min(CHUNK_BYTES, left)));
        if (bytes.length === 0) throw new BlobMissing(`blob ends early: ${piece.blob}`);
        hash.update(bytes);
        crc.update(bytes);
        left -= bytes.length;
        buffer = bytes.buffer;
      }
    } finally {
      source.close();
    }
    crc64s.push(crc.value);
    crc64 = crc64Combine(crc64, crc.value, piece.length);
  }
  return { md5: hash.digest('hex').toUpperCase(), crc64, crc64s };
}
