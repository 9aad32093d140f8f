import { spreadHash } from '../lib/hash.ts';
import type { IndexShard } from './shard.ts';

/** The shard that holds all versions, uploads and parts of a key. `shards` is a power of two. */
export function shardOf(bucket: string, key: string, shards: number): number {
  return shards === 1 ? 0 : spreadHash(`${bucket}/${key}`) & (shards - 1);
}

/** Names a shard of a bucket (by its id, not its name): the Durable Object's name and the home part of blob names. */
export function shardName(bucket: string, shard: number): string {
  return `${bucket}-${shard}`;
}

const ids = new Map<string, DurableObjectId>();
const IDS_MAX = 5_000;

/** The stub of a shard. Ids are kept: deriving one hashes the name. */
export function shardStub(
  namespace: DurableObjectNamespace<IndexShard>,
  bucket: string,
  shard: number,
): DurableObjectStub<IndexShard> {
  const name = shardName(bucket, shard);
  let id = ids.get(name);
  if (id === undefined) {
    id = namespace.idFromName(name);
    if (ids.size >= IDS_MAX) ids.clear();
    ids.set(name, id);
  }
  return namespace.get(id);
}
