import { describe, expect, it } from 'vitest';
import { patternBytes } from '../../support/bodies.ts';
import { expectNoGarbage, maintain, neededBlobs, storedBlobs } from '../support/audit.ts';
import { DAY, HOUR, stopClock } from '../support/clock.ts';
import { WatchedGateway } from '../support/faults.ts';
import { type Answer, configOf, newBucket, send, shardedBucket } from '../support/wire.ts';

const body = (seed: number) => patternBytes(10_000, seed);

async function put(bucket: string, key: string, seed: number): Promise<void> {
  const answer = await send('PUT', `/${bucket}/${key}`, { body: body(seed) });
  expect(answer.status, answer.text).toBe(200);
}

describe('Promise 4: a blob that nobody needs', () => {
  it('stays for a day, for those who still read it, and is deleted then', async () => {
    const elapse = stopClock();
    const bucket = await shardedBucket(2);
    const config = await configOf(bucket);
    for (let i = 0; i < 6; i++) await put(bucket, `k${i}`, i);
    for (let i = 0; i < 3; i++) await put(bucket, `k${i}`, 10 + i);
    await send('DELETE', `/${bucket}/k5`);
    expect(await storedBlobs(config)).toHaveLength(9);
    expect(await neededBlobs(config)).toHaveLength(5);
    elapse(DAY - HOUR);
    await maintain([config], 0);
    expect(await storedBlobs(config)).toHaveLength(9);
    elapse(HOUR);
    await maintain([config], 0);
    expect(await storedBlobs(config)).toEqual(await neededBlobs(config));
    for (let i = 0; i < 5; i++) {
      expect((await send('GET', `/${bucket}/k${i}`)).bytes).toEqual(body(i < 3 ? 10 + i : i));
    }
  });

  it('is deleted a week later where no commit ever named it, and a needed one of the same age is not', async () => {
    const elapse = stopClock();
    const bucket = await newBucket();
    const config = await configOf(bucket);
    await put(bucket, 'kept', 1);
    const lost = new WatchedGateway(async ({ binding, method, run }) => {
      if (`${binding}.${method}` === 'INDEX.put') throw new Error('the connection to the index is lost');
      // Nobody cleans up after a crash.
      if (`${binding}.${method}` === 'BLOBS.delete') throw new Error('the isolate is gone');
      return run();
    });
    const answer = await send('PUT', `/${bucket}/lost`, { body: body(2), via: lost.via });
    expect([answer.status, answer.code]).toEqual([500, 'InternalError']);
    expect((await send('GET', `/${bucket}`)).all('Key')).toEqual(['kept']);
    expect((await send('GET', `/${bucket}/lost`)).code).toBe('NoSuchKey');
    elapse(6 * DAY);
    await maintain([config], 0);
    expect(await storedBlobs(config)).toHaveLength(2);
    elapse(DAY + HOUR);
    await maintain([config], 0);
    expect(await storedBlobs(config)).toEqual(await neededBlobs(config));
    expect((await send('GET', `/${bucket}/kept`)).bytes).toEqual(body(1));
  });

  it('outlives its bucket for no longer than its grace', async () => {
    const elapse = stopClock();
    const bucket = await shardedBucket(2);
    const config = await configOf(bucket);
    await put(bucket, 'a', 1);
    await send('DELETE', `/${bucket}/a`);
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
    expect(await storedBlobs(config)).toHaveLength(1);
    elapse(DAY);
    await maintain([config], 0);
    expect(await storedBlobs(config)).toEqual([]);
  });
});

describe('Promise 4: a commit that comes late', () => {
  it.each([
    ['hours', 12 * HOUR, 200, undefined],
    ['so long that the sweep could be at its blob', 6.5 * DAY, 503, 'ServiceUnavailable'],
    ['so long that the sweep has been', 9 * DAY, 503, 'ServiceUnavailable'],
  ])('by %s never names a blob that is gone', async (_, late, status, code) => {
    const elapse = stopClock();
    const bucket = await newBucket();
    const config = await configOf(bucket);
    await put(bucket, 'a', 1);
    const gateway = new WatchedGateway(async ({ binding, method, run }) => {
      if (`${binding}.${method}` === 'INDEX.put') {
        elapse(late);
        await maintain([config], 0);
      }
      return run();
    });
    const answer = await send('PUT', `/${bucket}/a`, { body: body(2), via: gateway.via });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect((await send('GET', `/${bucket}/a`)).bytes).toEqual(body(status === 200 ? 2 : 1));
    await expectNoGarbage(config);
  });
});

describe('Promise 4: collecting garbage while others write', () => {
  it('takes nothing that is needed and leaves nothing else', async () => {
    const bucket = await shardedBucket(2);
    const config = await configOf(bucket);
    const keys = ['a', 'b', 'c', 'd'];
    let writing = true;
    const collect = async (): Promise<number> => {
      let rounds = 0;
      // Two days later: what lost its holder is due, what waits for its commit is not.
      for (; writing; rounds++) await maintain([config], 2 * DAY);
      return rounds;
    };
    const write = async (lane: number): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        const key = keys[(i + lane) % keys.length]!;
        const wish = i % 5 === 4 ? {} : { body: body(lane * 100 + i) };
        const answer: Answer = await send(i % 5 === 4 ? 'DELETE' : 'PUT', `/${bucket}/${key}`, wish);
        expect(answer.status, answer.text).toBeLessThan(300);
      }
    };
    const collecting = collect();
    await Promise.all([0, 1, 2, 3].map(write));
    writing = false;
    expect(await collecting).toBeGreaterThan(1);
    const needed = await neededBlobs(config);
    expect((await storedBlobs(config)).filter((name) => needed.includes(name))).toEqual(needed);
    await expectNoGarbage(config);
    for (const key of (await send('GET', `/${bucket}`)).all('Key')) {
      const { bytes, headers } = await send('GET', `/${bucket}/${key}`);
      const md5 = new Uint8Array(await crypto.subtle.digest('MD5', bytes));
      expect(headers.get('content-md5')).toBe(btoa(String.fromCharCode(...md5)));
    }
  }, 60_000);
});
