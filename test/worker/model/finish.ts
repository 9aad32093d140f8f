import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { expectNoGarbage, maintain, storedBlobs } from '../support/audit.ts';
import { type Answer, configOf, type Wish } from '../support/wire.ts';
import { expectBody } from './features/objects.ts';
import { expectAnswer, pathOf } from './steps.ts';
import type { ModelBucket } from './world.ts';

type Send = (method: string, target: string, wish?: Wish) => Promise<Answer>;

/**
 * What must hold in the end of a sequence: every object is as the model says, also after the garbage of a week was
 * collected, nothing else is there, and once everything is deleted nothing is left.
 */
export async function finish(bucket: ModelBucket, send: Send): Promise<void> {
  const config = await configOf(bucket.name);
  await expectNoGarbage(config);
  for (const [key, version] of bucket.objects) expectBody(await send('GET', pathOf(key)), version);
  const listed = await send('GET', '?encoding-type=url&max-keys=1000');
  expect(listed.all('Key').map(decodeURIComponent).sort()).toEqual(bucket.keys.sort());
  if (bucket.keys.length > 0) {
    expect((await send('DELETE', '')).code).toBe('BucketNotEmpty');
    await removeAll(bucket.keys, send);
  }
  expectAnswer(await send('DELETE', ''), 204);
  await maintain(config);
  expect(await storedBlobs(config)).toEqual([]);
}

async function removeAll(keys: readonly string[], send: Send): Promise<void> {
  const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
  const md5 = createHash('md5').update(body).digest('base64');
  expectAnswer(await send('POST', '?delete', { headers: { 'content-md5': md5 }, body }), 200);
}
