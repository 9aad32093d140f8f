import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

/** RFC 8586, for whoever stands between clients and origins. */
const CDN_LOOP = 'cdn-loop';
/** What every intermediary says of itself (RFC 9110, 7.6.3), where a network keeps the other to itself. */
const VIA = 'via';
/** How gateways of this kind call themselves. */
const gatewayName = /^ossgate-[0-9a-f]{16}$/;
/** Gateways that a request of our own may have come through. */
const GATEWAYS_MAX = 8;

/**
 * Refuses a request that this gateway has sent itself, for a mirror or as a callback, by whatever way it has come back
 * ([Sec-42]): none of its own is meant for it.
 * @throws {OssError} AccessDenied
 */
export function refuseLoop({ request, settings }: Exchange): void {
  const passed = gatewaysOf(request.headers);
  if (!passed.includes(settings.gatewayName) && passed.length <= GATEWAYS_MAX) return;
  throw new OssError('AccessDenied', { message: 'This request has passed through this gateway before.' });
}

/**
 * Marks a request that the gateway sends on behalf of somebody else's. Of what that one has passed through only gateways
 * are named, as the answer may be stored for everybody.
 */
export function markLoop(headers: Headers, { request, settings }: Exchange): void {
  const passed = [...gatewaysOf(request.headers), settings.gatewayName];
  headers.set(CDN_LOOP, passed.join(', '));
  headers.set(VIA, passed.map((name) => `1.1 ${name}`).join(', '));
}

function gatewaysOf(headers: Headers): readonly string[] {
  const words = `${headers.get(CDN_LOOP) ?? ''} ${headers.get(VIA) ?? ''}`.split(/[\s,;]+/);
  return [...new Set(words.filter((word) => gatewayName.test(word)))];
}
