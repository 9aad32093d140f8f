import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { BucketConfig } from '../../../src/bucket/config.ts';
import { shardName } from '../../../src/index/names.ts';
import { unpackSegments } from '../../../src/index/rows.ts';
import { shardStub } from '../../../src/index/stub.ts';

/** Looks behind the wire, at what no answer tells: which blobs there are, and who needs them. */

const DAY_MS = 24 * 3_600_000;

/** When every grace period and every wait for a commit is over. */
const LATER_MS = 10 * DAY_MS;

/** More rounds than it takes for a lease to end and the blob it was for to be deleted at home. */
const ROUNDS = 5;

/** Runs the daily maintenance of each shard, by a clock that is so much ahead. */
export async function maintain(buckets: readonly BucketConfig[], aheadMs: number): Promise<void> {
  for (const stub of buckets.flatMap(shardsOf)) {
    await runInDurableObject(stub, (instance) => instance.maintain(Date.now() + aheadMs));
  }
}

/** Runs maintenance until every grace period is over and nothing is left to settle between shards. */
export async function collectAll(buckets: readonly BucketConfig[]): Promise<void> {
  const stored = async () => JSON.stringify(await Promise.all(buckets.map(storedBlobs)));
  for (let round = 0, before = ''; round < ROUNDS; round++) {
    await maintain(buckets, LATER_MS + 2 * round * DAY_MS);
    const now = await stored();
    if (now === before) return;
    before = now;
  }
}

/** Has each shard rewrite what is in pieces, without the wait that it has before. */
export async function compact(bucket: BucketConfig): Promise<void> {
  for (const stub of shardsOf(bucket)) {
    await runInDurableObject(stub, (instance) => instance.compact(Date.now() + DAY_MS));
  }
}

/** Names of all blobs of a bucket that R2 has. */
export async function storedBlobs(bucket: BucketConfig): Promise<string[]> {
  const names: string[] = [];
  for (let shard = 0; shard < bucket.shards; shard++) {
    let cursor: string | undefined;
    do {
      const page = await env.BLOBS.list({
        prefix: `${shardName(bucket.id, shard)}/`,
        ...(cursor === undefined ? {} : { cursor }),
      });
      names.push(...page.objects.map(({ key }) => key));
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
  }
  return names.sort();
}

/** Names of the blobs that rows of some buckets refer to, each once. */
export async function neededBlobs(...buckets: readonly BucketConfig[]): Promise<string[]> {
  const names = new Set<string>();
  for (const stub of buckets.flatMap(shardsOf)) {
    await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
      if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'version'").toArray().length === 0) return;
      const packed = sql.exec<{ segments: string | null }>(
        'SELECT segments FROM version UNION ALL SELECT segments FROM part',
      );
      for (const { segments } of packed) {
        for (const { blob } of unpackSegments(segments ?? '[]')) names.add(blob);
      }
      const listed = sql.exec<{ blob: string }>(
        'SELECT blob FROM segment WHERE owner IN (SELECT manifest FROM version UNION SELECT target FROM fragmented)',
      );
      for (const { blob } of listed) names.add(blob);
    });
  }
  return [...names].sort();
}

/**
 * Asserts that R2 has what the rows need and, once everything due is deleted, nothing else (Promise 4).
 * @param buckets all that copies went between
 */
export async function expectNoGarbage(...buckets: readonly BucketConfig[]): Promise<void> {
  const stored = async () => (await Promise.all(buckets.map(storedBlobs))).flat().sort();
  const needed = await neededBlobs(...buckets);
  const before = new Set(await stored());
  expect(needed.filter((name) => !before.has(name))).toEqual([]);
  await collectAll(buckets);
  expect(await stored()).toEqual(await neededBlobs(...buckets));
  expect(await neededBlobs(...buckets)).toEqual(needed);
}

export function shardsOf({ id, shards }: BucketConfig) {
  return Array.from({ length: shards }, (_, shard) => shardStub(env.INDEX, id, shard));
}
