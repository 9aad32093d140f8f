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
export const LATER_MS = 10 * DAY_MS;

/** Runs the daily maintenance of each shard as if so much time had passed. */
export async function maintain(bucket: BucketConfig, laterMs = LATER_MS): Promise<void> {
  for (const stub of shardsOf(bucket)) {
    await runInDurableObject(stub, (instance) => instance.maintain(Date.now() + laterMs));
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

/** Names of the blobs that rows of a bucket refer to, each once. */
export async function neededBlobs(bucket: BucketConfig): Promise<string[]> {
  const names = new Set<string>();
  for (const stub of shardsOf(bucket)) {
    await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
      if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'version'").toArray().length === 0) return;
      for (const { segments } of sql.exec<{ segments: string | null }>('SELECT segments FROM version')) {
        for (const { blob } of unpackSegments(segments ?? '[]')) names.add(blob);
      }
      for (const { blob } of sql.exec<{ blob: string }>('SELECT blob FROM segment')) names.add(blob);
    });
  }
  return [...names].sort();
}

/** Asserts that R2 has what the rows need and, once everything due is deleted, nothing else (Promise 4). */
export async function expectNoGarbage(bucket: BucketConfig): Promise<void> {
  const needed = await neededBlobs(bucket);
  const stored = new Set(await storedBlobs(bucket));
  expect(needed.filter((name) => !stored.has(name))).toEqual([]);
  await maintain(bucket);
  expect(await storedBlobs(bucket)).toEqual(needed);
}

function shardsOf({ id, shards }: BucketConfig) {
  return Array.from({ length: shards }, (_, shard) => shardStub(env.INDEX, id, shard));
}
