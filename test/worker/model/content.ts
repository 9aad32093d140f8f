import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { patternBytes } from '../../support/bodies.ts';
import { crc64Reference } from '../../support/crc64-reference.ts';

/** Bytes, and what every answer must say of them. */
export interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** With quotes. */
  readonly etag: string;
  readonly md5: string;
  readonly crc64: string;
}

/** Empty, kept in the index, at that limit and beyond it, read whole, streamed. */
const sizes = [0, 1, 100, 4_096, 4_097, 30_000, 530_000];

const pool: readonly Content[] = sizes.flatMap((size) =>
  (size === 0 ? [1] : size > 100_000 ? [2] : [3, 4]).map((seed) => contentOf(patternBytes(size, seed))),
);

function contentOf(bytes: Uint8Array<ArrayBuffer>): Content {
  const hash = createHash('md5').update(bytes).digest();
  return {
    bytes,
    etag: `"${hash.toString('hex').toUpperCase()}"`,
    md5: hash.toString('base64'),
    crc64: String(crc64Reference(bytes)),
  };
}

/** Positions in the pool: a failing sequence prints well. The large content is rare, for it is slow. */
export const contents = fc.oneof(
  { weight: 30, arbitrary: fc.nat(pool.length - 2) },
  { weight: 1, arbitrary: fc.constant(pool.length - 1) },
);

export function contentAt(position: number): Content {
  return pool[position]!;
}
