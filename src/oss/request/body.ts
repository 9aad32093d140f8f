import { createHash } from 'node:crypto';
import { BodyFailure } from '../../blob/failure.ts';
import { BodySource } from '../../blob/source.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { BODY_IDLE_MS } from '../limits.ts';

/** Most bytes of a configuration document, where its operation does not say otherwise. */
export const DOCUMENT_BYTES_MAX = 128 * 1_024;
/** Bytes that are read at a time: most documents are shorter. */
const CHUNK_BYTES = 16 * 1_024;

/**
 * Reads a small request body whole and checks its `Content-MD5` ([Common-16]).
 * @param tooLong what a body longer than `maxBytes` is refused with
 * @throws {OssError} MalformedXML or what `tooLong` says, RequestTimeout, InvalidDigest
 */
export async function readDocument(
  exchange: Exchange,
  maxBytes = DOCUMENT_BYTES_MAX,
  tooLong = () => new OssError('MalformedXML', { message: `The request body may not exceed ${maxBytes} bytes.` }),
): Promise<Uint8Array> {
  const bytes = await readBody(exchange.request, maxBytes, tooLong);
  const md5 = exchange.header('content-md5');
  if (md5 !== null && md5.trim() !== createHash('md5').update(bytes).digest('base64'))
    throw new OssError('InvalidDigest');
  return bytes;
}

/**
 * Reads a small request body whole.
 * @param tooLong what a body longer than `maxBytes` is refused with
 * @throws {OssError} RequestTimeout; and what `tooLong` says
 */
export async function readBody(request: Request, maxBytes: number, tooLong: () => Error): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array(0);
  const declared = Number(request.headers.get('content-length') ?? '0');
  if (declared > maxBytes) throw tooLong();
  const source = new BodySource(request.body, BODY_IDLE_MS, Date.now);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const chunk = await source.read(new Uint8Array(CHUNK_BYTES));
      if (chunk.byteLength === 0) break;
      length += chunk.byteLength;
      if (length > maxBytes) throw tooLong();
      chunks.push(chunk);
    }
  } catch (error) {
    // Its sender has gone or says nothing any more, as with an upload ([PutObject-4]).
    throw error instanceof BodyFailure ? new OssError('RequestTimeout') : error;
  } finally {
    source.close();
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/**
 * The `Content-MD5` of an upload as 16 bytes, undefined without one.
 * @throws {OssError} InvalidDigest where it is not base64 of 16 bytes ([PutObject-5])
 */
export function requestMd5(headers: Headers): Uint8Array | undefined {
  const text = headers.get('content-md5');
  if (text === null || text === '') return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== text.trim()) throw new OssError('InvalidDigest');
  return bytes;
}
