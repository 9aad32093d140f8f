import { type OutboundRules, type TargetFault, targetFaultNow } from './target.ts';

/**
 * Why a request of the gateway's own came to nothing: its target was refused, or
 * - `invalid-url` there is no such URL
 * - `timeout`, `unreachable` no answer in time, or none at all
 * - `too-large` a longer answer than wanted
 * - `redirects` sent on too often, or to where a body cannot be sent a second time
 */
export type OutboundReason = TargetFault | 'invalid-url' | 'timeout' | 'unreachable' | 'too-large' | 'redirects';

/** A request of the gateway's own that came to nothing. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly reason: OutboundReason;

  constructor(reason: OutboundReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

export interface OutboundInit {
  readonly method?: string;
  readonly headers?: HeadersInit;
  /** Whole, so that it can be sent once more to where an answer points. */
  readonly body?: string | Uint8Array<ArrayBuffer> | null;
  /** Wants the answer as the origin gives it now: from no cache, and with its content encoding. */
  readonly raw?: boolean;
}

export interface OutboundOptions extends OutboundRules {
  /** Time until the answer's headers; for {@link fetchWhole} until its last byte. */
  readonly timeoutMs: number;
  /** Longest body of an answer. */
  readonly maxBytes: number;
  /** How often to follow an answer that points elsewhere; 0 returns it. */
  readonly redirects: number;
}

/** An answer that has been read to its end. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Headers that are meant for one origin only. */
const personal = ['authorization', 'cookie', 'proxy-authorization'] as const;

/**
 * Requests a URL that a stranger named, if it may be requested at all, and so for each URL that answers point to. No
 * credentials of the gateway go along. The body streams and fails beyond `maxBytes`.
 * @throws {OutboundError}
 */
export async function guardedFetch(url: string | URL, init: OutboundInit, options: OutboundOptions): Promise<Response> {
  const deadline = new Deadline(options.timeoutMs);
  try {
    const response = await follow(url, init, options, deadline);
    return bounded(response, options.maxBytes);
  } finally {
    deadline.clear();
  }
}

/**
 * The same for an answer that is wanted whole: `timeoutMs` is for all of it.
 * @param options with `isWanted`, the body of an answer with another status is not read, and empty
 * @throws {OutboundError}
 */
export async function fetchWhole(
  url: string | URL,
  init: OutboundInit,
  options: OutboundOptions & { readonly isWanted?: (status: number) => boolean },
): Promise<WholeAnswer> {
  const deadline = new Deadline(options.timeoutMs);
  try {
    const response = await follow(url, init, options, deadline);
    const { status, headers } = response;
    if (options.isWanted?.(status) === false) {
      response.body?.cancel().catch(() => {});
      return { status, headers, bytes: new Uint8Array(0) };
    }
    return { status, headers, bytes: await deadline.race(readWhole(response, options.maxBytes)) };
  } finally {
    deadline.clear();
  }
}

async function follow(
  url: string | URL,
  init: OutboundInit,
  options: OutboundOptions,
  deadline: Deadline,
): Promise<Response> {
  let target = await deadline.race(parsed(String(url), options));
  let next = init;
  for (let left = options.redirects; ; left--) {
    const response = await deadline.race(request(target, next, deadline.signal));
    const location = redirectStatuses.has(response.status) ? response.headers.get('location') : null;
    if (location === null || options.redirects === 0) return response;
    await response.body?.cancel();
    if (left === 0) throw new OutboundError('redirects', `more than ${options.redirects} redirects`);
    const from = target;
    target = await deadline.race(parsed(location, options, from));
    next = redirected(next, response.status, from.origin !== target.origin);
  }
}

async function parsed(text: string, rules: OutboundRules, base?: URL): Promise<URL> {
  if (!URL.canParse(text, base?.href)) throw new OutboundError('invalid-url', `no URL: ${text.slice(0, 256)}`);
  const url = new URL(text, base);
  url.hash = '';
  const fault = await targetFaultNow(url, rules);
  if (fault !== undefined) throw new OutboundError(fault, `${fault}: ${url.host}`);
  return url;
}

async function request(url: URL, init: OutboundInit, signal: AbortSignal): Promise<Response> {
  try {
    const { raw, ...rest } = init;
    const asIs = raw === true ? ({ encodeResponseBody: 'manual', cache: 'no-store' } as const) : {};
    return await fetch(url.href, { ...rest, ...asIs, redirect: 'manual', signal });
  } catch (error) {
    throw new OutboundError('unreachable', `${url.host} does not answer`, error);
  }
}

/** As browsers do it: after 303, and after 301 and 302 of a POST, the answer lies elsewhere and is got by GET. */
function redirected(init: OutboundInit, status: number, elsewhere: boolean): OutboundInit {
  const headers = new Headers(init.headers);
  if (elsewhere) for (const name of personal) headers.delete(name);
  const method = init.method ?? 'GET';
  const byGet = (status === 303 && method !== 'HEAD') || (method === 'POST' && (status === 301 || status === 302));
  if (!byGet) return { ...init, headers };
  for (const name of ['content-type', 'content-length', 'content-md5', 'content-encoding']) headers.delete(name);
  return { method: 'GET', headers, raw: init.raw ?? false };
}

function refuseLonger(response: Response, maxBytes: number): void {
  if (Number(response.headers.get('content-length')) <= maxBytes) return;
  response.body?.cancel().catch(() => {});
  throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): OutboundError {
  return new OutboundError('too-large', `the answer exceeds ${maxBytes} bytes`);
}

function bounded(response: Response, maxBytes: number): Response {
  refuseLonger(response, maxBytes);
  // A body of announced length ends there; only others must be counted.
  const counted = !response.headers.has('content-length') || response.headers.has('content-encoding');
  if (response.body === null || !counted) return response;
  let bytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.error(tooLarge(maxBytes));
      else controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counter), response);
}

async function readWhole(response: Response, maxBytes: number): Promise<Uint8Array> {
  refuseLonger(response, maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof OutboundError ? error : new OutboundError('unreachable', 'the answer broke off', error);
  }
  return Buffer.concat(chunks);
}

/** The end of the time that something may take. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #passed: Promise<never>;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.#passed = promise;
    this.#timer = setTimeout(() => {
      const error = new OutboundError('timeout', `no answer within ${ms} ms`);
      reject(error);
      this.#controller.abort(error);
    }, ms);
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What a promise comes to, unless time is over first. */
  race<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#passed]);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
