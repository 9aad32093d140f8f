import { shardName } from './names.ts';
import type { IndexShard } from './shard.ts';

const ids = new Map<string, DurableObjectId>();
const IDS_MAX = 5_000;

/** The stub of a shard of a bucket. */
export function shardStub(
  namespace: DurableObjectNamespace<IndexShard>,
  bucket: string,
  shard: number,
): DurableObjectStub<IndexShard> {
  return namedStub(namespace, shardName(bucket, shard));
}

/** The stub of the shard of this name. Ids are kept: deriving one hashes the name. */
export function namedStub(namespace: DurableObjectNamespace<IndexShard>, name: string): DurableObjectStub<IndexShard> {
  let id = ids.get(name);
  if (id === undefined) {
    id = namespace.idFromName(name);
    if (ids.size >= IDS_MAX) ids.clear();
    ids.set(name, id);
  }
  return namespace.get(id);
}
