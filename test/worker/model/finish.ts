import { expect } from 'vitest';
import { collectAll, expectNoGarbage, storedBlobs } from '../support/audit.ts';
import { configOf, send, type Wish } from '../support/wire.ts';
import { batchOf } from './features/objects.ts';
import { expectRead } from './reads.ts';
import { expectAnswer, type Place, pathOf } from './steps.ts';
import type { ModelBucket, World } from './world.ts';

/**
 * What must hold in the end of a sequence: every version is as the model says, also after all garbage was collected,
 * nothing else is there, and once everything is deleted nothing is left.
 */
export async function finish({ buckets }: World): Promise<void> {
  const configs = await Promise.all(buckets.map(({ name }) => configOf(name)));
  await expectNoGarbage(...configs);
  for (const bucket of buckets) {
    const place = ownersPlace(bucket);
    for (const [key, versions] of bucket.objects) {
      for (const { id } of versions) {
        const answer = await place.send('GET', pathOf(key, `versionId=${id}`));
        expectRead(answer, place, { key, id, method: 'GET' });
      }
    }
  }
  for (const bucket of buckets) await removeAll(bucket, ownersPlace(bucket));
  await collectAll(configs);
  for (const config of configs) expect(await storedBlobs(config)).toEqual([]);
}

function ownersPlace(bucket: ModelBucket): Place {
  return {
    bucket,
    who: 'owner',
    send: (method: string, target: string, wish?: Wish) => send(method, `/${bucket.name}${target}`, wish),
  };
}

async function removeAll(bucket: ModelBucket, { send }: Place): Promise<void> {
  if (bucket.objects.size > 0) {
    expect((await send('DELETE', '')).code).toBe('BucketNotEmpty');
    const entries = [...bucket.objects].flatMap(([key, versions]) => versions.map(({ id }) => ({ key, id })));
    expectAnswer(await send('POST', '?delete', batchOf(entries, true)), 200);
  }
  for (const { key, id } of bucket.uploads) {
    expect((await send('DELETE', '')).code).toBe('BucketNotEmpty');
    expectAnswer(await send('DELETE', pathOf(key, `uploadId=${id}`)), 204);
  }
  expectAnswer(await send('DELETE', ''), 204);
}
