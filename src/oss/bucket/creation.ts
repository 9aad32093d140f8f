import type { BucketAcl, BucketConfig, BucketSeed, StorageClass } from '../../bucket/config.ts';
import { rememberConfig } from '../../bucket/config-cache.ts';
import { invalidArgument, OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import type { Permission } from '../request/access-request.ts';

export const DEFAULT_RESOURCE_GROUP = 'rg-default-id';

/** @throws {OssError} InvalidArgument; `default` is an ACL of objects only ([PutBucketAcl-5]) */
export function bucketAclHeader(exchange: Exchange): BucketAcl | undefined {
  const value = exchange.header('x-oss-acl');
  if (value === null) return undefined;
  if (value === 'private' || value === 'public-read' || value === 'public-read-write') return value;
  throw invalidArgument('x-oss-acl', value, 'no such bucket access control exists');
}

/**
 * Resource groups are not managed here: there is the default one ([PutBucket-7], [PutBucket-8]).
 * @param name of the header or element that holds the id
 * @throws {OssError} InvalidArgument on what can be no id, ResourceGroupIdPreCheckError on any other group
 */
export function resourceGroup(name: string, id: string): string {
  if (id === '' || id === DEFAULT_RESOURCE_GROUP) return DEFAULT_RESOURCE_GROUP;
  if (!/^rg-[a-z0-9-]{1,60}$/i.test(id)) throw invalidArgument(name, id.slice(0, 256));
  throw new OssError('ResourceGroupIdPreCheckError');
}

export interface NewBucket {
  readonly acl: BucketAcl;
  readonly storageClass: StorageClass;
  readonly redundancy: 'LRS' | 'ZRS';
  readonly hierarchical: boolean;
  readonly resourceGroup: string;
}

/** What it takes to create a bucket, whatever operation leads to that. */
const creation: Permission = { action: 'PutBucket', access: 'account' };

/**
 * Creates the addressed bucket for the caller.
 * @returns the bucket that was created, or the one that exists
 * @throws {OssError} AccessDenied, TooManyBuckets
 */
export async function createBucket(
  exchange: Exchange,
  settings: NewBucket,
): Promise<{ config: BucketConfig; created: boolean }> {
  exchange.judgement.demand(creation);
  const name = exchange.address.bucket!;
  const seed: BucketSeed = {
    ...settings,
    name,
    owner: exchange.accountId,
    region: `oss-${exchange.address.region}`,
    // Renaming a directory must be one transaction, so all of its keys stay in one shard.
    shards: settings.hierarchical ? 1 : exchange.settings.indexShards,
  };
  const reply = await exchange.env.BUCKET.get(exchange.env.BUCKET.idFromName(name)).create(seed);
  if ('full' in reply) throw new OssError('TooManyBuckets');
  const config = rememberConfig(name, 'created' in reply ? reply.created : reply.exists);
  return { config, created: 'created' in reply };
}
