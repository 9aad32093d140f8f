import { describe, expect, it } from 'vitest';
import { patternBytes } from '../../support/bodies.ts';
import { collectAll } from '../support/audit.ts';
import { type StorageCall, WatchedGateway } from '../support/faults.ts';
import { configOf, newBucket, send } from '../support/wire.ts';

/** Kept in the index, small enough for the isolate's memory, larger than that, streamed. */
const sizes = [1_000, 20_000, 300_000, 1_000_000];

/** What may happen to an object while somebody reads it, between the look at the index and the first byte. */
const meanwhile = {
  'is overwritten': async (bucket: string, size: number) => {
    await send('PUT', `/${bucket}/a`, { body: patternBytes(size, 2) });
  },
  'is deleted': async (bucket: string) => {
    await send('DELETE', `/${bucket}/a`);
  },
  'is overwritten with something shorter': async (bucket: string) => {
    await send('PUT', `/${bucket}/a`, { body: 'short' });
  },
  'is deleted together with its bucket': async (bucket: string) => {
    await send('DELETE', `/${bucket}/a`);
    await send('DELETE', `/${bucket}`);
  },
};

/** Does something once, just before the body is fetched, or, where there is nothing to fetch, behind the index. */
function interrupting(work: () => Promise<void>, atIndex: boolean): WatchedGateway {
  let done = false;
  return new WatchedGateway(async ({ binding, method, run }: StorageCall) => {
    const place = `${binding}.${method}`;
    const result = atIndex && place === 'INDEX.read' ? await run() : undefined;
    if (!done && place === (atIndex ? 'INDEX.read' : 'BLOBS.get')) {
      done = true;
      await work();
    }
    return result ?? run();
  });
}

describe.each(Object.entries(meanwhile))('Promise 3: an object that %s while somebody reads it', (_, change) => {
  it.each(sizes)('is read whole, as it was (%i bytes)', async (size) => {
    const bucket = await newBucket();
    const content = patternBytes(size, 1);
    const { headers } = await send('PUT', `/${bucket}/a`, { body: content });
    const gateway = interrupting(() => change(bucket, size), true);
    const answer = await send('GET', `/${bucket}/a`, { via: gateway.via });
    expect(answer.status).toBe(200);
    expect(answer.header('etag')).toBe(headers.get('etag'));
    expect(Buffer.compare(answer.bytes, content)).toBe(0);
    const next = await send('GET', `/${bucket}/a`);
    expect(next.status === 200 && Buffer.compare(next.bytes, content) === 0).toBe(false);
  });
});

describe('Promise 3: a reader who comes more than a day late', () => {
  it.each(sizes.filter((size) => size > 4_096))('gets an error, never a part (%i bytes)', async (size) => {
    const bucket = await newBucket();
    const config = await configOf(bucket);
    await send('PUT', `/${bucket}/a`, { body: patternBytes(size, 1) });
    const gateway = interrupting(async () => {
      await send('DELETE', `/${bucket}/a`);
      await collectAll([config]);
    }, false);
    const answer = await send('GET', `/${bucket}/a`, { via: gateway.via });
    expect([answer.status, answer.code]).toEqual([500, 'InternalError']);
  });
});
