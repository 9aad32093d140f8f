import type { BucketConfig } from '../../bucket/config.ts';
import { type WormPolicy, wormInForce } from '../../bucket/worm.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

/**
 * The retention policy that a request names by `wormId`.
 * @throws {OssError} NoSuchWORMConfiguration where the bucket has none, another, or one that lapsed
 */
export function namedWorm(exchange: Exchange, bucket: BucketConfig): WormPolicy {
  const worm = wormInForce(bucket, Date.now());
  if (worm === undefined || worm.id !== exchange.query('wormId')) throw new OssError('NoSuchWORMConfiguration');
  return worm;
}
