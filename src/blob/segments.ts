/** A byte range of a blob. An object's content is a list of them. */
export interface Segment {
  /** Name of the blob. */
  blob: string;
  /** First byte within the blob. */
  offset: number;
  /** Bytes, at least 1. */
  length: number;
  /** CRC-64/XZ of these bytes. */
  crc64: bigint;
}

/** What reading needs to know of a segment, or of a part of one. */
export type Piece = Pick<Segment, 'blob' | 'offset' | 'length'>;

/** A piece cut by a range. */
export interface Slice extends Piece {
  /** Whether all of its segment is in it: then most likely all of its blob is. */
  readonly entire: boolean;
}

/** Segments in order: all at hand, or page by page, so that ten thousand rows need not be in memory at once. */
export type SegmentSource = Iterable<Piece> | AsyncIterable<readonly Piece[]>;

/** Bytes to read; `offset` counts from the first byte of the first segment given. */
export interface ByteRange {
  offset: number;
  length: number;
}

/** The segments do not hold the bytes asked for: the index and the request disagree. */
export class SegmentsTooShort extends Error {
  override readonly name = 'SegmentsTooShort';
}

async function* inOrder(source: SegmentSource): AsyncGenerator<Piece> {
  if (Symbol.asyncIterator in source) for await (const page of source) yield* page;
  else yield* source;
}

/**
 * Cuts a byte range out of segments, asking for no more pages than the range needs.
 * @throws {RangeError} on a malformed range
 * @throws {SegmentsTooShort} where the segments end before the range does
 */
export async function* slicePieces(source: SegmentSource, range: ByteRange): AsyncGenerator<Slice> {
  if (
    !Number.isSafeInteger(range.offset) ||
    !Number.isSafeInteger(range.length) ||
    range.offset < 0 ||
    range.length < 0
  )
    throw new RangeError(`not a byte range: ${range.offset}+${range.length}`);
  let skip = range.offset;
  let left = range.length;
  if (left === 0) return;
  for await (const { blob, offset, length } of inOrder(source)) {
    if (skip >= length) {
      skip -= length;
      continue;
    }
    const taken = Math.min(length - skip, left);
    yield { blob, offset: offset + skip, length: taken, entire: taken === length };
    skip = 0;
    left -= taken;
    if (left === 0) return;
  }
  throw new SegmentsTooShort(`${left} of ${range.length} bytes lie beyond the last segment`);
}
