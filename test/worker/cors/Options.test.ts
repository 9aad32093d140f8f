import { beforeAll, describe, expect, it } from 'vitest';
import { cors, plainRule, put, rule } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { type Answer, newBucket, send } from '../support/wire.ts';

const origin = 'http://www.example.com';
const asking = (method: string, headers?: string, from = origin): Record<string, string> => ({
  origin: from,
  'access-control-request-method': method,
  ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
});

function preflight(path: string, headers: Record<string, string>): Promise<Answer> {
  return send('OPTIONS', path, { as: 'anonymous', headers });
}

function expectNoCors(answer: Answer): void {
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
}

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  const document = cors(
    rule({ AllowedOrigin: origin, AllowedMethod: ['PUT', 'GET'] }),
    rule({
      AllowedOrigin: [origin, 'https://*.example.org'],
      AllowedMethod: ['PUT', 'POST'],
      AllowedHeader: ['content-*', 'X-Oss-Meta-A'],
      ExposeHeader: ['ETag', 'x-oss-request-id'],
      MaxAgeSeconds: '600',
    }),
  );
  expect((await put(bucket, 'cors', document)).status).toBe(200);
});

describe('a preflight', () => {
  it('[OptionObject-1] [OptionObject-8] [OptionObject-9] needs no signature, no right and no object', async () => {
    const paths = [`/${bucket}/no/such/key`, `/${bucket}/`, `/${bucket}`];
    for (const path of paths) {
      const answer = await preflight(path, asking('PUT'));
      expect([path, answer.status, answer.bytes.length, answer.header('content-length')]).toEqual([path, 200, 0, '0']);
      expect(answer.header('access-control-allow-origin')).toBe(origin);
      expect(answer.header('access-control-allow-methods')).toBe('PUT, GET');
      expect(answer.header('access-control-allow-credentials')).toBeNull();
    }
    // Whoever signs it all the same is not asked for a right signature.
    const forged = { ...asking('PUT'), authorization: 'OSS nobody:forged' };
    expect((await preflight(paths[0]!, forged)).status).toBe(200);
  });

  it('asks about requests of any kind, their queries included', async () => {
    for (const query of [
      'uploads',
      'uploadId=1&partNumber=2',
      'acl',
      'no=such&query',
      'OSSAccessKeyId=a&Expires=1&Signature=b',
      'x-oss-process=image/resize',
    ]) {
      expect([query, (await preflight(`/${bucket}/key?${query}`, asking('PUT'))).status]).toEqual([query, 200]);
    }
    expect((await preflight(`/${bucket}?cors`, asking('PUT'))).status).toBe(200);
  });

  it('[OptionObject-4] [OptionObject-10] [OptionObject-11] [OptionObject-12] is answered by the first rule that allows all of it', async () => {
    const answer = await preflight(
      `/${bucket}/key`,
      asking('PUT', 'Content-Type, x-oss-meta-a', 'https://a.example.org'),
    );
    expect(answer.status).toBe(200);
    expect(answer.header('access-control-allow-origin')).toBe('https://a.example.org');
    expect(answer.header('access-control-allow-methods')).toBe('PUT, POST');
    expect(answer.header('access-control-allow-headers')).toBe('Content-Type, x-oss-meta-a');
    expect(answer.header('access-control-expose-headers')).toBe('ETag, x-oss-request-id');
    expect(answer.header('access-control-max-age')).toBe('600');
    const plain = await preflight(`/${bucket}/key`, asking('GET'));
    for (const name of ['allow-headers', 'expose-headers', 'max-age']) {
      expect([name, plain.header(`access-control-${name}`)]).toEqual([name, null]);
    }
  });

  it('[OptionObject-3] [OptionObject-5] [OptionObject-6] takes nothing from one rule and the rest from another', async () => {
    const mixed = await newBucket();
    const rules = cors(
      rule({ AllowedOrigin: origin, AllowedMethod: 'PUT', MaxAgeSeconds: '1' }),
      rule({ AllowedOrigin: '*', AllowedMethod: 'DELETE', AllowedHeader: 'X-Only-Delete', MaxAgeSeconds: '2' }),
      rule({ AllowedOrigin: '*', AllowedMethod: 'PUT', AllowedHeader: ['x-*-end', 'Exact'], MaxAgeSeconds: '3' }),
    );
    expect((await put(mixed, 'cors', rules)).status).toBe(200);
    for (const [method, headers, from, rule] of [
      ['PUT', undefined, origin, '1'],
      ['PUT', ' , ,', origin, '1'],
      ['PUT', 'EXACT', origin, '3'],
      ['PUT', ' exact\t,,X-Any-END ', origin, '3'],
      ['PUT', undefined, 'http://other.test', '3'],
      ['DELETE', 'x-only-delete', origin, '2'],
      ['PUT', 'x-only-delete', origin, null],
      ['PUT', 'exact,x-end', origin, null],
      ['PUT', 'exact2', origin, null],
      ['DELETE', 'exact', origin, null],
      ['put', undefined, origin, null],
      ['GET', undefined, origin, null],
    ] as const) {
      const answer = await preflight(`/${mixed}/key`, asking(method, headers, from));
      expect([method, headers, answer.header('access-control-max-age')]).toEqual([method, headers, rule]);
      expect(answer.status).toBe(rule === null ? 403 : 200);
    }
    // The origin is compared with its case, scheme and port.
    for (const other of ['http://WWW.example.com', 'https://www.example.com', `${origin}:80`, `${origin}/`]) {
      expect((await preflight(`/${bucket}/key`, asking('GET', undefined, other))).status).toBe(403);
    }
  });

  it('[OptionObject-7] is refused without any CORS header where no rule matches', async () => {
    for (const headers of [
      asking('DELETE'),
      asking('get'),
      asking('PUT', undefined, 'http://evil.test'),
      asking('PUT', 'content-type,x-other'),
      asking('GET', 'content-type'),
      asking('PUT', undefined, 'null'),
    ]) {
      const answer = await preflight(`/${bucket}/key`, headers);
      expect([answer.status, answer.code, answer.header('x-oss-ec')]).toEqual([
        403,
        'AccessForbidden',
        '0034-00000003',
      ]);
      expect(answer.one('Message')).toMatch(/^CORSResponse: This CORS request is not allowed\./);
      expectNoCors(answer);
    }
  });

  it('[OptionObject-2] is refused by a bucket without rules, and by the service, which has none', async () => {
    const bare = await newBucket({ acl: 'public-read-write' });
    for (const path of [`/${bare}/key`, `/${bare}`, '/']) {
      const answer = await preflight(path, asking('GET'));
      expect([answer.status, answer.code]).toEqual([403, 'AccessForbidden']);
      expect(answer.one('Message')).toBe('CORSResponse: CORS is not enabled for this bucket.');
      expectNoCors(answer);
    }
  });

  it('[OptionObject-13] says what is missing where it is no preflight at all', async () => {
    const noOrigin = await preflight(`/${bucket}/key`, { 'access-control-request-method': 'PUT' });
    expect([noOrigin.status, noOrigin.code]).toEqual([400, 'BadRequest']);
    expect(noOrigin.one('Message')).toBe('Insufficient information. Origin request header needed.');
    const noMethod = await preflight(`/${bucket}/key`, { origin });
    expect([noMethod.status, noMethod.code]).toEqual([400, 'BadRequest']);
    expect(noMethod.one('Message')).toBe(
      'Insufficient information. Request Access-Control-Request-Method header needed.',
    );
    expectNoCors(noMethod);
  });

  it('[EdgeCommon-11] is 404 for a bucket that is not there', async () => {
    const answer = await preflight('/no-such-bucket-here/key', asking('PUT'));
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchBucket']);
  });

  it('[OptionObject-14] varies by origin with ResponseVary, refused or not', async () => {
    const varying = await newBucket();
    await put(
      varying,
      'cors',
      cors(rule({ AllowedOrigin: origin, AllowedMethod: 'GET' }), '<ResponseVary>true</ResponseVary>'),
    );
    for (const [headers, status] of [
      [asking('GET'), 200],
      [asking('PUT'), 403],
      [{}, 400],
    ] as const) {
      const answer = await preflight(`/${varying}/key`, headers);
      expect([answer.status, answer.header('vary')]).toEqual([status, 'Origin']);
    }
    expect((await preflight(`/${bucket}/key`, asking('PUT'))).header('vary')).toBeNull();
  });

  it('[EdgeCommon-16] sees a changed configuration at once', async () => {
    const changing = await newBucket();
    const ask = async () => (await preflight(`/${changing}/key`, asking('GET', undefined, 'http://a'))).status;
    expect(await ask()).toBe(403);
    await put(changing, 'cors', cors(plainRule));
    expect(await ask()).toBe(200);
    await send('DELETE', `/${changing}?cors`);
    expect(await ask()).toBe(403);
  });

  it('never reaches what is stored, allowed or refused', async () => {
    for (const method of ['PUT', 'DELETE']) {
      const { calls } = await counted('OPTIONS', `/${bucket}/key`, { as: 'anonymous', headers: asking(method) });
      expect(calls).toEqual({ index: 0, blobs: 0, bucket: 1, directory: 0, edgeCopy: 0, domain: 0 });
    }
  });
});
