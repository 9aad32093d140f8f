import { spreadHash } from '../lib/hash.ts';

/** The shard that holds all versions, uploads and parts of a key. `shards` is a power of two. */
export function shardOf(bucket: string, key: string, shards: number): number {
  return shards === 1 ? 0 : spreadHash(`${bucket}/${key}`) & (shards - 1);
}

/** Names a shard of a bucket (by its id, not its name): the Durable Object's name and the home part of blob names. */
export function shardName(bucket: string, shard: number): string {
  return `${bucket}-${shard}`;
}
