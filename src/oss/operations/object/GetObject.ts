import { readSegments } from '../../../blob/read.ts';
import type { ReadReply } from '../../../index/records.ts';
import { compressedHeaders, isCompressed } from '../../compression.ts';
import { invalidArgument, OssError } from '../../errors.ts';
import type { Exchange } from '../../exchange.ts';
import { objectHeaders } from '../../object-headers.ts';
import { readObject } from '../../object-read.ts';
import { operation } from '../../operation.ts';
import { type ByteRange, rangeOf } from '../../range.ts';

/** Query parameters that replace a header of the answer ([GetObject-1]). */
const overrides = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
} as const;

/** Downloads an object, whole or a range of it (reference 8.1.2). */
export const GetObject = operation({
  name: 'GetObject',
  method: 'GET',
  target: 'object',
  query: ['versionId', ...Object.keys(overrides)],
  action: 'GetObject',
  versionAction: 'GetObjectVersion',
  access: 'read',
  hierarchical: true,
  async run(exchange) {
    const overridden = overriddenHeaders(exchange);
    const reply = await readObject(exchange, { content: true, conditional: true });
    const { record } = reply;
    // A directory has nothing that could be asked for in another way ([GetObject-6]).
    if (record.kind === 'Directory') {
      return new Response(null, { headers: { ...objectHeaders(record, exchange.bucket), 'content-length': '0' } });
    }
    const headers = { ...objectHeaders(record, exchange.bucket), ...overridden };
    if (isCompressed(exchange.request, record, headers)) {
      const content = await contentOf(exchange, reply, { offset: 0, length: record.size });
      const packed = content.pipeThrough(new CompressionStream('gzip'));
      return new Response(packed, { headers: compressedHeaders(headers), encodeBody: 'manual' });
    }
    const range = requestedRange(exchange, record.size);
    if (range === 'whole') {
      const whole = { offset: 0, length: record.size };
      return answer(exchange, reply, whole, 200, { ...headers, 'content-length': String(record.size) });
    }
    return answer(exchange, reply, range, 206, {
      ...headers,
      'content-length': String(range.length),
      'content-range': `bytes ${range.offset}-${range.offset + range.length - 1}/${record.size}`,
    });
  },
});

async function answer(
  exchange: Exchange,
  reply: ReadReply,
  range: ByteRange,
  status: 200 | 206,
  headers: Record<string, string>,
): Promise<Response> {
  const body =
    reply.inline?.subarray(range.offset, range.offset + range.length) ?? (await contentOf(exchange, reply, range));
  // The stored encoding is the client's business: the runtime must not touch the bytes.
  return new Response(body, { status, headers, encodeBody: 'manual' });
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

/** @throws {OssError} InvalidRequest for an anonymous caller ([GetObject-2]), InvalidArgument on a line break ([Sec-32]) */
function overriddenHeaders(exchange: Exchange): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [parameter, header] of Object.entries(overrides)) {
    const value = exchange.query(parameter);
    if (value === undefined) continue;
    if (exchange.identity.kind === 'anonymous') {
      throw new OssError('InvalidRequest', { message: `${parameter} may only be used in a signed request.` });
    }
    if (/[\r\n\0]/.test(value)) throw invalidArgument(parameter, '');
    headers[header] = value;
  }
  return headers;
}
