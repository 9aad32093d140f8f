import { describe, expect, it } from 'vitest';
import { newDomain } from '../cname/support.ts';
import { counted } from '../support/counted.ts';
import { keys, newBucket, send, type Wish } from '../support/wire.ts';

const untouched = { index: 0, blobs: 0, bucket: 0, directory: 0, edgeCopy: 0, domain: 0 };
const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'] as const;

/** Where other stores and their libraries have metrics, profiles, settings and administration. */
const elsewhere = [
  'metrics',
  'debug',
  'debug/pprof/heap',
  'debug/vars',
  'config',
  'admin',
  'admin/v3/info',
  'env',
  'info',
  'status',
  'version',
  'logs',
  'health/',
  'health/cluster',
  'health.json',
  'Health',
  'healthz',
  'callback-key',
  'callback-key.pem/',
  'callback-private-key.pem',
  'sts/',
  'sts/admin',
  '__proto__',
  'constructor',
  'toString',
  '',
];

describe('[Sec-46] what the gateway says of itself', () => {
  it('is two pages, to be got, that tell nothing of the deployment', async () => {
    const { answer, calls } = await counted('GET', '/-/health', { as: 'anonymous' });
    expect([answer.status, answer.text, calls]).toEqual([200, 'ok\n', untouched]);
    const key = await counted('GET', '/-/callback-key.pem', { as: 'anonymous' });
    expect([key.answer.status, key.calls]).toEqual([200, untouched]);
    expect(key.answer.text).toMatch(/^-----BEGIN PUBLIC KEY-----\n[\w+/=\n]+-----END PUBLIC KEY-----\n$/);
    for (const page of ['health', 'callback-key.pem']) {
      for (const method of methods.filter((one) => one !== 'GET' && one !== 'TRACE')) {
        const other = await counted(method, `/-/${page}`, { as: 'anonymous' });
        expect([page, method, other.answer.status >= 400, other.calls]).toEqual([page, method, true, untouched]);
      }
    }
  });

  it('is nothing else, to nobody, by no method, and touches nothing that is stored', async () => {
    const callers: Wish[] = [{ as: 'anonymous' }, { as: 'owner' }, { as: 'other', place: 'query' }];
    for (const page of elsewhere) {
      for (const wish of callers) {
        for (const method of ['GET', 'POST', 'PUT'] as const) {
          const { answer, calls } = await counted(method, `/-/${page}`, wish);
          expect([page, method, answer.status, answer.code, calls]).toEqual([
            page,
            method,
            400,
            'InvalidBucketName',
            untouched,
          ]);
          for (const { accessKeySecret } of Object.values(keys)) expect(answer.text).not.toContain(accessKeySecret);
        }
      }
    }
  });

  it('is no more at hosts that nobody has', async () => {
    for (const page of elsewhere) {
      const answer = await send('GET', `/-/${page}`, { as: 'anonymous', host: newDomain() });
      expect([page, answer.status]).toEqual([page, answer.status === 400 ? 400 : 404]);
      expect(answer.text).toContain('<Error>');
    }
  });

  it('and its tokens take a signature of the account', async () => {
    const call = 'Action=AssumeRole&RoleArn=acs:ram::1000000000000001:role/reader&RoleSessionName=a&Version=2015-04-01';
    for (const path of [`/-/sts?${call}`, `/?${call}`, '/-/sts']) {
      const { answer, calls } = await counted('GET', path, { as: 'anonymous' });
      expect([path, answer.status >= 400 && answer.status < 500, calls]).toEqual([path, true, untouched]);
      expect(answer.text).not.toContain('SecurityToken');
    }
  });

  it('is judged like any bucket where an object has such a name', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/-/metrics`, { body: 'mine' });
    for (const virtual of [false, true]) {
      expect((await send('GET', `/${bucket}/-/metrics`, { virtual })).text).toBe('mine');
      expect((await send('GET', `/${bucket}/-/metrics`, { virtual, as: 'anonymous' })).code).toBe('AccessDenied');
    }
  });
});
