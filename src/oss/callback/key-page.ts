import type { Exchange } from '../exchange.ts';
import { callbackKey } from './key.ts';

/** `/-/callback-key.pem`: what receivers verify callbacks with. Absent where the deployment has no key. */
export function publicKeyPage({ settings }: Exchange): Response | undefined {
  const key = callbackKey(settings);
  if (key === undefined) return undefined;
  return new Response(key.publicPem, {
    headers: { 'content-type': 'application/x-pem-file', 'cache-control': 'public, max-age=300' },
  });
}
