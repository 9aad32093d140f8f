import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { handle } from '../../../src/gateway.ts';
import { sign } from '../../support/sign.ts';
import { stopClock } from '../support/clock.ts';
import { Answer, keys, newBucket } from '../support/wire.ts';
import { wormBody } from './support.ts';

const SECOND = 1_000;

/** Sends a request to a gateway whose days last 24 seconds, and its hours one. */
async function hasty(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  const [, bucket = '', key] = path.split('?')[0]!.split('/');
  const target = sign({
    method,
    url: `http://localhost${path}`,
    headers,
    bucket,
    ...(key === undefined ? {} : { key }),
    ...keys.owner,
    region: 'cn-hangzhou',
    scheme: 'V4',
    place: 'header',
  });
  const request = new Request(target.url, {
    method,
    headers: target.headers,
    ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
  });
  const response = await handle(request, { ...env, DAY_SECONDS: '24' } as Env, createExecutionContext());
  return new Answer(response, new Uint8Array(await response.arrayBuffer()));
}

describe('DAY_SECONDS', () => {
  it('[Worm-2] [Worm-4] shortens the day in which a policy may be locked, and those of its retention', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await hasty('POST', `/${bucket}?worm`, wormBody('Initiate', 2));
    moveOn(24 * SECOND);
    expect((await hasty('GET', `/${bucket}?worm`)).code).toBe('NoSuchWORMConfiguration');
    const id = (await hasty('POST', `/${bucket}?worm`, wormBody('Initiate', 2))).header('x-oss-worm-id');
    moveOn(23 * SECOND);
    expect((await hasty('POST', `/${bucket}?wormId=${id}`)).status).toBe(200);
    await hasty('PUT', `/${bucket}/a`, 'a');
    moveOn(47 * SECOND);
    expect((await hasty('DELETE', `/${bucket}/a`)).code).toBe('FileImmutable');
    moveOn(SECOND);
    expect((await hasty('DELETE', `/${bucket}/a`)).status).toBe(204);
  });

  it('[RestoreObject-7] shortens the hours of a restoration, and its days', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await hasty('PUT', `/${bucket}/a`, 'a', { 'x-oss-storage-class': 'ColdArchive' });
    const request = '<RestoreRequest><Days>2</Days><JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>';
    expect((await hasty('POST', `/${bucket}/a?restore`, request)).status).toBe(202);
    moveOn(4 * SECOND);
    expect((await hasty('GET', `/${bucket}/a`)).code).toBe('InvalidObjectState');
    moveOn(SECOND);
    expect((await hasty('GET', `/${bucket}/a`)).text).toBe('a');
    moveOn(47 * SECOND);
    expect((await hasty('GET', `/${bucket}/a`)).text).toBe('a');
    moveOn(SECOND);
    expect((await hasty('GET', `/${bucket}/a`)).code).toBe('InvalidObjectState');
  });
});
