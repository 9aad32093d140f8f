import { digestPieces } from '../../blob/digest.ts';
import { isSealedBy } from '../../blob/names.ts';
import { readSegments } from '../../blob/read.ts';
import type { Lease, ReadReply, Segment } from '../../index/records.ts';
import type { PartContent } from '../../index/upload-records.ts';
import type { Exchange } from '../exchange.ts';
import { BODY_IDLE_MS } from '../limits.ts';
import { type CopySource, CopyUnsettled } from './copy-source.ts';
import type { ByteRange } from './range.ts';
import { plainInline } from './read.ts';
import { type Uploaded, type UploadOptions, uploadStream } from './upload.ts';

/**
 * Segments that a part may have, as many as an uploaded one: then no upload, and no object made of one, has more than
 * 20,000. A range over more of them is written anew as one blob.
 */
const PART_SEGMENTS_MAX = 2;

/** How new blobs of a part are stored. */
export type Storing = Pick<UploadOptions, 'infrequent' | 'sealing'>;

/** A part of blobs that exist already, with the leases for them, or of new ones. */
export type CopiedPart =
  | { readonly part: PartContent; readonly leases: readonly Lease[] }
  | { readonly part: PartContent; readonly written: Uploaded };

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
  storing: Storing,
): Promise<CopiedPart> {
  const { record } = read;
  const write = async (body: ReadableStream<Uint8Array> | null): Promise<CopiedPart> => {
    const options = { ...storing, body, length: range.length, inlineLimit: 0 };
    const written = await uploadStream(exchange, exchange.key, options);
    const { size, md5, crc64, segments } = written;
    return { part: { size, etag: md5, crc64, segments }, written };
  };
  const inline = await plainInline(exchange, read.inline, record.cipher);
  if (inline !== null || range.length === 0) {
    return write(new Response(inline?.subarray(range.offset, range.offset + range.length)).body);
  }
  const { start, segments } = await source.index.segments(read, range.offset, range.offset + range.length);
  const pieces = cut(segments, range.offset - start, range.length);
  const { sealing } = storing;
  if (pieces.length > PART_SEGMENTS_MAX || !pieces.every(({ blob }) => isSealedBy(blob, sealing?.key ?? null))) {
    return write(await readSegments(exchange.blobs, pieces, { offset: 0, length: range.length }));
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
