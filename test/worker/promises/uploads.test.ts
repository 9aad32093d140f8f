import { expect, it } from 'vitest';
import { patternBytes } from '../../support/bodies.ts';
import { expectNoGarbage } from '../support/audit.ts';
import { WatchedGateway } from '../support/faults.ts';
import { configOf, newBucket, send } from '../support/wire.ts';

it('Promise 4: an object keeps the blobs of a part whose upload learnt too late that it had succeeded', async () => {
  const bucket = await newBucket();
  const id = (await send('POST', `/${bucket}/a?uploads`)).one('UploadId')!;
  const content = patternBytes(120_000);
  let completed = false;
  const lossy = new WatchedGateway(async ({ binding, method, run }) => {
    if (`${binding}.${method}` !== 'INDEX.putPart' || completed) return run();
    // The part is stored and somebody completes the upload, but the answer to the part is lost.
    await run();
    completed = true;
    const answer = await send('POST', `/${bucket}/a?uploadId=${id}`, { headers: { 'x-oss-complete-all': 'yes' } });
    expect(answer.status, answer.text).toBe(200);
    throw Object.assign(new Error('the shard was restarted'), { retryable: true });
  });
  await send('PUT', `/${bucket}/a?partNumber=1&uploadId=${id}`, { body: content, via: lossy.via });
  expect(completed).toBe(true);
  await expectNoGarbage(await configOf(bucket));
  const { status, bytes } = await send('GET', `/${bucket}/a`);
  expect([status, Buffer.compare(bytes, content)]).toEqual([200, 0]);
});
