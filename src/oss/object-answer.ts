import { readSegments } from '../blob/read.ts';
import type { ReadReply } from '../index/records.ts';
import { compressedHeaders, isCompressed } from './compression.ts';
import { OssError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { objectHeaders } from './object-headers.ts';
import { type ByteRange, rangeOf } from './range.ts';

type Headers = Record<string, string>;

/**
 * Answers with an object that was read: the range that is asked for, or all of it.
 * @param overridden headers in place of the object's own
 * @throws {OssError} InvalidRange
 */
export async function answerObject(exchange: Exchange, reply: ReadReply, overridden: Headers = {}): Promise<Response> {
  const { record } = reply;
  const headers = { ...objectHeaders(record, exchange.bucket), ...overridden };
  if (isCompressed(exchange.request, record, headers)) {
    const content = await contentOf(exchange, reply, { offset: 0, length: record.size });
    const packed = content.pipeThrough(new CompressionStream('gzip'));
    return new Response(packed, { headers: compressedHeaders(headers), encodeBody: 'manual' });
  }
  const range = requestedRange(exchange, record.size);
  if (range === 'whole') return answerWhole(exchange, reply, 200, headers);
  return answerRange(exchange, reply, range, 206, {
    ...headers,
    'content-range': `bytes ${range.offset}-${range.offset + range.length - 1}/${record.size}`,
  });
}

/** Answers with all of an object, whatever range the request names; HEAD without the body. */
export async function answerWhole(
  exchange: Exchange,
  reply: ReadReply,
  status: number,
  headers: Headers,
): Promise<Response> {
  return answerRange(exchange, reply, { offset: 0, length: reply.record.size }, status, headers);
}

async function answerRange(
  exchange: Exchange,
  reply: ReadReply,
  range: ByteRange,
  status: number,
  headers: Headers,
): Promise<Response> {
  const init = {
    status,
    headers: { ...headers, 'content-length': String(range.length) },
    // The stored encoding is the client's business: the runtime must not touch the bytes.
    encodeBody: 'manual' as const,
  };
  if (exchange.request.method === 'HEAD') return new Response(null, init);
  const body =
    reply.inline?.subarray(range.offset, range.offset + range.length) ?? (await contentOf(exchange, reply, range));
  return new Response(body, init);
}

async function contentOf(exchange: Exchange, reply: ReadReply, range: ByteRange): Promise<ReadableStream<Uint8Array>> {
  if (reply.inline !== null) {
    return new Response(reply.inline.subarray(range.offset, range.offset + range.length)).body!;
  }
  return readSegments(exchange.blobs, segmentPages(exchange, reply), range);
}

/** All segments of the object: the first page came with the record, further ones are asked for as they are needed. */
async function* segmentPages(exchange: Exchange, { record, segments, more }: ReadReply) {
  yield segments;
  if (more !== null) yield* exchange.index.segments(record.key, record.versionId, more);
}

function requestedRange(exchange: Exchange, size: number): ByteRange | 'whole' {
  const standard = exchange.header('x-oss-range-behavior') === 'standard';
  const range = rangeOf(exchange.header('range'), size, standard);
  if (range !== 'unsatisfiable') return range;
  throw new OssError('InvalidRange', { headers: { 'content-range': `bytes */${size}` } });
}
