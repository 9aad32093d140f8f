import { guardedFetch, type OutboundInit, type OutboundOptions } from '../outbound/fetch.ts';
import type { Settings } from '../settings.ts';

/**
 * Requests what somebody outside named: never the gateway itself, and public addresses only unless the deployment
 * says otherwise (decisions.md, [Sec-42]).
 * @throws {OutboundError}
 */
export function fetchOutside(
  { allowPrivateOrigins, ownHosts, localPort }: Settings,
  url: string,
  init: OutboundInit,
  options: Pick<OutboundOptions, 'timeoutMs' | 'maxBytes' | 'redirects'>,
): Promise<Response> {
  const rules = { allowPrivate: allowPrivateOrigins, ownHosts, ownPort: localPort };
  return guardedFetch(url, init, { ...options, ...rules });
}
