import type { ObjectRecord } from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { compressedHeaders, isCompressed } from './compression.ts';
import { rangeFits } from './conditions.ts';
import { objectContent } from './content.ts';
import { objectHeaders } from './headers.ts';
import { pacedBody } from './paced.ts';
import { type ByteRange, rangeOf } from './range.ts';
import type { ObjectRead } from './read.ts';
import { tagCountHeader } from './tags.ts';

type Headers = Record<string, string>;

/**
 * Answers with an object that was read: the range that is asked for, or all of it.
 * @param overridden headers in place of the object's own
 * @throws {OssError} InvalidRange
 */
export async function answerObject(exchange: Exchange, reply: ObjectRead, overridden: Headers = {}): Promise<Response> {
  const { record, source } = reply;
  const headers = {
    ...objectHeaders(record, exchange.bucket, source),
    ...tagCountHeader(exchange, record),
    ...overridden,
  };
  if (isCompressed(exchange.request, record, headers)) {
    const content = await contentOf(exchange, reply, { offset: 0, length: record.size });
    const packed = content.pipeThrough(new CompressionStream('gzip'));
    return new Response(pacedBody(exchange, packed), { headers: compressedHeaders(headers), encodeBody: 'manual' });
  }
  const range = requestedRange(exchange, record);
  if (range === 'whole') return answerWhole(exchange, reply, 200, headers);
  return answerRange(exchange, reply, range, 206, {
    ...headers,
    'content-range': `bytes ${range.offset}-${range.offset + range.length - 1}/${record.size}`,
  });
}

/** Answers with all of an object, whatever range the request names; HEAD without the body. */
export async function answerWhole(
  exchange: Exchange,
  reply: ObjectRead,
  status: number,
  headers: Headers,
): Promise<Response> {
  return answerRange(exchange, reply, { offset: 0, length: reply.record.size }, status, headers);
}

async function answerRange(
  exchange: Exchange,
  reply: ObjectRead,
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
  return new Response(pacedBody(exchange, body, range.length), init);
}

/** What is read is the target, where the object is a link. */
function contentOf(exchange: Exchange, reply: ObjectRead, range: ByteRange): Promise<ReadableStream<Uint8Array>> {
  return objectContent(exchange.index, exchange.blobs, { ...reply, record: reply.source }, range);
}

function requestedRange(exchange: Exchange, record: ObjectRecord): ByteRange | 'whole' {
  // A download that goes on after the object was replaced must not become a mixture of both ([GetObject-12]).
  if (!rangeFits(exchange.header('if-range'), record)) return 'whole';
  const { size } = record;
  const standard = exchange.header('x-oss-range-behavior') === 'standard';
  const range = rangeOf(exchange.header('range'), size, standard);
  if (range !== 'unsatisfiable') return range;
  throw new OssError('InvalidRange', { headers: { 'content-range': `bytes */${size}` } });
}
