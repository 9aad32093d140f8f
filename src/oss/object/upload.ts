import { BodyFailure } from '../../blob/failure.ts';
import { type WrittenBody, writeBody } from '../../blob/write.ts';
import type { Segment } from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { BODY_IDLE_MS, INLINE_BYTES_MAX, UPLOAD_BYTES_MAX } from '../limits.ts';
import { requestMd5 } from '../request/body.ts';
import type { Sealing } from './encryption.ts';

export interface UploadOptions {
  /** Bodies up to this size are kept out of R2; 0 for content that will be part of something larger. */
  readonly inlineLimit?: number;
  readonly infrequent?: boolean;
  /** Longest body in bytes, where it is not that of every upload, and the refusal of a longer one. */
  readonly limit?: number;
  readonly tooLarge?: (limit: number) => OssError;
  /** How the body is to be encrypted at rest, if at all. */
  readonly sealing?: Sealing | null;
}

/** A body that is safe in R2, or small enough to live in the index. */
export interface Uploaded {
  /** Bytes. */
  readonly size: number;
  /** Upper-case hex. */
  readonly md5: string;
  /** Decimal. */
  readonly crc64: string;
  /** Sealed where sealing was asked for. */
  readonly inline: Uint8Array | null;
  readonly segments: readonly Segment[];
}

/**
 * Streams the request's body into blobs. Nothing exists afterwards until the index says so.
 * @throws {OssError} MissingContentLength, EntityTooLarge, InvalidDigest, RequestTimeout
 */
export async function uploadBody(exchange: Exchange, key: string, options: UploadOptions = {}): Promise<Uploaded> {
  const { request } = exchange;
  const length = declaredLength(request);
  const md5 = requestMd5(request.headers);
  const { limit = UPLOAD_BYTES_MAX, tooLarge = entityTooLarge } = options;
  if (length !== undefined && length > limit) throw tooLarge(limit);
  return uploadStream(exchange, key, { ...options, body: request.body, length, md5, fromClient: true });
}

export interface StreamOptions extends UploadOptions {
  readonly body: ReadableStream<Uint8Array> | null;
  /** Announced length in bytes. Left out: to the end of the stream. */
  readonly length?: number | undefined;
  /** 16 bytes. */
  readonly md5?: Uint8Array | undefined;
  /** Whether the client sends it, whose wish for a pace then counts. */
  readonly fromClient?: boolean;
}

/**
 * The same for a body that is not the request's own. A stream that fails with an OssError is answered with it.
 * @throws {OssError} EntityTooLarge, InvalidDigest, RequestTimeout
 */
export async function uploadStream(exchange: Exchange, key: string, options: StreamOptions): Promise<Uploaded> {
  const limit = Math.min(options.limit ?? UPLOAD_BYTES_MAX, UPLOAD_BYTES_MAX);
  const { tooLarge = entityTooLarge } = options;
  try {
    const written = await writeBody(exchange.blobs, {
      shardId: exchange.index.homeOf(key),
      body: options.body,
      length: options.length,
      md5: options.md5,
      inlineLimit: options.inlineLimit ?? INLINE_BYTES_MAX,
      limit,
      infrequent: options.infrequent ?? false,
      key: options.sealing?.key,
      idleTimeoutMs: BODY_IDLE_MS,
      bytesPerSecond: options.fromClient ? exchange.bytesPerSecond : undefined,
    });
    return asUploaded(written);
  } catch (error) {
    if (!(error instanceof BodyFailure)) throw error;
    throw error.reason === 'too-large' ? tooLarge(limit) : bodyError(error, limit);
  }
}

/** A body that was written, as the index takes it. */
export function asUploaded({ size, md5, crc64, inline, segments }: WrittenBody): Uploaded {
  return {
    size,
    md5,
    crc64: String(crc64),
    inline: inline ?? null,
    segments: segmentsOf({ segments }),
  };
}

/** Puts bytes of the gateway's own into a blob. Like an upload's, it does not exist until the index says so. */
export async function storeBytes(
  exchange: Exchange,
  key: string,
  bytes: Uint8Array<ArrayBuffer>,
  sealing: Sealing | null = null,
): Promise<readonly Segment[]> {
  const written = await writeBody(exchange.blobs, {
    shardId: exchange.index.homeOf(key),
    body: bytes,
    inlineLimit: 0,
    limit: bytes.length,
    key: sealing?.key,
    idleTimeoutMs: BODY_IDLE_MS,
  });
  return segmentsOf(written);
}

function segmentsOf({ segments }: Pick<WrittenBody, 'segments'>): Segment[] {
  return segments.map((segment) => ({ ...segment, crc64: String(segment.crc64) }));
}

/**
 * Commits a body. Where it is refused for good its blobs go at once: a sweep finds them only after a week, and never
 * where the bucket, and with it the shard that would sweep, is gone. Where it is not known whether the commit came
 * through, they stay.
 */
export async function commitBody<T extends object>(
  exchange: Exchange,
  { segments }: Uploaded,
  commit: () => Promise<T>,
): Promise<T> {
  const discard = () => discardBlobs(exchange, segments);
  try {
    const answer = await commit();
    if ('refused' in answer) await discard();
    return answer;
  } catch (error) {
    // The request was judged again, and refused before it reached the index.
    if (error instanceof OssError) await discard();
    throw error;
  }
}

/** Deletes blobs that no row names or will name. The sweep finds what cannot be deleted now. */
export async function discardBlobs(exchange: Exchange, segments: readonly Segment[]): Promise<void> {
  await exchange.blobs.delete(segments.map(({ blob }) => blob)).catch(() => {});
}

/** Where both say something, what arrives counts, not the length (clients.md 13). */
function declaredLength(request: Request): number | undefined {
  const chunked = request.headers.has('transfer-encoding');
  const text = request.headers.get('content-length');
  if (chunked) return undefined;
  if (text === null) {
    // A runtime that hides the framing still gives a body to a request that has one.
    if (request.body === null) throw new OssError('MissingContentLength');
    return undefined;
  }
  const length = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(length))
    throw new OssError('InvalidArgument', {
      extra: { ArgumentName: 'Content-Length', ArgumentValue: text.slice(0, 64) },
    });
  return length;
}

/** What a body that could not be taken means to a client. @param limit longest body in bytes */
export function bodyError({ reason, cause }: BodyFailure, limit = UPLOAD_BYTES_MAX): OssError {
  if (cause instanceof OssError) return cause;
  switch (reason) {
    case 'too-large':
      return entityTooLarge(limit);
    case 'md5-mismatch':
      return new OssError('InvalidDigest');
    case 'incomplete-body':
    case 'timeout':
      return new OssError('RequestTimeout');
    case 'busy':
      return new OssError('ServiceUnavailable', { headers: { 'retry-after': '1' } });
  }
}

function entityTooLarge(limit: number): OssError {
  return new OssError('EntityTooLarge', { extra: { MaxSizeAllowed: limit } });
}
