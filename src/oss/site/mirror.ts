import { BodyFailure } from '../../blob/failure.ts';
import type { WrittenBody } from '../../blob/write.ts';
import type { ObjectCipher, StoredMeta } from '../../index/records.ts';
import { guardedFetch } from '../../outbound/fetch.ts';
import type { Redirect } from '../../website/config.ts';
import { type MirrorStorage, mirrorBody } from '../../website/mirror.ts';
import { askOrigins, type OriginAnswer } from '../../website/origin.ts';
import { originHeaders, originUrls, passesClient } from '../../website/origin-request.ts';
import type { Step } from '../../website/rules.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { INLINE_BYTES_MAX, UPLOAD_BYTES_MAX } from '../limits.ts';
import { requestSealing, type Sealing, sealingInForce } from '../object/encryption.ts';
import { DEFAULT_CONTENT_TYPE } from '../object/headers.ts';
import { isInfrequent, requestMeta } from '../object/meta.ts';
import { pacedBody } from '../object/paced.ts';
import { asUploaded, commitBody } from '../object/upload.ts';
import { overriddenHeaders } from '../operations/object/GetObject.ts';
import { requestMd5 } from '../request/body.ts';
import { markLoop } from '../request/loop.ts';
import { outsideRules } from '../request/outside.ts';
import { type Leave, waitForTurn } from './flight.ts';

/** Longest wait for the first byte of an origin's answer, ms, and for each further one. */
const ORIGIN_MS_MAX = 10_000;
/** What origins can tell these requests by. */
const USER_AGENT = 'aliyun-oss-mirror';
/** Names the buckets that a request to an origin was made for: one that comes back to such a bucket is a circle. */
const TRAIL = 'x-ossgate-mirror';
const TRAIL_CHARS_MAX = 500;
/** Headers of an origin's answer that the client sees where it gets the answer itself. */
const shownHeaders = [
  'content-type',
  'content-encoding',
  'content-language',
  'cache-control',
  'expires',
  'retry-after',
];

type MirrorStep = Extract<Step, { kind: 'mirror' }>;

/**
 * Answers with what an origin has of a missing object, and stores that ([WebsiteServing-35] to [WebsiteServing-50]).
 * The exchange is about that object, and its caller may read it.
 * @param read answers with the object, once it is stored
 * @returns undefined where the origin has no such object
 * @throws {OssError} MirrorFailed
 */
export async function answerFromOrigin(
  exchange: Exchange,
  step: MirrorStep,
  query: string,
  read: () => Promise<Response | undefined>,
): Promise<Response | undefined> {
  if (isCircle(exchange)) return undefined;
  if (exchange.request.method === 'HEAD') return headFromOrigin(exchange, step, query);
  const stores = step.redirect.mirrorProxyPass !== true;
  const turn = await waitForTurn(exchange, step.key, stores);
  if (turn === 'missing') return undefined;
  if (turn === 'failed') throw mirrorFailed(exchange, 'another request has just failed');
  if (turn === 'stored') {
    const answer = await read();
    if (answer !== undefined) return answer;
  }
  const leave = typeof turn === 'string' ? { stores, land: () => {} } : turn;
  try {
    return await fetched(exchange, step, query, read, leave);
  } catch (error) {
    leave.land(passesClient(step.redirect) ? 'alone' : 'failed');
    throw error;
  }
}

async function fetched(
  exchange: Exchange,
  step: MirrorStep,
  query: string,
  read: () => Promise<Response | undefined>,
  leave: Leave,
): Promise<Response | undefined> {
  const answer = await ask(exchange, step, query, 'GET');
  if (answer.kind !== 'content') {
    // What one client is told may be due to what the origin was told of it.
    const forAll = answer.kind === 'missing' && !passesClient(step.redirect);
    if (answer.kind !== 'failed') leave.land(forAll ? 'missing' : 'alone');
    return withoutContent(exchange, answer);
  }
  const { redirect } = step;
  const { response } = answer;
  const meta = metaOf(response.headers, redirect);
  const length = lengthOf(response.headers);
  const mirrored = await mirrorBody({
    body: response.body,
    length,
    md5: redirect.mirrorCheckMd5 === true ? promisedMd5(response.headers) : undefined,
    limit: UPLOAD_BYTES_MAX,
    idleTimeoutMs: ORIGIN_MS_MAX,
    storage: leave.stores ? storageFor(exchange, step.key, meta) : undefined,
  }).catch((error: unknown) => {
    throw error instanceof BodyFailure ? mirrorFailed(exchange, error.message) : error;
  });
  if (mirrored.kind === 'stream') {
    const stored = mirrored.stored.then((done) => leave.land(done ? 'stored' : 'alone'));
    exchange.execution.waitUntil(stored);
    return contentAnswer(exchange, mirrored.body, meta, length);
  }
  leave.land(mirrored.stored ? 'stored' : 'alone');
  // Read like any other object, with ranges and conditions, unless it lies in a class that must be restored first.
  const readable = ['Standard', 'IA'].includes(exchange.bucket.storageClass);
  const again = mirrored.stored && readable ? await read() : undefined;
  return again ?? contentAnswer(exchange, mirrored.bytes, meta, mirrored.bytes.length);
}

/** What HEAD would tell of the object if it were stored; nothing is. */
async function headFromOrigin(exchange: Exchange, step: MirrorStep, query: string): Promise<Response | undefined> {
  const answer = await ask(exchange, step, query, 'HEAD');
  if (answer.kind !== 'content') return withoutContent(exchange, answer);
  await answer.response.body?.cancel();
  const { headers } = answer.response;
  return contentAnswer(exchange, null, metaOf(headers, step.redirect), lengthOf(headers));
}

function ask(exchange: Exchange, { key, rule, redirect }: MirrorStep, query: string, method: 'GET' | 'HEAD') {
  const { request, bucket } = exchange;
  const headers = originHeaders(redirect.mirrorHeaders, request.headers, isReserved);
  if (!headers.has('user-agent')) headers.set('user-agent', USER_AGENT);
  markLoop(headers, exchange);
  headers.set(TRAIL, [request.headers.get(TRAIL), bucket.id].filter(Boolean).join(' '));
  const urls = originUrls(rule.condition, redirect, key, query);
  return askOrigins(
    (url, { redirects, ...init }) =>
      guardedFetch(
        url,
        { ...init, raw: true },
        { ...outsideRules(exchange), redirects, timeoutMs: ORIGIN_MS_MAX, maxBytes: UPLOAD_BYTES_MAX },
      ),
    redirect,
    urls,
    { method, headers },
  );
}

/** The reference's own prefixes ([WebsiteServing-45]), and what the edge adds to a request. */
function isReserved(name: string): boolean {
  return /^(?:x-oss-|oss-|x-drs-|cf-)/.test(name) || name === TRAIL;
}

function isCircle({ request, bucket }: Exchange): boolean {
  const trail = request.headers.get(TRAIL) ?? '';
  return trail.length > TRAIL_CHARS_MAX || trail.split(' ').includes(bucket.id);
}

async function withoutContent(
  exchange: Exchange,
  answer: Exclude<OriginAnswer, { kind: 'content' }>,
): Promise<Response | undefined> {
  switch (answer.kind) {
    case 'missing':
      return undefined;
    case 'failed':
      throw mirrorFailed(exchange, answer.why);
    case 'elsewhere':
      return new Response(null, {
        status: answer.status,
        headers: { location: answer.location, 'content-length': '0' },
      });
    case 'shown': {
      const { status, headers, body } = answer.response;
      const shown: Record<string, string> = {};
      for (const name of [...shownHeaders, 'content-length']) {
        const value = headers.get(name);
        if (value !== null) shown[name] = value;
      }
      return new Response(body, { status, headers: shown, encodeBody: 'manual' });
    }
  }
}

function contentAnswer(
  exchange: Exchange,
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
  meta: StoredMeta,
  length: number | undefined,
): Response {
  const headers: Record<string, string> = { 'content-type': DEFAULT_CONTENT_TYPE, ...meta.headers };
  for (const [name, value] of Object.entries(meta.user)) headers[`x-oss-meta-${name}`] = value;
  if (exchange.request.method === 'GET') Object.assign(headers, overriddenHeaders(exchange));
  if (length !== undefined) headers['content-length'] = String(length);
  return new Response(body && pacedBody(exchange, body, length), { headers, encodeBody: 'manual' });
}

/** What is stored of an origin's headers; user metadata only where the rule says so, and none of it where it is no good. */
function metaOf(headers: Headers, { mirrorSaveOssMeta }: Redirect): StoredMeta {
  const told = new Headers();
  headers.forEach((value, name) => {
    const wanted = name.startsWith('x-oss-meta-') ? mirrorSaveOssMeta === true : !name.startsWith('x-oss-');
    if (wanted) told.set(name, value);
  });
  try {
    return requestMeta(told);
  } catch (error) {
    if (!(error instanceof OssError)) throw error;
    return metaOf(headers, { redirectType: 'Mirror' });
  }
}

function lengthOf(headers: Headers): number | undefined {
  const text = headers.get('content-length') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The MD5 that an origin promises; one that is none is no body's ([WebsiteServing-44]). */
function promisedMd5(headers: Headers): Uint8Array | undefined {
  try {
    return requestMd5(headers);
  } catch {
    return new Uint8Array(16);
  }
}

/** A mirrored object is encrypted as its bucket says ([PutBucketEncryption-9]); where that cannot be, it is not stored. */
function storageFor(exchange: Exchange, key: string, meta: StoredMeta): MirrorStorage | undefined {
  const sealing = () => requestSealing(exchange, new Headers());
  const onFailure = (error: unknown) => warn(exchange, 'mirror-not-stored', String(error));
  let sealed: Sealing | null;
  try {
    sealed = sealing();
  } catch (error) {
    onFailure(error);
    return undefined;
  }
  return {
    store: exchange.blobs,
    shardId: exchange.index.homeOf(key),
    inlineLimit: INLINE_BYTES_MAX,
    infrequent: isInfrequent(exchange.bucket.storageClass),
    key: sealed?.key,
    commit: (written) => commit(exchange, key, meta, written, () => sealingInForce(sealing(), sealed)),
    onFailure,
  };
}

/** Makes the object, unless one has appeared in the meantime ([WebsiteServing-38]). */
async function commit(
  exchange: Exchange,
  key: string,
  meta: StoredMeta,
  written: WrittenBody,
  cipher: () => ObjectCipher | null,
): Promise<boolean> {
  const body = asUploaded(written);
  const { size, md5, crc64, inline, segments } = body;
  const answer = await commitBody(exchange, body, () =>
    exchange.index.put(key, () => ({
      key,
      content: {
        kind: 'Normal',
        size,
        etag: md5,
        crc64,
        storageClass: exchange.bucket.storageClass,
        acl: null,
        meta,
        tags: null,
        link: null,
        cipher: cipher(),
        inline,
        segments,
      },
      versioning: exchange.bucket.versioning ?? null,
      forbidOverwrite: true,
      // The bucket's owner stores it, by the rule; the caller only reads.
      guard: { owner: true, fallback: true },
    })),
  );
  return 'ok' in answer;
}

function mirrorFailed(exchange: Exchange, why: string): OssError {
  warn(exchange, 'mirror-failed', why);
  return new OssError('MirrorFailed');
}

function warn({ requestId, bucket }: Exchange, event: string, why: string): void {
  console.warn(JSON.stringify({ event, requestId, bucket: bucket.name, why: why.slice(0, 500) }));
}
