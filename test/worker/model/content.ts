import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { patternBytes } from '../../support/bodies.ts';
import { crc64Table } from '../../support/crc64-reference.ts';

/** Bytes, and what answers say of them. */
export interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** With quotes. Of content that came in pieces it is no MD5. */
  readonly etag: string;
  /** Base64. */
  readonly md5: string;
  readonly crc64: string;
}

export const nothing = contentOf(new Uint8Array());

/** @param etag with quotes; the MD5 where it is left out */
export function contentOf(bytes: Uint8Array<ArrayBuffer>, etag?: string): Content {
  const hash = createHash('md5').update(bytes).digest();
  let crc64: string | undefined;
  return {
    bytes,
    etag: etag ?? `"${hash.toString('hex').toUpperCase()}"`,
    md5: hash.toString('base64'),
    get crc64() {
      crc64 ??= String(crc64Table(bytes));
      return crc64;
    },
  };
}

export function joined(parts: readonly Content[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts.map(({ bytes }) => bytes)));
}

/** Empty, kept in the index, at that limit and beyond it, read whole, streamed. */
const sizes = [0, 1, 100, 4_096, 4_097, 30_000, 530_000];

const pool: readonly Content[] = sizes.flatMap((size) =>
  (size === 0 ? [1] : size > 100_000 ? [2] : [3, 4]).map((seed) => contentOf(patternBytes(size, seed))),
);

/** Positions in the pool: a failing sequence prints well. The large content is rare, for it is slow. */
export const contents = fc.oneof(
  { weight: 40, arbitrary: fc.nat(pool.length - 2) },
  { weight: 1, arbitrary: fc.constant(pool.length - 1) },
);

export function contentAt(position: number): Content {
  return pool[position]!;
}

/** Fragments of appendables: some gather in the index, some become blobs of their own. */
const fragmentPool = [0, 1, 5_000, 60_000, 132_000].map((size, i) => contentOf(patternBytes(size, 10 + i)));

export const fragments = fc.nat(fragmentPool.length - 1);

export function fragmentAt(position: number): Content {
  return fragmentPool[position]!;
}

/** Parts of uploads: of the least size that a part may have, a little more, and too small for any but the last. */
const partPool = [102_400, 102_400, 110_000, 5_000].map((size, i) => contentOf(patternBytes(size, 20 + i)));

export const partContents = fc.nat(partPool.length - 1);

export function partAt(position: number): Content {
  return partPool[position]!;
}
