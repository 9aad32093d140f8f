import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { request } from './support/http.ts';
import { type Server, startServer } from './support/server.ts';

interface Credentials {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  readonly Expiration: string;
}

interface Sts {
  assumeRole(role: string, policy?: unknown, seconds?: number, session?: string): Promise<{ credentials: Credentials }>;
}

interface Client {
  putBucket(name: string): Promise<unknown>;
  useBucket(name: string): void;
  put(name: string, content: Buffer): Promise<unknown>;
  get(name: string): Promise<{ content: Buffer }>;
  signatureUrl(name: string): string;
  signatureUrlV4(method: string, expires: number, request: object, name: string): Promise<string>;
}

const OSS = createRequire(import.meta.url)('ali-oss') as (new (
  options: object,
) => Client) & {
  STS: new (options: object) => Sts;
};

const account = '1000000000000001';
const bucket = 'sts-with-ali-oss';
const role = `acs:ram::${account}:role/uploader`;

describe('temporary credentials with ali-oss', () => {
  let server: Server;
  let sts: Sts;

  const client = (keys: object, authorizationV4: boolean) =>
    new OSS({ endpoint: server.endpoint, ...keys, region: 'oss-cn-hangzhou', bucket, authorizationV4 });

  beforeAll(async () => {
    const policy = {
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: ['oss:PutObject', 'oss:GetObject'], Resource: [`acs:oss:*:*:${bucket}/up/*`] },
      ],
    };
    server = await startServer({
      env: {
        ROLES: JSON.stringify([{ roleName: 'uploader', trusted: ['app'], policy }]),
        ACCESS_KEYS: JSON.stringify([
          { accessKeyId: 'app-key', accessKeySecret: 'app-secret', accountId: account, userName: 'app' },
          { accessKeyId: 'lazy-key', accessKeySecret: 'lazy-secret', accountId: account, userName: 'lazy' },
        ]),
      },
    });
    const { accessKeyId, accessKeySecret } = server;
    await client({ accessKeyId, accessKeySecret }, false).putBucket(bucket);
    sts = new OSS.STS({ accessKeyId: 'app-key', accessKeySecret: 'app-secret', endpoint: server.endpoint });
  });

  it.each([false, true])('are what the role allows, with signature V4: %s', async (authorizationV4) => {
    const { credentials } = await sts.assumeRole(role, undefined, 900, 'browser');
    const keys = {
      accessKeyId: credentials.AccessKeyId,
      accessKeySecret: credentials.AccessKeySecret,
      stsToken: credentials.SecurityToken,
    };
    const store = client(keys, authorizationV4);
    await store.put('up/测试 +.txt', Buffer.from('content'));
    expect((await store.get('up/测试 +.txt')).content.toString()).toBe('content');
    await expect(store.put('other.txt', Buffer.from('a'))).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
    const named = client({ ...keys, endpoint: 'http://oss-cn-hangzhou.aliyuncs.com' }, authorizationV4);
    const url = authorizationV4
      ? await named.signatureUrlV4('GET', 60, {}, 'up/测试 +.txt')
      : named.signatureUrl('up/测试 +.txt');
    const { host, pathname, search } = new URL(url);
    const answer = await request(server.port, { path: pathname + search, headers: { host } });
    expect([answer.status, answer.body.toString()]).toEqual([200, 'content']);
    const { stsToken: _, ...tokenless } = keys;
    await expect(client(tokenless, authorizationV4).get('up/测试 +.txt')).rejects.toMatchObject({
      code: 'InvalidAccessKeyId',
    });
  });

  it('are narrowed by a policy of the session, given as an object or as text', async () => {
    const narrow = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'oss:GetObject', Resource: '*' }] };
    for (const policy of [narrow, JSON.stringify(narrow)]) {
      const { credentials } = await sts.assumeRole(role, policy);
      const store = client(
        {
          accessKeyId: credentials.AccessKeyId,
          accessKeySecret: credentials.AccessKeySecret,
          stsToken: credentials.SecurityToken,
        },
        true,
      );
      await expect(store.put('up/b', Buffer.from('a'))).rejects.toMatchObject({ code: 'AccessDenied' });
      await expect(store.get('up/none')).rejects.toMatchObject({ code: 'NoSuchKey' });
    }
  });

  it('are refused with errors that it understands', async () => {
    await expect(sts.assumeRole('acs:ram::1:role/none')).rejects.toMatchObject({
      code: 'EntityNotExist.Role',
      status: 404,
    });
    await expect(sts.assumeRole(role, undefined, 60)).rejects.toMatchObject({
      code: 'InvalidParameter.DurationSeconds',
    });
    const wrong = new OSS.STS({
      accessKeyId: 'app-key',
      accessKeySecret: 'wrong',
      endpoint: `${server.endpoint}/-/sts`,
    });
    await expect(wrong.assumeRole(role)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    const lazy = new OSS.STS({
      accessKeyId: 'lazy-key',
      accessKeySecret: 'lazy-secret',
      endpoint: `${server.endpoint}/-/sts`,
    });
    await expect(lazy.assumeRole(role)).rejects.toMatchObject({ code: 'NoPermission', status: 403 });
  });
});
