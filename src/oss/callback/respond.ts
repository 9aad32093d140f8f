import { fetchWhole, OutboundError, type WholeAnswer } from '../../outbound/fetch.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { markLoop } from '../request/loop.ts';
import { type CallbackFacts, callbackBody } from './body.ts';
import { CallbackFailure, cannotConnect } from './failure.ts';
import { callbackKey } from './key.ts';
import type { Callback } from './parameters.ts';
import { callbackRequest } from './request.ts';
import { callbackRules } from './requested.ts';

/** How long a receiver may take, for each URL ([Callback-28]). */
const TIMEOUT_MS = 5_000;
/** Longest answer of a receiver ([Callback-26]). */
const ANSWER_BYTES_MAX = 1024 * 1024;
/**
 * Does the callback that the request asked for, and answers with what the receiver says ([Callback-25]). To be called
 * once the object is committed: a client that goes away then no longer matters ([Callback-29]).
 * @param headers what the answer says of the object anyway
 * @returns undefined where no callback was asked for
 * @throws {OssError} CallbackFailed, with status 203: the object stays ([Callback-27])
 */
export async function respondWithCallback(
  exchange: Exchange,
  facts: CallbackFacts,
  headers: Record<string, string>,
): Promise<Response | undefined> {
  const { callback } = exchange;
  if (callback === undefined) return undefined;
  const answer = callBack(exchange, callback, facts);
  exchange.execution.waitUntil(answer.catch(() => {}));
  try {
    const bytes = await answer;
    // Never the receiver's own type: whoever may upload chooses the receiver, and the answer comes from this origin.
    return new Response(bytes, {
      headers: { ...headers, 'content-type': 'application/json', 'content-length': String(bytes.length) },
    });
  } catch (error) {
    const { message, ec } = error instanceof CallbackFailure ? error : unexpected(error, exchange);
    throw new OssError('CallbackFailed', { message, ec, headers });
  }
}

/** The object is stored: whatever is wrong with us now must not look as if it were not. */
function unexpected(error: unknown, { requestId }: Exchange): CallbackFailure {
  console.error(JSON.stringify({ event: 'callback-error', requestId, error: String(error) }));
  return cannotConnect();
}

/** Tries each URL in turn until one succeeds ([Callback-23]). @returns the receiver's answer, which is JSON */
async function callBack(exchange: Exchange, callback: Callback, facts: CallbackFacts): Promise<Uint8Array> {
  const body = await callbackBody(exchange, callback, facts);
  let failure = cannotConnect();
  for (const url of callback.urls) {
    try {
      return acceptable(await send(exchange, callback, url, body));
    } catch (error) {
      if (!(error instanceof CallbackFailure)) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function send(exchange: Exchange, callback: Callback, url: URL, body: string): Promise<WholeAnswer> {
  const { settings, identity, bucket, requestId } = exchange;
  const request = callbackRequest(url, callback, body, {
    key: callbackKey(settings)!,
    publicKeyUrl: settings.callbackPublicKeyUrl,
    bucket: bucket.name,
    requestId,
    now: Date.now(),
    ...(identity.kind === 'anonymous'
      ? {}
      : { requester: identity.kind === 'user' ? identity.userId : identity.accountId }),
  });
  try {
    const headers = new Headers(request.headers);
    markLoop(headers, exchange);
    return await fetchWhole(
      url,
      { ...request, headers },
      {
        ...callbackRules(exchange),
        timeoutMs: TIMEOUT_MS,
        maxBytes: ANSWER_BYTES_MAX,
        redirects: 0,
        isWanted: (status) => status === 200,
      },
    );
  } catch (error) {
    throw error instanceof OutboundError ? failureOf(error, url) : error;
  }
}

function failureOf({ reason }: OutboundError, url: URL): CallbackFailure {
  switch (reason) {
    case 'timeout':
      return new CallbackFailure(
        `Error status : -1 ${url.host} reply timeout, cost:${TIMEOUT_MS}ms, timeout:${TIMEOUT_MS}ms (err -4, errno115).`,
      );
    case 'too-large':
      return new CallbackFailure('User server return too long content-length value.');
    case 'private-address':
      return new CallbackFailure('Private address is forbidden to callback.');
    default:
      return cannotConnect();
  }
}

/** A redirect is no success: it is not followed ([Callback-28]). */
function acceptable({ status, headers, bytes }: WholeAnswer): Uint8Array {
  if (status !== 200) throw new CallbackFailure(`Error status : ${status}.`);
  if (headers.get('content-length') !== String(bytes.length)) {
    throw new CallbackFailure('The Content-Length of the response is missing or invalid.');
  }
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new CallbackFailure('Response body is not valid json format.', '0007-00000205');
  }
  return bytes;
}
