import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { md5, put } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { type Answer, newBucket, send, type Wish } from '../support/wire.ts';

const payment = (payer: string) => `<RequestPaymentConfiguration><Payer>${payer}</Payer></RequestPaymentConfiguration>`;
const get = (bucket: string) => send('GET', `/${bucket}?requestPayment`);
const accepting = { headers: { 'x-oss-request-payer': 'requester' } };

/** A bucket that is open to everybody and holds `key`, for which the requester pays. */
async function payingBucket(): Promise<string> {
  const bucket = await newBucket({ acl: 'public-read-write' });
  await send('PUT', `/${bucket}/key`, { body: 'content' });
  expect((await put(bucket, 'requestPayment', payment('Requester'))).status).toBe(200);
  return bucket;
}

function expectRefused(answer: Answer, ec: string): void {
  expect([answer.status, answer.code, answer.header('x-oss-ec')]).toEqual([403, 'AccessDenied', ec]);
  expect(answer.header('x-oss-request-charged')).toBeNull();
}

describe('PutBucketRequestPayment', () => {
  it('[PutBucketRequestPayment-2] [GetBucketRequestPayment-1] is the owner unless told otherwise', async () => {
    const bucket = await newBucket();
    const fresh = await get(bucket);
    expect([fresh.status, fresh.one('Payer')]).toEqual([200, 'BucketOwner']);
    for (const payer of ['Requester', 'BucketOwner']) {
      const answer = await put(bucket, 'requestPayment', payment(payer));
      expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
      expect((await get(bucket)).one('Payer')).toBe(payer);
    }
    expect((await send('DELETE', `/${bucket}?requestPayment`)).status).toBe(405);
  });

  it('[PutBucketRequestPayment-1] takes two words, exactly', async () => {
    const bucket = await newBucket();
    for (const bad of ['requester', 'REQUESTER', 'bucketowner', '', 'Somebody', 'Requester,BucketOwner']) {
      const answer = await put(bucket, 'requestPayment', payment(bad));
      expect([bad, answer.status, answer.code]).toEqual([bad, 400, 'MalformedXML']);
    }
    for (const bad of ['', '<RequestPaymentConfiguration/>', '<Payer>Requester</Payer>']) {
      expect((await put(bucket, 'requestPayment', bad)).code).toBe('MalformedXML');
    }
    expect((await get(bucket)).one('Payer')).toBe('BucketOwner');
  });

  it('[PutBucketRequestPayment-3] [EdgeCommon-11] is the owner’s alone', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const method of ['PUT', 'GET']) {
      const body = method === 'PUT' ? { body: payment('Requester') } : {};
      for (const as of ['anonymous', 'other', 'user'] as const) {
        const answer = await send(method, `/${bucket}?requestPayment`, { as, ...body });
        expect([as, answer.status, answer.code]).toEqual([as, 403, 'AccessDenied']);
      }
      const missing = await send(method, '/no-such-bucket-here?requestPayment', body);
      expect([missing.status, missing.code]).toEqual([404, 'NoSuchBucket']);
    }
    expect((await get(bucket)).one('Payer')).toBe('BucketOwner');
  });

  it('[EdgeCommon-13] works in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await put(bucket, 'requestPayment', payment('Requester'))).status).toBe(200);
  });
});

describe('a bucket whose requester pays', () => {
  it('[RequestPaymentEnforcement-1] [RequestPaymentEnforcement-8] refuses anonymous callers, whatever is public', async () => {
    const bucket = await payingBucket();
    for (const wish of [{}, accepting] as Wish[]) {
      const answer = await send('GET', `/${bucket}/key`, { as: 'anonymous', ...wish });
      expectRefused(answer, '0003-00000701');
      expect(answer.one('BucketName')).toBe(bucket);
    }
    const url = `/${bucket}/key?x-oss-request-payer=requester`;
    expectRefused(await send('GET', url, { as: 'anonymous' }), '0003-00000701');
    const preflight = { origin: 'http://a', 'access-control-request-method': 'GET' };
    const asked = await send('OPTIONS', `/${bucket}/key`, { as: 'anonymous', headers: preflight });
    expect(asked.code).toBe('AccessForbidden');
  });

  it('[RequestPaymentEnforcement-2] [RequestPaymentEnforcement-3] wants other accounts to accept the charge, whatever they do', async () => {
    const bucket = await payingBucket();
    const batch = '<Delete><Object><Key>none</Key></Object></Delete>';
    const requests: [string, string, Wish, number][] = [
      ['PUT', 'new', { body: 'a' }, 200],
      ['GET', 'key', {}, 200],
      ['HEAD', 'key', {}, 200],
      ['GET', 'key?objectMeta', {}, 200],
      ['DELETE', 'new', {}, 204],
      ['POST', '?delete', { body: batch, headers: { 'content-md5': md5(batch) } }, 200],
    ];
    for (const [method, path, wish, expected] of requests) {
      for (const declared of [undefined, 'bucketowner', 'Requester', '']) {
        const headers = { ...wish.headers, ...(declared === undefined ? {} : { 'x-oss-request-payer': declared }) };
        const refused = await send(method, `/${bucket}/${path}`, { ...wish, as: 'other', headers });
        expect([method, path, declared, refused.status, refused.code]).toEqual([
          method,
          path,
          declared,
          403,
          'AccessDenied',
        ]);
        expect(refused.header('x-oss-ec')).toBe('0003-00000703');
      }
      const headers = { ...wish.headers, ...accepting.headers };
      const served = await send(method, `/${bucket}/${path}`, { ...wish, as: 'other', headers });
      expect([method, path, served.status, served.text]).toEqual([method, path, expected, expect.any(String)]);
      expect(served.header('x-oss-request-charged')).toBe('requester');
    }
    const refused = await send('GET', `/${bucket}/key`, { as: 'other' });
    expect(refused.one('Message')).toMatch(/^Access denied for requester pay bucket/);
  });

  it('[RequestPaymentEnforcement-2] does not let a charge buy what is not allowed', async () => {
    const bucket = await payingBucket();
    await send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'private' } });
    for (const path of ['key', '?acl', '?requestPayment']) {
      const answer = await send('GET', `/${bucket}/${path}`, { as: 'other', ...accepting });
      expect([answer.status, answer.code, answer.header('x-oss-ec')]).toEqual([403, 'AccessDenied', '0003-00000001']);
    }
  });

  it('[RequestPaymentEnforcement-4] asks nothing of the owner’s account', async () => {
    const bucket = await payingBucket();
    for (const as of ['owner', 'reader'] as const) {
      const answer = await send('GET', `/${bucket}/key`, { as });
      expect([as, answer.status, answer.header('x-oss-request-charged')]).toEqual([as, 200, null]);
    }
    expect((await send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'private' } })).status).toBe(200);
  });

  it('[RequestPaymentEnforcement-6] takes a signed parameter for the header in signed URLs', async () => {
    const bucket = await payingBucket();
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      const url = { as: 'other', scheme, place: 'query' } as const;
      const served = await send('GET', `/${bucket}/key?x-oss-request-payer=requester`, url);
      expect([scheme, served.status, served.header('x-oss-request-charged')]).toEqual([scheme, 200, 'requester']);
      expectRefused(await send('GET', `/${bucket}/key`, url), '0003-00000703');
      const added = await send('GET', `/${bucket}/key`, {
        ...url,
        unsigned: { query: 'x-oss-request-payer=requester' },
      });
      expect([scheme, added.status, added.code]).toEqual([scheme, 403, 'SignatureDoesNotMatch']);
    }
  });

  it('[RequestPaymentEnforcement-7] [ObjCommon-35] names the charge on errors of the object too', async () => {
    const bucket = await payingBucket();
    const answer = await send('GET', `/${bucket}/none`, { as: 'other', ...accepting });
    expect([answer.status, answer.code, answer.header('x-oss-request-charged')]).toEqual([
      404,
      'NoSuchKey',
      'requester',
    ]);
  });

  it('[RequestPaymentEnforcement-9] is not what a bucket is whose owner pays', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${bucket}/key`, { body: 'content' });
    for (const wish of [{}, accepting] as Wish[]) {
      const answer = await send('GET', `/${bucket}/key`, { as: 'other', ...wish });
      expect([answer.status, answer.header('x-oss-request-charged')]).toEqual([200, null]);
    }
    expect((await send('GET', `/${bucket}/key`, { as: 'anonymous' })).status).toBe(200);
  });

  it('[PutBucketAcl-8] is still a name that is taken for those who would create it', async () => {
    const bucket = await payingBucket();
    for (const path of [`/${bucket}`, `/${bucket}?acl`]) {
      const answer = await send('PUT', path, { as: 'other', headers: { 'x-oss-acl': 'private' } });
      expect([path, answer.status, answer.code]).toEqual([path, 409, 'BucketAlreadyExists']);
    }
  });

  it('refuses before anything stored is touched', async () => {
    const bucket = await payingBucket();
    for (const as of ['anonymous', 'other'] as const) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const wish = { as, ...(method === 'PUT' ? { body: 'new' } : {}) };
        const { answer, calls } = await counted(method, `/${bucket}/key`, wish);
        expect([as, method, answer.status, calls.index, calls.blobs]).toEqual([as, method, 403, 0, 0]);
      }
    }
    const { answer, calls } = await counted('GET', `/${bucket}/key`, { as: 'other', ...accepting });
    expect([answer.text, calls.index]).toEqual(['content', 1]);
  });

  it('[EdgeCommon-16] is judged by the configuration in force', async () => {
    const bucket = await payingBucket();
    const old = await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load();
    await put(bucket, 'requestPayment', payment('BucketOwner'));
    const useOld = () => {
      configCopies.clear();
      configCopies.set(bucket, old!);
    };
    useOld();
    expect((await send('GET', `/${bucket}/key`, { as: 'anonymous' })).status).toBe(200);
    useOld();
    const charged = await send('GET', `/${bucket}/key`, { as: 'other', ...accepting });
    expect([charged.status, charged.header('x-oss-request-charged')]).toEqual([200, null]);
  });
});
