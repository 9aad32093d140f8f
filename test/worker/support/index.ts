import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { shardName, shardOf } from '../../../src/index/names.ts';
import type { Call, ObjectContent } from '../../../src/index/records.ts';
import type { IndexShard } from '../../../src/index/shard.ts';
import { namedStub } from '../../../src/index/stub.ts';
import { configOf } from './wire.ts';

const DAY_MS = 86_400_000;

export interface ShardOfKey {
  /** As blobs' names and leases have it. */
  readonly name: string;
  readonly stub: DurableObjectStub<IndexShard>;
}

/** A shard of a bucket, by its number. */
export async function shardAt(bucket: string, shard: number): Promise<ShardOfKey> {
  const name = shardName((await configOf(bucket)).id, shard);
  return { name, stub: namedStub(env.INDEX, name) };
}

/** The shard that has a key. */
export async function shardOfKey(bucket: string, key: string): Promise<ShardOfKey> {
  const { id, shards } = await configOf(bucket);
  return shardAt(bucket, shardOf(id, key, shards));
}

/** Keys that are each in another shard of the bucket, by shard. */
export async function keyPerShard(bucket: string, prefix = 'key'): Promise<string[]> {
  const { id, shards } = await configOf(bucket);
  const keys: string[] = [];
  for (let i = 0; keys.filter(Boolean).length < shards; i++) {
    const key = `${prefix}-${i}`;
    keys[shardOf(id, key, shards)] ??= key;
  }
  return keys;
}

/** Rows of a shard. */
export function query<T extends Record<string, SqlStorageValue>>(
  { stub }: ShardOfKey,
  sql: string,
  ...bindings: SqlStorageValue[]
): Promise<T[]> {
  return runInDurableObject(stub, (_, state) => state.storage.sql.exec<T>(sql, ...bindings).toArray());
}

/** Writes a version past the dialect: of kinds that have operations of their own. */
export async function putContent(bucket: string, key: string, content: Partial<ObjectContent>): Promise<void> {
  const { id, shards, epoch, version, versioning } = await configOf(bucket);
  const shard = shardOf(id, key, shards);
  const call = { bucket: id, shard, epoch, config: version };
  const answer = await namedStub(env.INDEX, shardName(id, shard)).put(call, {
    key,
    content: {
      kind: 'Normal',
      size: 0,
      etag: 'D41D8CD98F00B204E9800998ECF8427E',
      crc64: '0',
      storageClass: 'Standard',
      acl: null,
      meta: { headers: {}, user: {} },
      tags: null,
      link: null,
      cipher: null,
      inline: null,
      segments: [],
      ...content,
    },
    versioning: versioning ?? null,
    forbidOverwrite: false,
    guard: { owner: true, fallback: true },
  });
  if (!('ok' in answer)) throw new Error(JSON.stringify(answer));
}

/** Names of all blobs of some shards that the store has. */
export async function storedBlobs(...shards: readonly ShardOfKey[]): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of shards) {
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await env.BLOBS.list({ prefix: `${name}/`, ...(cursor === undefined ? {} : { cursor }) });
      names.push(...page.objects.map(({ key }) => key));
      more = page.truncated;
      cursor = page.truncated ? page.cursor : undefined;
    }
  }
  return names.sort();
}

/** Runs the daily maintenance of shards as it will be run on the given days from now, each day in all of them. */
export async function maintainThrough(days: number, ...shards: readonly ShardOfKey[]): Promise<void> {
  for (let day = 1; day <= days; day++) {
    for (const { stub } of shards) await stub.maintain(Date.now() + day * DAY_MS + day * 1_000);
  }
}

/** A bucket's only shard, and what a call to it must say now. */
export async function shardOfBucket(bucket: string) {
  const config = await configOf(bucket);
  const call: Call = { bucket: config.id, shard: 0, epoch: config.epoch, config: config.version };
  return { shard: env.INDEX.get(env.INDEX.idFromName(shardName(config.id, 0))), call, home: shardName(config.id, 0) };
}
