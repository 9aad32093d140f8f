import { withMemoryBlob } from '../../blob/memory.ts';
import { readSegments } from '../../blob/read.ts';
import type { Piece } from '../../blob/segments.ts';
import type { BlobStore } from '../../blob/store.ts';
import type { IndexClient } from '../../index/client.ts';
import type { ReadReply } from '../../index/records.ts';
import type { ByteRange } from './range.ts';

/** Stands for the bytes of an appendable that are in no blob yet. No blob has an empty name. */
const TAIL = '';

/**
 * The bytes of a range of a version that was read just now, as a stream of known length.
 * @throws {KeyMissing} where a key is not there that any of them is sealed by, as far as it is known by now
 */
export async function objectContent(
  index: IndexClient,
  store: BlobStore,
  reply: ReadReply,
  range: ByteRange,
): Promise<ReadableStream<Uint8Array>> {
  const { inline, tail, more } = reply;
  store.mustOpen?.(reply.segments.map(({ blob }) => blob));
  if (inline !== null) return new Response(inline.subarray(range.offset, range.offset + range.length)).body!;
  const all = tail === null ? store : withMemoryBlob(store, TAIL, tail);
  // What lies before the range is not fetched.
  if (more !== null && tail === null && range.offset >= more.start) {
    const pieces = index.pieces(reply.record.key, { ...more, start: range.offset });
    return readSegments(all, pieces, { offset: 0, length: range.length });
  }
  return readSegments(all, piecesOf(index, reply), range);
}

/** All pieces of a version: the first page came with the record, further ones are asked for as they are needed. */
async function* piecesOf(
  index: IndexClient,
  { record, segments, more, tail }: ReadReply,
): AsyncGenerator<readonly Piece[]> {
  yield segments;
  if (more !== null) yield* index.pieces(record.key, more);
  if (tail !== null) yield [{ blob: TAIL, offset: 0, length: tail.length }];
}
