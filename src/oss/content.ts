import { withMemoryBlob } from '../blob/memory.ts';
import { readSegments } from '../blob/read.ts';
import type { Piece } from '../blob/segments.ts';
import type { Exchange } from './exchange.ts';
import type { ObjectRead } from './object-read.ts';
import type { ByteRange } from './range.ts';

/** Stands for the bytes of an appendable that are in no blob yet. No blob has an empty name. */
const TAIL = '';

/**
 * The bytes of a range of an object's content, wherever they live. A stream yields exactly that many bytes or fails.
 * @param read made with `content: true`
 */
export async function contentOf(
  exchange: Exchange,
  read: ObjectRead,
  range: ByteRange,
): Promise<ReadableStream<Uint8Array> | Uint8Array> {
  if (read.inline !== null) return read.inline.subarray(range.offset, range.offset + range.length);
  const store = read.tail === null ? exchange.blobs : withMemoryBlob(exchange.blobs, TAIL, read.tail);
  return readSegments(store, pieces(exchange, read), range);
}

/** All of the object: the first page of segments came with the record, further ones are asked for as they are needed. */
async function* pieces(
  exchange: Exchange,
  { source, segments, more, incarnation, tail }: ObjectRead,
): AsyncGenerator<readonly Piece[]> {
  yield segments;
  if (more !== null) yield* exchange.index.segments(source.key, source.versionId, more, incarnation);
  if (tail !== null) yield [{ blob: TAIL, offset: 0, length: tail.length }];
}
