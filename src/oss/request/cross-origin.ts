import { type CorsRules, corsHeadersFor, variesByOrigin } from '../../access/cors.ts';
import type { Exchange } from '../exchange.ts';

/**
 * Lets a browser read the answer, a refusal too, where a rule of the bucket allows the request's origin
 * ([CorsEnforcement-1] to -5). A request with an `Origin` that was refused before its bucket was looked at has the
 * configuration loaded for this alone.
 */
export async function addCorsHeaders(response: Response, exchange: Exchange): Promise<void> {
  const origin = exchange.header('origin');
  const cors = await rulesFor(exchange, origin !== null);
  if (cors === undefined) return;
  const { headers } = response;
  if (variesByOrigin(cors)) addVary(headers, 'Origin');
  if (origin === null) return;
  const { method } = exchange.request;
  for (const [name, value] of Object.entries(corsHeadersFor(cors, { origin, method }))) headers.set(name, value);
}

async function rulesFor(exchange: Exchange, mayLoad: boolean): Promise<CorsRules | undefined> {
  if (exchange.hasBucket) return exchange.bucket.documents.cors;
  const bucket = mayLoad && !exchange.wasLookedUp ? exchange.addressedBucket : undefined;
  if (bucket === undefined) return undefined;
  try {
    const { config } = await exchange.configs.nearest(bucket);
    return config?.documents.cors;
  } catch {
    // The refusal itself matters more than who may read it.
    return undefined;
  }
}

/** Adds a name to `Vary`, which other features set too. */
export function addVary(headers: Headers, name: string): void {
  const names = (headers.get('vary') ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (names.some((item) => item === '*' || item.toLowerCase() === name.toLowerCase())) return;
  headers.set('vary', [...names, name].join(', '));
}
