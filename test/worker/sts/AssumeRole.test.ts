import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { handle } from '../../../src/gateway.ts';
import { formOf, rpcParameters, signRpc } from '../../support/rpc.ts';
import { Answer, keys, newBucket, send } from '../support/wire.ts';
import { arn, assume, type Call, type Credentials, rpc } from './support.ts';

const wish = { RoleArn: arn('reader'), RoleSessionName: 'alice' };

async function expectError(
  status: number,
  code: string,
  parameters: Record<string, string | undefined>,
  call: Call = {},
): Promise<void> {
  const answer = await rpc({ ...wish, ...parameters }, call);
  const error = JSON.parse(answer.text) as Record<string, string>;
  expect([answer.status, error.Code]).toEqual([status, code]);
  expect(Object.keys(error)).toEqual(['RequestId', 'HostId', 'Code', 'Message']);
  expect(error.RequestId).toBe(answer.header('x-oss-request-id'));
  expect(error.Message).not.toBe('');
}

describe('AssumeRole', () => {
  it('gives credentials of the role, as the vendor’s service does', async () => {
    const before = Date.now();
    const answer = await rpc({ ...wish, DurationSeconds: '900' });
    expect([answer.status, answer.header('content-type'), answer.header('cache-control')]).toEqual([
      200,
      'application/json',
      'no-store',
    ]);
    const { RequestId, AssumedRoleUser, Credentials } = JSON.parse(answer.text) as {
      RequestId: string;
      AssumedRoleUser: Record<string, string>;
      Credentials: Credentials;
    };
    expect(RequestId).toBe(answer.header('x-oss-request-id'));
    expect(AssumedRoleUser).toEqual({
      Arn: 'acs:ram::1000000000000001:role/Reader/alice',
      AssumedRoleId: 'Reader:alice',
    });
    expect(Credentials.AccessKeyId).toMatch(/^STS\.[A-Za-z0-9]{24}$/);
    expect(Credentials.AccessKeySecret).toMatch(/^[\w-]{43}$/);
    expect(Credentials.SecurityToken).toMatch(/^[\w-]{100,}$/);
    expect(Credentials.Expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const life = Date.parse(Credentials.Expiration) - before;
    expect(life).toBeGreaterThan(898_000);
    expect(life).toBeLessThan(905_000);
  });

  it('answers POST and GET, form and query, at the service’s root and at a path of its own', async () => {
    for (const url of [
      'http://localhost/',
      'http://127.0.0.1/',
      'http://localhost/-/sts',
      'http://localhost:80/-/sts',
    ]) {
      for (const [method, place] of [
        ['POST', 'form'],
        ['POST', 'query'],
        ['GET', 'query'],
      ] as const) {
        const answer = await rpc(wish, { url, method, place });
        expect([url, method, place, answer.status]).toEqual([url, method, place, 200]);
      }
    }
  });

  it('answers in XML unless JSON is asked for', async () => {
    for (const Format of [undefined, 'XML', 'xml']) {
      const answer = await rpc({ ...wish, Format });
      expect([answer.status, answer.header('content-type')]).toEqual([200, 'text/xml']);
      expect(answer.text).toContain('<AssumeRoleResponse><RequestId>');
      expect(answer.one('AccessKeyId')).toMatch(/^STS\./);
    }
    const refused = await rpc({ ...wish, Format: undefined, Action: 'Nothing' });
    expect([refused.status, refused.one('Code')]).toEqual([404, 'InvalidAction.NotFound']);
    expect((await rpc({ ...wish, Format: 'YAML' })).one('Code')).toBe('InvalidParameter');
  });

  it('is no operation of a bucket or of another host', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const url of [`http://${bucket}.localhost/`, `http://localhost/${bucket}`, 'http://unknown.example/']) {
      const answer = await rpc(wish, { url });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toContain('SecurityToken');
    }
    // In a bucket's own host the path is a key like any other.
    const { status } = await send('PUT', `/${bucket}/-/sts`, { body: 'a', virtual: true });
    expect(status).toBe(200);
    expect((await send('GET', `/${bucket}/-/sts`, { as: 'anonymous', virtual: true })).text).toBe('a');
    for (const path of ['/-/other', '/-/']) expect((await send('GET', path)).code).toBe('InvalidBucketName');
  });

  it('leaves the other requests to the service alone', async () => {
    expect((await send('GET', '/')).has('ListAllMyBucketsResult')).toBe(true);
    expect((await send('POST', '/')).code).toBe('MethodNotAllowed');
  });
});

describe('who may assume', () => {
  it('is the account’s own key and whom the role trusts', async () => {
    for (const [as, role, accountId, expected] of [
      ['owner', 'reader', '1000000000000001', 200],
      ['owner', 'foreign', '2000000000000002', 200],
      ['other', 'everything', '1000000000000001', 200],
      ['user', 'everything', '1000000000000001', 200],
      ['user', 'nothing', '1000000000000001', 200],
      // Of a trusted account, but without sts:AssumeRole.
      ['user', 'reader', '1000000000000001', 403],
      ['reader', 'reader', '1000000000000001', 403],
      ['other', 'reader', '1000000000000001', 403],
      ['owner', 'everything', '1000000000000001', 403],
      ['other', 'foreign', '2000000000000002', 403],
    ] as const) {
      const answer = await rpc({ ...wish, RoleArn: arn(role, accountId) }, { as });
      expect([as, role, answer.status]).toEqual([as, role, expected]);
      if (expected === 403) expect((JSON.parse(answer.text) as { Code: string }).Code).toBe('NoPermission');
    }
  });

  it('is no temporary credential', async () => {
    const { AccessKeyId, AccessKeySecret, SecurityToken } = await assume('everything', {}, { as: 'user' });
    const key = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret };
    for (const token of [{}, { SecurityToken }]) {
      const parameters = rpcParameters(key, { ...wish, ...token });
      const Signature = signRpc('POST', parameters, AccessKeySecret);
      const request = new Request('http://localhost/', {
        method: 'POST',
        body: formOf({ ...parameters, Signature }),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      const response = await handle(request, env, createExecutionContext());
      expect([response.status, (await response.json<{ Code: string }>()).Code]).toEqual([
        404,
        'InvalidAccessKeyId.NotFound',
      ]);
    }
  });
});

describe('a call that is refused', () => {
  it('lacks a parameter', async () => {
    for (const name of [
      'AccessKeyId',
      'SignatureNonce',
      'Timestamp',
      'SignatureMethod',
      'RoleArn',
      'RoleSessionName',
      'Version',
      'Action',
    ]) {
      await expectError(400, `Missing${name}`, { [name]: undefined });
      await expectError(400, `Missing${name}`, { [name]: '' });
    }
    await expectError(400, 'MissingSignature', {}, { signature: '' });
  });

  it('has a parameter that cannot be', async () => {
    for (const [code, parameters] of [
      ['InvalidVersion', { Version: '2014-05-26' }],
      ['IncompleteSignature', { SignatureVersion: '2.0' }],
      ['IncompleteSignature', { SignatureMethod: 'HMAC-MD5' }],
      ['InvalidTimeStamp.Format', { Timestamp: 'yesterday' }],
      ['InvalidTimeStamp.Expired', { Timestamp: new Date(Date.now() - 901_000).toISOString() }],
      ['InvalidTimeStamp.Expired', { Timestamp: new Date(Date.now() + 905_000).toISOString() }],
      ['InvalidParameter.RoleArn', { RoleArn: 'role/reader' }],
      ['InvalidParameter.RoleArn', { RoleArn: `${arn('reader')}/x` }],
      ['InvalidParameter.RoleSessionName', { RoleSessionName: 'a' }],
      ['InvalidParameter.RoleSessionName', { RoleSessionName: 'a b' }],
      ['InvalidParameter.RoleSessionName', { RoleSessionName: 'a'.repeat(65) }],
      ['InvalidParameter.DurationSeconds', { DurationSeconds: '899' }],
      ['InvalidParameter.DurationSeconds', { DurationSeconds: '3601' }],
      ['InvalidParameter.DurationSeconds', { DurationSeconds: '-900' }],
      ['InvalidParameter.DurationSeconds', { DurationSeconds: '1e3' }],
      ['InvalidParameter.PolicyGrammar', { Policy: '{' }],
      ['InvalidParameter.PolicyGrammar', { Policy: '{"Version":"2","Statement":[]}' }],
      ['InvalidParameter.PolicySize', { Policy: `"${'a'.repeat(2_047)}"` }],
      ['InvalidParameter', { SignatureNonce: 'n'.repeat(129) }],
    ] as const) {
      await expectError(400, code, parameters);
    }
    await expectError(404, 'EntityNotExist.Role', { RoleArn: arn('none') });
    await expectError(404, 'InvalidAction.NotFound', { Action: 'GetSessionToken' });
  });

  it('[Sec-26] has no valid signature', async () => {
    await expectError(404, 'InvalidAccessKeyId.NotFound', { AccessKeyId: 'NOBODY' });
    await expectError(400, 'SignatureDoesNotMatch', {}, { signature: 'c2lnbmF0dXJl' });
    await expectError(400, 'SignatureDoesNotMatch', { AccessKeyId: 'OTHERKEY' });
    // Whatever is added after signing breaks the signature.
    await expectError(400, 'SignatureDoesNotMatch', {}, { unsigned: { DurationSeconds: '900' } });
    // The method is signed too.
    const parameters = rpcParameters(keys.owner, wish);
    const Signature = signRpc('GET', parameters, keys.owner.accessKeySecret);
    const request = new Request(`http://localhost/?${formOf({ ...parameters, Signature })}`, { method: 'POST' });
    const response = await handle(request, env, createExecutionContext());
    expect((await response.json<{ Code: string }>()).Code).toBe('SignatureDoesNotMatch');
  });

  it('[Sec-30] is the repetition of another, also at another address', async () => {
    const once = { ...wish, SignatureNonce: crypto.randomUUID(), Timestamp: new Date().toISOString() };
    expect((await rpc(once)).status).toBe(200);
    await expectError(400, 'SignatureNonceUsed', once);
    await expectError(400, 'SignatureNonceUsed', once, { url: 'http://localhost/-/sts' });
    await expectError(400, 'SignatureNonceUsed', { ...once, Timestamp: new Date(Date.now() + 60_000).toISOString() });
    // A forged call takes nobody's nonce away.
    const fresh = { ...wish, SignatureNonce: crypto.randomUUID() };
    await expectError(400, 'SignatureDoesNotMatch', fresh, { signature: 'c2lnbmF0dXJl' });
    expect((await rpc(fresh)).status).toBe(200);
    // Somebody else's is another one.
    expect((await rpc({ ...fresh, RoleArn: arn('everything') }, { as: 'user' })).status).toBe(200);
  });

  it('says something twice, or too much', async () => {
    const twice = await rpc(wish, { url: 'http://localhost/?RoleArn=a' });
    expect([twice.status, twice.one('Code')]).toEqual([400, 'InvalidParameter']);
    const post = async (body: BodyInit, url = 'http://localhost/-/sts') => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      const response = await handle(new Request(url, { method: 'POST', headers, body }), env, createExecutionContext());
      return new Answer(response, new Uint8Array(await response.arrayBuffer()));
    };
    expect([(await post('a'.repeat(40_000))).status, (await post('a=%')).one('Code')]).toEqual([
      413,
      'InvalidParameter',
    ]);
    expect((await post('a=%ff')).one('Code')).toBe('InvalidParameter');
    expect((await post(Array.from({ length: 65 }, (_, i) => `p${i}=1`).join('&'))).one('Code')).toBe(
      'InvalidParameter',
    );
    expect((await post('')).one('Code')).toBe('MissingAction');
    for (const method of ['PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
      const response = await handle(new Request('http://localhost/-/sts', { method }), env, createExecutionContext());
      expect([method, response.status]).toEqual([method, 400]);
    }
  });
});
