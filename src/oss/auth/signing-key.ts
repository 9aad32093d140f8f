import { createHmac } from 'node:crypto';

/** What a V4 signing key is good for: one day, region and product. */
export interface Scope {
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  readonly product: string;
}

export const scopeTerminator = 'aliyun_v4_request';

/** Keys in use at a time: one for each access key and day. */
const capacity = 256;
const cache = new Map<string, { readonly secret: string; readonly signingKey: Buffer }>();

/**
 * The V4 signing key: four chained HMAC-SHA256 (protocol/oss.md 1.5). Remembered, as that is most of the cost of a
 * signature. Ask only for a scope that has been checked, so that nobody can flood the memory with made-up ones.
 * @param accessKeyId names the secret. A changed secret of the same id is noticed
 */
export function signingKey(accessKeyId: string, secret: string, scope: Scope): Buffer {
  const name = `${accessKeyId}\n${scope.date}\n${scope.region}\n${scope.product}`;
  const known = cache.get(name);
  cache.delete(name);
  const entry = known?.secret === secret ? known : { secret, signingKey: deriveSigningKey(secret, scope) };
  // A map keeps the order of insertion: the first one is the one that was not asked for the longest.
  cache.set(name, entry);
  if (cache.size > capacity) cache.delete(cache.keys().next().value!);
  return entry.signingKey;
}

function deriveSigningKey(secret: string, scope: Scope): Buffer {
  let key: Buffer | string = `aliyun_v4${secret}`;
  for (const step of [scope.date, scope.region, scope.product, scopeTerminator]) {
    key = createHmac('sha256', key).update(step, 'utf8').digest();
  }
  return key as Buffer;
}
