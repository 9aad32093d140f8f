import { describe, expect, it } from 'vitest';
import { cors, md5, plainRule, put, rule } from '../support/config.ts';
import { newBucket, send } from '../support/wire.ts';

const get = (bucket: string) => send('GET', `/${bucket}?cors`);

/** Asserts that a document is refused and that the bucket keeps what it had. */
async function refused(bucket: string, body: string, code: string): Promise<void> {
  const answer = await put(bucket, 'cors', body);
  expect([body.slice(0, 200), answer.status, answer.code]).toEqual([body.slice(0, 200), 400, code]);
  expect((await get(bucket)).one('MaxAgeSeconds')).toBe('7');
}

describe('PutBucketCors', () => {
  it('[PutBucketCors-1] [PutBucketCors-12] [GetBucketCors-3] replaces all rules and keeps their order and repetitions', async () => {
    const bucket = await newBucket();
    expect((await put(bucket, 'cors', cors(plainRule))).status).toBe(200);
    const first = rule({
      AllowedOrigin: [' http://a.example ', 'https://*.b.example', 'https://*.b.example', 'Original 123', 'localhost'],
      AllowedMethod: ['PUT', 'GET', 'POST', 'HEAD', 'DELETE'],
      AllowedHeader: ['Authorization', 'x-OSS-*'],
      ExposeHeader: ['Content-Length', 'ETag'],
      MaxAgeSeconds: '100',
    });
    const second = rule({ AllowedMethod: 'HEAD', AllowedOrigin: '*' });
    const answer = await put(bucket, 'cors', `<?xml version="1.0" encoding="UTF-8"?>\n${cors(first, second)}`);
    expect([answer.status, answer.bytes.length, answer.header('content-length')]).toEqual([200, 0, '0']);
    const stored = await get(bucket);
    expect(stored.status).toBe(200);
    expect(stored.all('AllowedOrigin')).toEqual([
      'http://a.example',
      'https://*.b.example',
      'https://*.b.example',
      'Original 123',
      'localhost',
      '*',
    ]);
    expect(stored.all('AllowedMethod')).toEqual(['PUT', 'GET', 'POST', 'HEAD', 'DELETE', 'HEAD']);
    expect(stored.all('AllowedHeader')).toEqual(['authorization', 'x-oss-*']);
    expect(stored.all('ExposeHeader')).toEqual(['Content-Length', 'ETag']);
    expect(stored.all('MaxAgeSeconds')).toEqual(['100']);
    expect(stored.text).toContain('<CORSConfiguration><CORSRule><AllowedOrigin>');
  });

  it('[PutBucketCors-2] takes 10 rules and no more', async () => {
    const bucket = await newBucket();
    const more = rule({ AllowedOrigin: '*', AllowedMethod: 'GET', MaxAgeSeconds: '7' });
    expect((await put(bucket, 'cors', cors(...Array<string>(10).fill(more)))).status).toBe(200);
    await refused(bucket, cors(...Array<string>(11).fill(more)), 'CORSRuleBeyondLimit');
  });

  it('[PutBucketCors-3] takes 16 KB and no byte more, before it parses', async () => {
    const bucket = await newBucket();
    const document = cors(rule({ AllowedOrigin: '*', AllowedMethod: 'GET', MaxAgeSeconds: '7' }));
    expect((await put(bucket, 'cors', document.padEnd(16_384))).status).toBe(200);
    await refused(bucket, document.padEnd(16_385), 'MalformedXML');
    await refused(bucket, '<'.repeat(20_000), 'MalformedXML');
  });

  it('[PutBucketCors-4] [PutBucketCors-5] [PutBucketCors-6] [PutBucketCors-9] refuses what a rule cannot be', async () => {
    const bucket = await newBucket();
    const good = { AllowedOrigin: '*', AllowedMethod: 'GET' };
    await put(bucket, 'cors', cors(rule({ ...good, MaxAgeSeconds: '7' })));
    await refused(bucket, '<CORSConfiguration/>', 'MalformedXML');
    await refused(bucket, '', 'MalformedXML');
    await refused(bucket, '<Configuration/>', 'MalformedXML');
    await refused(bucket, cors(plainRule).slice(0, -1), 'MalformedXML');
    await refused(bucket, cors(rule({ AllowedMethod: 'GET' })), 'MalformedXML');
    await refused(bucket, cors(rule({ AllowedOrigin: '*' })), 'MalformedXML');
    await refused(bucket, cors(rule({ ...good, AllowedOrigin: 'http://*.*' })), 'InvalidArgument');
    await refused(bucket, cors(rule({ ...good, AllowedOrigin: '' })), 'InvalidArgument');
    for (const method of ['', 'OPTIONS', 'PATCH', 'get', '*']) {
      await refused(bucket, cors(rule({ ...good, AllowedMethod: method })), 'InvalidArgument');
    }
    for (const age of ['-1', 'a', '1.5', '99999999999999999999', '']) {
      await refused(bucket, cors(rule({ ...good, MaxAgeSeconds: age })), 'InvalidArgument');
    }
    await refused(bucket, cors(rule({ ...good, MaxAgeSeconds: ['1', '2'] })), 'MalformedXML');
    await refused(bucket, cors(plainRule, '<ResponseVary>yes</ResponseVary>'), 'MalformedXML');
  });

  it('[PutBucketCors-7] [PutBucketCors-8] [Sec-28] refuses headers that could not be header names', async () => {
    const bucket = await newBucket();
    const good = { AllowedOrigin: '*', AllowedMethod: 'GET' };
    await put(bucket, 'cors', cors(rule({ ...good, MaxAgeSeconds: '7' })));
    for (const bad of [
      '&lt;',
      '&gt;',
      '&amp;',
      '&apos;',
      '&quot;',
      'x*y*z',
      'x&#13;&#10;y',
      'x&#0;y',
      'é',
      '&#10;a&#10;b',
    ]) {
      await refused(
        bucket,
        cors(rule({ ...good, AllowedHeader: bad })),
        bad === 'x&#0;y' ? 'MalformedXML' : 'InvalidArgument',
      );
    }
    for (const bad of ['*', 'x-*', 'x&quot;', 'x&#13;&#10;set-cookie: a', 'ä']) {
      await refused(bucket, cors(rule({ ...good, ExposeHeader: bad })), 'InvalidArgument');
    }
    await refused(bucket, cors(rule({ ...good, AllowedOrigin: 'http://a&#13;&#10;b' })), 'InvalidArgument');
    expect((await put(bucket, 'cors', cors(rule({ ...good, AllowedHeader: 'x-*-y' })))).status).toBe(200);
  });

  it('[PutBucketCors-10] [GetBucketCors-2] stores ResponseVary beside the rules, false by default', async () => {
    const bucket = await newBucket();
    await put(bucket, 'cors', cors(plainRule));
    expect((await get(bucket)).one('ResponseVary')).toBe('false');
    await put(bucket, 'cors', cors('<ResponseVary>true</ResponseVary>', plainRule));
    const { text } = await get(bucket);
    expect(text).toMatch(/<\/CORSRule><ResponseVary>true<\/ResponseVary><\/CORSConfiguration>$/);
    expect(text).not.toContain('MaxAgeSeconds');
  });

  it('[EdgeCommon-1] checks Content-MD5 before anything else of the body', async () => {
    const bucket = await newBucket();
    const body = cors(rule({ AllowedOrigin: '*', AllowedMethod: 'GET', MaxAgeSeconds: '7' }));
    expect((await put(bucket, 'cors', body, { headers: { 'content-md5': md5(body) } })).status).toBe(200);
    const wrong = { headers: { 'content-md5': md5('another') } };
    for (const bad of [body.replace('7', '8'), 'no xml']) {
      const answer = await put(bucket, 'cors', bad, wrong);
      expect([answer.status, answer.code]).toEqual([400, 'InvalidDigest']);
    }
    expect((await get(bucket)).one('MaxAgeSeconds')).toBe('7');
  });

  it('[EdgeCommon-4] [EdgeCommon-6] [EdgeCommon-7] takes the documents of the reference as they are printed', async () => {
    const bucket = await newBucket();
    const body = `<?xml version="1.0" encoding="UTF-8"?>
      <CORSConfiguration xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">
        <ResponseVary>false</ResponseVary >
        <CORSRule >
          <ExposeHeader> x-oss-test</ExposeHeader>
          <MaxAgeSeconds> 100 </MaxAgeSeconds>
          <AllowedHeader> Authorization</AllowedHeader>
          <AllowedMethod>PUT</AllowedMethod><Later>element</Later>
          <AllowedOrigin>http://www.example.com</AllowedOrigin>
        </CORSRule>
      </CORSConfiguration >`;
    expect((await put(bucket, 'cors', body)).status).toBe(200);
    expect((await get(bucket)).all('AllowedHeader')).toEqual(['authorization']);
  });
});

describe('GetBucketCors and DeleteBucketCors', () => {
  it('[PutBucketCors-11] [GetBucketCors-1] [DeleteBucketCors-1] [DeleteBucketCors-2] [CorsEnforcement-6] know a bucket without rules', async () => {
    const bucket = await newBucket();
    const none = await get(bucket);
    expect([none.status, none.code, none.one('BucketName')]).toEqual([404, 'NoSuchCORSConfiguration', bucket]);
    expect((await send('DELETE', `/${bucket}?cors`)).status).toBe(204);
    await put(bucket, 'cors', cors(plainRule, '<ResponseVary>true</ResponseVary>'));
    expect((await get(bucket)).status).toBe(200);
    const deleted = await send('DELETE', `/${bucket}?cors`);
    expect([deleted.status, deleted.bytes.length]).toEqual([204, 0]);
    expect((await get(bucket)).code).toBe('NoSuchCORSConfiguration');
    // ResponseVary went with the rules.
    expect((await send('GET', `/${bucket}`)).header('vary')).toBeNull();
  });

  it.each(['PUT', 'GET', 'DELETE'])('[EdgeCommon-11] [EdgeCommon-12] %s is the owner’s alone', async (method) => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    const body = method === 'PUT' ? { body: cors(plainRule) } : {};
    for (const as of ['anonymous', 'other', 'user'] as const) {
      const answer = await send(method, `/${bucket}?cors`, { as, ...body });
      expect([as, answer.status, answer.code]).toEqual([as, 403, 'AccessDenied']);
    }
    const missing = await send(method, '/no-such-bucket-here?cors', body);
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchBucket']);
  });

  it('[EdgeCommon-13] are not known in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    for (const [method, wish] of [
      ['PUT', { body: cors(plainRule) }],
      ['GET', {}],
      ['DELETE', {}],
    ] as const) {
      const answer = await send(method, `/${bucket}?cors`, wish);
      expect([answer.status, answer.code]).toEqual([400, 'OperationNotSupported']);
    }
    const preflight = await send('OPTIONS', `/${bucket}/key`, {
      as: 'anonymous',
      headers: { origin: 'http://a', 'access-control-request-method': 'GET' },
    });
    expect([preflight.status, preflight.code]).toEqual([400, 'OperationNotSupported']);
  });
});
