import { expect, it } from 'vitest';
import { DAY, stopClock } from '../support/clock.ts';
import { newBucket, send } from '../support/wire.ts';
import { days, put, restore, until } from './support.ts';

const MINUTE = 60_000;

it.each([
  ['1', ''],
  ['2', 'list-type=2'],
])(
  '[GetBucket-14] [GetBucket-15] [GetBucketV2-13] listings of version %s tell of each restoration while it lasts',
  async (_, query) => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await put(bucket, 'archive', 'Archive');
    await put(bucket, 'standard', 'Standard');
    const listed = async () => {
      const answer = await send('GET', `/${bucket}?${query}`);
      expect(answer.all('Key')).toEqual(['archive', 'standard']);
      // What is restored, or is being restored, is of its class all the same.
      expect(answer.all('StorageClass')).toEqual(['Archive', 'Standard']);
      return answer.all('RestoreInfo');
    };
    expect(await listed()).toEqual([]);
    expect((await restore(bucket, 'archive', days(2))).status).toBe(202);
    const ready = Date.now() + MINUTE;
    expect(await listed()).toEqual(['ongoing-request="true"']);
    moveOn(MINUTE);
    expect(await listed()).toEqual([until(ready + 2 * DAY)]);
    moveOn(2 * DAY + MINUTE);
    expect(await listed()).toEqual([]);
  },
);
