import { digestPieces } from '../blob/digest.ts';
import { isSealedBy } from '../blob/names.ts';
import { readSegments } from '../blob/read.ts';
import { writeBody } from '../blob/write.ts';
import type { Lease, ReadReply, Segment } from '../index/records.ts';
import type { PartContent } from '../index/upload-records.ts';
import { type CopySource, CopyUnsettled } from './copy-source.ts';
import type { Sealing } from './encryption.ts';
import type { Exchange } from './exchange.ts';
import { BODY_IDLE_MS, UPLOAD_BYTES_MAX } from './limits.ts';
import { plainInline } from './object-read.ts';
import type { ByteRange } from './range.ts';

/**
 * Segments that a part may have, as many as an uploaded one: then no upload, and no object made of one, has more than
 * 20,000. A range over more of them is written anew as one blob.
 */
const PART_SEGMENTS_MAX = 2;

/** A part, and the leases for its blobs where they exist already; without, they are new. */
export interface CopiedPart {
  readonly part: PartContent;
  readonly leases?: readonly Lease[];
}

/**
 * Makes a part of a range of a source. Its bytes are read, because the MD5 of a range cannot be known otherwise
 * ([UploadPartCopy-9]), but they are written only where they come from the index's own row or from many blobs, or are not
 * encrypted as the upload's parts are.
 * @throws {CopyUnsettled} where a blob is gone
 */
export async function copyPart(
  exchange: Exchange,
  source: CopySource,
  read: ReadReply,
  range: ByteRange,
  sealing: Sealing | null,
): Promise<CopiedPart> {
  const { record } = read;
  const inline = await plainInline(exchange, read.inline, record.cipher);
  if (inline !== null || range.length === 0) {
    const bytes = inline?.slice(range.offset, range.offset + range.length) ?? new Uint8Array();
    return { part: await written(exchange, bytes as Uint8Array<ArrayBuffer>, range.length, sealing) };
  }
  const { start, segments } = await source.index.segments(read, range.offset, range.offset + range.length);
  const pieces = cut(segments, range.offset - start, range.length);
  if (pieces.length > PART_SEGMENTS_MAX || !pieces.every(({ blob }) => isSealedBy(blob, sealing?.key ?? null))) {
    const stream = await readSegments(exchange.blobs, pieces, { offset: 0, length: range.length });
    return { part: await written(exchange, stream, range.length, sealing) };
  }
  const isWhole = range.length === record.size;
  const part =
    isWhole && record.kind === 'Normal' && record.crc64 !== null
      ? { size: record.size, etag: record.etag, crc64: record.crc64, segments: pieces }
      : await digested(exchange, pieces, range.length);
  const leases = await exchange.index.borrow(exchange.key, part.segments);
  if (leases === null) throw new CopyUnsettled('a blob is gone');
  return { part, leases };
}

/** The segments of a range, the first and the last cut to it. Their checksums hold only where they are not cut. */
function cut(segments: readonly Segment[], offset: number, length: number): Segment[] {
  const pieces: Segment[] = [];
  let at = 0;
  for (const segment of segments) {
    const from = Math.max(offset, at);
    const to = Math.min(offset + length, at + segment.length);
    if (from < to) pieces.push({ ...segment, offset: segment.offset + from - at, length: to - from });
    at += segment.length;
  }
  return pieces;
}

async function digested(exchange: Exchange, pieces: readonly Segment[], size: number): Promise<PartContent> {
  const { md5, crc64, crc64s } = await digestPieces(exchange.blobs, pieces, BODY_IDLE_MS);
  const segments = pieces.map((piece, i) => ({ ...piece, crc64: String(crc64s[i]) }));
  return { size, etag: md5, crc64: String(crc64), segments };
}

async function written(
  exchange: Exchange,
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>,
  length: number,
  sealing: Sealing | null,
): Promise<PartContent> {
  const { size, md5, crc64, segments } = await writeBody(exchange.blobs, {
    shardId: exchange.index.homeOf(exchange.key),
    body,
    length,
    inlineLimit: 0,
    limit: UPLOAD_BYTES_MAX,
    key: sealing?.key,
    idleTimeoutMs: BODY_IDLE_MS,
  });
  return {
    size,
    etag: md5,
    crc64: String(crc64),
    segments: segments.map((segment) => ({ ...segment, crc64: String(segment.crc64) })),
  };
}
