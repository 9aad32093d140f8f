import { publicKeyPage } from '../callback/key-page.ts';
import type { Exchange } from '../exchange.ts';

/** Pages of the gateway itself, by what follows `/-/`. */
const pages: Readonly<Record<string, (exchange: Exchange) => Response | undefined>> = {
  health: () => new Response('ok\n'),
  'callback-key.pem': publicKeyPage,
};

/**
 * Answers for the gateway itself, at addresses that are no bucket's: no bucket's name begins with a hyphen, and on a
 * host of the bucket's own the path is a key.
 */
export function ownPage(exchange: Exchange, name: string): Response | undefined {
  if (exchange.request.method !== 'GET' || !Object.hasOwn(pages, name)) return undefined;
  return pages[name]!(exchange);
}
