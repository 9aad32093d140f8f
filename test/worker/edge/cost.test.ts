import { beforeAll, describe, expect, it } from 'vitest';
import { cors, put, rule } from '../support/config.ts';
import { type Calls, counted } from '../support/counted.ts';
import { newBucket, send, type Wish } from '../support/wire.ts';

/** What the edge asks of storage where it refuses, with a configuration that is warm. Of visits: website/cost.test.ts. */

const nothing: Calls = { index: 0, blobs: 0, bucket: 0, directory: 0, edgeCopy: 0, domain: 0 };
/** One look at the configuration in force, since what is known here may be old: of what is stored nothing is touched. */
const configurationOnly: Calls = { ...nothing, bucket: 1 };

const good = 'http://good.test';
const evil = 'http://evil.test';

const asking = (origin: string): Record<string, string> => ({ origin, 'access-control-request-method': 'PUT' });

describe('a refused request', () => {
  let bucket: string;

  beforeAll(async () => {
    bucket = await newBucket({ acl: 'public-read-write' });
    // Longer than what lives in the index: a read of it would reach R2.
    for (const key of ['key', 'secret']) await send('PUT', `/${bucket}/${key}`, { body: 'x'.repeat(20_000) });
    const documents = {
      cors: cors(rule({ AllowedOrigin: good, AllowedMethod: ['GET', 'PUT'] })),
      referer: `<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><RefererList><Referer>${good}</Referer></RefererList></RefererConfiguration>`,
      policy: JSON.stringify({
        Version: '1',
        Statement: [
          { Effect: 'Deny', Principal: ['*'], Action: ['oss:*'], Resource: [`acs:oss:*:*:${bucket}/secret`] },
        ],
      }),
    };
    for (const [name, document] of Object.entries(documents)) {
      expect([name, (await put(bucket, name, document)).status]).toEqual([name, 200]);
    }
    expect((await send('GET', `/${bucket}/key`, { as: 'anonymous' })).status).toBe(200);
  });

  const forged: Wish = { unsigned: { headers: { 'x-oss-added': '1' } } };
  const forgedAcross: Wish = { unsigned: { headers: { 'x-oss-added': '1', origin: good } } };
  const readAndWrite = ['GET', 'HEAD', 'PUT', 'DELETE'];

  it.each<[string, readonly string[], string, Wish, number, Calls]>([
    [
      '[OptionObject-1] CORS, before the request itself',
      ['OPTIONS'],
      'key',
      { headers: asking(evil) },
      403,
      configurationOnly,
    ],
    [
      '[RefererEnforcement-1] hotlink protection',
      readAndWrite,
      'key',
      { headers: { referer: evil } },
      403,
      configurationOnly,
    ],
    ['a bucket policy', readAndWrite, 'secret', {}, 403, configurationOnly],
    ['a bucket policy, signed', readAndWrite, 'secret', { as: 'other' }, 403, configurationOnly],
    ['its signature', readAndWrite, 'key', { as: 'owner', ...forged }, 403, nothing],
    ['its signature, with an origin', readAndWrite, 'key', { as: 'owner', ...forgedAcross }, 403, nothing],
  ])('by %s costs no storage call', async (_, methods, key, wish, status, cost) => {
    for (const method of methods) {
      const body = method === 'PUT' ? { body: 'new' } : {};
      const { answer, calls } = await counted(method, `/${bucket}/${key}`, { as: 'anonymous', ...wish, ...body });
      expect([method, answer.status, calls]).toEqual([method, status, cost]);
    }
  });

  it.each<[string, string, Wish, Calls]>([
    ['preflight', 'OPTIONS', { headers: asking(good) }, configurationOnly],
    ['referer', 'GET', { headers: { referer: `${good}/page` } }, { ...nothing, index: 1 }],
    ['signature', 'GET', { as: 'owner' }, { ...nothing, index: 1 }],
  ])('costs less than one with a good %s, which is let through', async (_, method, wish, cost) => {
    await send('GET', `/${bucket}/key`, { as: 'anonymous' });
    const { answer, calls } = await counted(method, `/${bucket}/key`, { as: 'anonymous', ...wish });
    expect([answer.status, calls]).toEqual([200, cost]);
  });

  it('leaves things as they were', async () => {
    for (const key of ['key', 'secret']) {
      const listed = await send('GET', `/${bucket}?prefix=${key}`);
      expect([listed.one('Key'), listed.one('Size')]).toEqual([key, '20000']);
    }
  });
});
