import type { ObjectRecord } from '../../index/records.ts';

/** Smaller objects are not compressed on the way ([GetObject-14]). */
const COMPRESSED_BYTES_MIN = 1_024;

/** Exactly the types that OSS compresses; text/html is not one of them. */
const compressible: ReadonlySet<string> = new Set([
  'text/cache-manifest',
  'text/xml',
  'text/plain',
  'text/css',
  'application/javascript',
  'application/x-javascript',
  'application/rss+xml',
  'application/json',
  'text/json',
]);

/**
 * Whether this answer is to be compressed: the client can read gzip, and the object is a text that is not yet
 * ([GetObject-15]).
 * @param headers those of the answer otherwise
 */
export function isCompressed(request: Request, record: ObjectRecord, headers: Record<string, string>): boolean {
  return (
    record.size >= COMPRESSED_BYTES_MIN &&
    headers['content-encoding'] === undefined &&
    !request.headers.has('range') &&
    compressible.has(headers['content-type']!.split(';')[0]!.trim().toLowerCase()) &&
    acceptsGzip(request)
  );
}

function acceptsGzip(request: Request): boolean {
  // The runtime rewrites the header on Cloudflare and keeps what the client sent beside it.
  const cf = request.cf as { clientAcceptEncoding?: string } | undefined;
  const accepted = cf?.clientAcceptEncoding ?? request.headers.get('accept-encoding') ?? '';
  return accepted.split(',').some((item) => /^\s*gzip\s*(;\s*q=(0\.0*[1-9]|1|0?\.[1-9]).*)?$/i.test(item));
}

/** Turns the headers of an uncompressed answer into those of a compressed one: what described the bytes goes. */
export function compressedHeaders(headers: Record<string, string>): Record<string, string> {
  const { etag, 'content-md5': _md5, 'content-length': _length, 'x-oss-hash-crc64ecma': _crc, ...rest } = headers;
  return { ...rest, 'content-encoding': 'gzip', vary: 'Accept-Encoding' };
}
