import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import type { Operation } from '../../../src/oss/operation.ts';
import { md5, put } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { type Answer, accounts, newBucket, send, type Wish } from '../support/wire.ts';
import { judged, requestFor } from './support.ts';

interface Rule {
  readonly effect?: 'Allow' | 'Deny';
  readonly action?: string | readonly string[];
  readonly principal?: string | readonly string[];
  /** Keys, by pattern; without any the bucket itself and all of its objects. */
  readonly keys?: readonly string[];
  readonly condition?: object;
}

async function setPolicy(bucket: string, ...rules: readonly Rule[]): Promise<void> {
  const body = JSON.stringify({
    Version: '1',
    Statement: rules.map(({ effect = 'Allow', action = 'oss:*', principal = accounts.other, keys, condition }) => ({
      Effect: effect,
      Action: action,
      Principal: [principal].flat(),
      Resource: keys?.map((key) => `acs:oss:*:*:${bucket}/${key}`) ?? [
        `acs:oss:*:*:${bucket}`,
        `acs:oss:*:*:${bucket}/*`,
      ],
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  });
  const answer = await put(bucket, 'policy', body);
  expect([body, answer.status]).toEqual([body, 200]);
}

function expectDenied(answer: Answer, what: unknown = ''): void {
  expect([what, answer.status, answer.code]).toEqual([what, 403, 'AccessDenied']);
}

describe('a bucket policy', () => {
  it('[PutBucketPolicy-6] denies each operation of the table by its action, and only that', async () => {
    const bucket = await newBucket();
    for (const action of new Set(judged.map((row) => row.action))) {
      await setPolicy(bucket, {}, { effect: 'Deny', action: `oss:${action}` });
      for (const row of judged) {
        if (row.action !== action) continue;
        const answer = await send(...requestFor(row, bucket));
        expect([row.name, answer.status, answer.header('x-oss-ec')]).toEqual([row.name, 403, '0003-00000101']);
      }
    }
    await setPolicy(bucket, {});
    // The one that takes the permission away comes last.
    const last = (row: Operation) => Number(row.name === 'DeleteBucketPolicy');
    for (const row of judged.toSorted((a, b) => last(a) - last(b))) {
      const answer = await send(...requestFor(row, bucket));
      const lacksPermission = answer.code === 'AccessDenied' && !answer.error.includes('Hierarchical namespace');
      expect([row.name, lacksPermission]).toEqual([row.name, false]);
    }
  });

  it('[PutBucketPolicy-6] allows an operation by its action alone', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/key`, { body: 'content' });
    const tries: [string, string, string, Wish?][] = [
      ['GetObject', 'GET', '/key'],
      ['GetObject', 'HEAD', '/key'],
      ['PutObject', 'PUT', '/new', { body: 'a' }],
      ['DeleteObject', 'DELETE', '/new'],
      ['ListObjects', 'GET', ''],
      ['GetBucketInfo', 'GET', '?bucketInfo'],
      ['GetBucketCors', 'GET', '?cors'],
      ['PutObjectAcl', 'PUT', '/key?acl', { headers: { 'x-oss-object-acl': 'default' } }],
    ];
    for (const [action] of tries) {
      await setPolicy(bucket, { action: `oss:${action}` });
      for (const [needed, method, path, wish] of tries) {
        const { status } = await send(method, `/${bucket}${path}`, { as: 'other', ...wish });
        expect([action, needed, path, status !== 403]).toEqual([action, needed, path, needed === action]);
      }
    }
  });

  it('[DeleteBucket-1] hands the deletion of the bucket to nobody', async () => {
    const bucket = await newBucket();
    await setPolicy(bucket, { principal: [accounts.other, 'user'] });
    expectDenied(await send('DELETE', `/${bucket}`, { as: 'other' }));
    expect((await send('DELETE', `/${bucket}`, { as: 'user' })).status).toBe(204);
  });

  it('[Sec-24] asks for the permission on a version where one is named', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/key`, { body: 'content' });
    await setPolicy(bucket, { action: ['oss:GetObject', 'oss:DeleteObject'] });
    expect((await send('GET', `/${bucket}/key`, { as: 'other' })).text).toBe('content');
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      expectDenied(await send(method, `/${bucket}/key?versionId=null`, { as: 'other' }), method);
    }
    const body = '<Delete><Object><Key>key</Key><VersionId>null</VersionId></Object></Delete>';
    const batch = { body, headers: { 'content-md5': md5(body) } };
    expectDenied(await send('POST', `/${bucket}?delete`, { as: 'other', ...batch }));
    await setPolicy(bucket, { action: ['oss:GetObjectVersion', 'oss:DeleteObjectVersion'] });
    expectDenied(await send('GET', `/${bucket}/key`, { as: 'other' }));
    expect((await send('GET', `/${bucket}/key?versionId=null`, { as: 'other' })).text).toBe('content');
    expect((await send('POST', `/${bucket}?delete`, { as: 'other', ...batch })).status).toBe(200);
    expect((await send('GET', `/${bucket}/key`)).status).toBe(404);
  });

  it('[Sec-24] judges each key of a batch deletion, and deletes none if one is denied', async () => {
    const bucket = await newBucket();
    const keys = ['free/1', 'free/2', 'kept/1'];
    for (const key of keys) await send('PUT', `/${bucket}/${key}`, { body: key });
    await setPolicy(bucket, { keys: ['*'] }, { effect: 'Deny', action: 'oss:DeleteObject', keys: ['kept/*'] });
    const remove = (...which: string[]) => {
      const body = `<Delete>${which.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
      return send('POST', `/${bucket}?delete`, { as: 'other', body, headers: { 'content-md5': md5(body) } });
    };
    expectDenied(await remove(...keys));
    for (const key of keys) expect((await send('GET', `/${bucket}/${key}`)).text).toBe(key);
    expect((await remove('free/1', 'free/2')).all('Key')).toEqual(['free/1', 'free/2']);
    expect((await send('GET', `/${bucket}/free/1`)).status).toBe(404);
    expect((await send('GET', `/${bucket}/kept/1`)).status).toBe(200);
  });

  it('[PutBucketPolicy-5] lets everybody in by *, and denies everybody but the owner', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${bucket}/open/key`, { body: 'content' });
    await send('PUT', `/${bucket}/shut/key`, { body: 'content' });
    await setPolicy(
      bucket,
      { action: 'oss:PutObject', principal: '*', keys: ['open/*'] },
      { effect: 'Deny', principal: '*', keys: ['shut/*'] },
    );
    for (const as of ['anonymous', 'other'] as const) {
      expect((await send('PUT', `/${bucket}/open/${as}`, { as, body: 'a' })).status).toBe(200);
      expectDenied(await send('PUT', `/${bucket}/elsewhere/${as}`, { as, body: 'a' }));
      expect((await send('GET', `/${bucket}/open/key`, { as })).status).toBe(200);
      expectDenied(await send('GET', `/${bucket}/shut/key`, { as }));
    }
    expect((await send('GET', `/${bucket}/shut/key`)).text).toBe('content');
  });

  it('opens listings, which no ACL does, by prefix', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${bucket}/a/1`, { body: '1' });
    expectDenied(await send('GET', `/${bucket}`, { as: 'anonymous' }));
    await setPolicy(bucket, {
      action: 'oss:ListObjects',
      principal: '*',
      condition: { StringLike: { 'oss:Prefix': ['a/*'] } },
    });
    expect((await send('GET', `/${bucket}?prefix=a/`, { as: 'anonymous' })).all('Key')).toEqual(['a/1']);
    expect((await send('GET', `/${bucket}?list-type=2&prefix=a/1`, { as: 'anonymous' })).all('Key')).toEqual(['a/1']);
    for (const query of ['', '?prefix=', '?prefix=b/', '?prefix=b/&prefix=a/']) {
      expectDenied(await send('GET', `/${bucket}${query}`, { as: 'anonymous' }), query);
    }
  });

  it('gives a RAM user what it lacks, and takes what it has', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/key`, { body: 'content' });
    expectDenied(await send('GET', `/${bucket}/key`, { as: 'user' }));
    expect((await send('GET', `/${bucket}/key`, { as: 'reader' })).status).toBe(200);
    await setPolicy(bucket, { principal: 'user' }, { effect: 'Deny', principal: 'reader', action: 'oss:GetObject' });
    expect((await send('GET', `/${bucket}/key`, { as: 'user' })).status).toBe(200);
    const denied = await send('GET', `/${bucket}/key`, { as: 'reader' });
    expect([denied.status, denied.header('x-oss-ec')]).toEqual([403, '0003-00000101']);
    expect((await send('GET', `/${bucket}?acl`, { as: 'reader' })).status).toBe(200);
  });
});

it('[PutBucketPolicy-5] a user’s name that two accounts have names the bucket owner’s own user alone', async () => {
  const bucket = await newBucket();
  await send('PUT', `/${bucket}/key`, { body: 'content' });
  await setPolicy(bucket, { action: 'oss:GetObject', principal: ['alice', 'bob'] });
  const user = (accountId: string, userName: string) => ({
    accessKeyId: `${accountId}-${userName}`,
    accessKeySecret: 's',
    accountId,
    userName,
  });
  const users = [user(accounts.owner, 'alice'), user(accounts.other, 'alice'), user(accounts.other, 'bob')];
  const variables = { ACCESS_KEYS: JSON.stringify(users) };
  const statuses = await Promise.all(
    users.map(async (key) => (await send('GET', `/${bucket}/key`, { key, variables })).status),
  );
  expect(statuses).toEqual([200, 403, 200]);
});

describe('the conditions of a policy', () => {
  let bucket: string;
  const read = (wish: Wish = {}) => send('GET', `/${bucket}/key`, { as: 'other', ...wish });

  beforeAll(async () => {
    bucket = await newBucket();
    await send('PUT', `/${bucket}/key`, { body: 'content' });
  });

  it('[PutBucketPolicy-7] can ask for HTTPS', async () => {
    await setPolicy(
      bucket,
      {},
      { effect: 'Deny', principal: '*', condition: { Bool: { 'acs:SecureTransport': 'false' } } },
    );
    expectDenied(await read());
    const secure = (request: Request) => Promise.resolve(new Request(request.url.replace('http:', 'https:'), request));
    const { exports } = await import('cloudflare:workers');
    const via = async (request: Request) => exports.default.fetch(await secure(request));
    expect((await read({ via })).text).toBe('content');
  });

  it('[Sec-21] [Sec-22] knows the address from the platform alone, and nothing from headers', async () => {
    await setPolicy(bucket, { condition: { IpAddress: { 'acs:SourceIp': ['192.0.2.0/24'] } } });
    const from = (clientIp: string, headers: Record<string, string> = {}) =>
      read({
        unsigned: { headers },
        via: async (request) => {
          const { exports } = await import('cloudflare:workers');
          return exports.default.fetch(
            new Request(request, { cf: { clientIp } as unknown as IncomingRequestCfProperties }),
          );
        },
      });
    expect((await from('192.0.2.7')).text).toBe('content');
    expect((await from('[::ffff:192.0.2.7]:4711')).text).toBe('content');
    expectDenied(await from('198.51.100.7'));
    for (const name of [
      'x-forwarded-for',
      'x-real-ip',
      'cf-connecting-ip',
      'true-client-ip',
      'forwarded',
      'acs:SourceIp',
    ]) {
      const headers = name.includes(':') ? { sourceip: '192.0.2.7' } : { [name]: '192.0.2.7' };
      expectDenied(await from('198.51.100.7', headers), name);
    }
  });

  it('[Sec-21] knows key and time from the gateway, not from the client', async () => {
    await setPolicy(bucket, { condition: { StringEquals: { 'acs:AccessId': 'OTHERKEY' } } });
    expect((await read()).status).toBe(200);
    await setPolicy(bucket, { condition: { StringEquals: { 'acs:AccessId': 'OWNERKEY' } } });
    expectDenied(await read({ unsigned: { headers: { 'access-id': 'OWNERKEY', accessid: 'OWNERKEY' } } }));
    await setPolicy(bucket, { condition: { DateLessThan: { 'acs:CurrentTime': '2020-01-01T00:00:00Z' } } });
    expectDenied(await read());
    await setPolicy(bucket, { condition: { DateGreaterThan: { 'acs:CurrentTime': '2020-01-01T00:00:00Z' } } });
    expect((await read()).status).toBe(200);
  });

  it('[Sec-23] a negated condition holds where the key is missing, and for none of its values', async () => {
    const deny = (condition: object): Rule => ({ effect: 'Deny', principal: '*', condition });
    await setPolicy(bucket, {}, deny({ StringNotLike: { 'acs:UserAgent': ['good/*', 'fine/*'] } }));
    for (const [agent, status] of [
      ['good/1', 200],
      ['fine/2', 200],
      ['bad/1', 403],
      [undefined, 403],
    ] as const) {
      const headers: Record<string, string> = agent === undefined ? {} : { 'user-agent': agent };
      expect([agent, (await read({ unsigned: { headers } })).status]).toEqual([agent, status]);
    }
    await setPolicy(bucket, {}, deny({ StringNotEquals: { 'acs:SourceVpc': ['vpc-1'] } }));
    expectDenied(await read());
  });

  it('can say which ACLs may be set', async () => {
    await setPolicy(
      bucket,
      {},
      {
        effect: 'Deny',
        action: ['oss:PutObject', 'oss:PutObjectAcl'],
        condition: { StringEquals: { 'oss:x-oss-object-acl': ['public-read', 'public-read-write'] } },
      },
    );
    const give = (acl: string) =>
      send('PUT', `/${bucket}/other?acl`, { as: 'other', headers: { 'x-oss-object-acl': acl } });
    await send('PUT', `/${bucket}/other`, { body: 'a' });
    expectDenied(await give('public-read'));
    expect((await give('private')).status).toBe(200);
  });
});

describe('a policy in force', () => {
  it('[Sec-25] tells a refused caller nothing of the object', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    const { headers } = await send('PUT', `/${bucket}/key`, { body: 'content' });
    const etag = headers.get('etag')!;
    await setPolicy(bucket, { effect: 'Deny', principal: '*', action: 'oss:GetObject' });
    for (const conditions of [
      { 'if-none-match': etag },
      { 'if-match': '"no"' },
      { 'if-modified-since': new Date().toUTCString() },
    ]) {
      const answer = await send('GET', `/${bucket}/key`, {
        as: 'anonymous',
        headers: conditions as Record<string, string>,
      });
      expectDenied(answer);
      expect([answer.header('etag'), answer.header('last-modified')]).toEqual([null, null]);
    }
    const owner = await send('GET', `/${bucket}/key`, { unsigned: { headers: { 'if-none-match': etag } } });
    expect(owner.status).toBe(304);
  });

  it('refuses before anything stored is touched', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/key`, { body: 'content' });
    await setPolicy(bucket, {}, { effect: 'Deny', principal: '*', keys: ['key'] });
    for (const as of ['other', 'anonymous'] as const) {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
        const wish = { as, ...(method === 'PUT' ? { body: 'new' } : {}) };
        const { answer, calls } = await counted(method, `/${bucket}/key`, wish);
        expectDenied(answer, method);
        expect([calls.index, calls.blobs]).toEqual([0, 0]);
      }
    }
    const { answer, calls } = await counted('GET', `/${bucket}/none`, { as: 'other' });
    expect([answer.status, calls.index]).toEqual([404, 1]);
  });

  it('[DeleteBucketPolicy-2] is the one of now: an old copy neither grants nor denies', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/key`, { body: 'content' });
    const copy = () => env.BUCKET.get(env.BUCKET.idFromName(bucket)).load();
    await setPolicy(bucket, { action: 'oss:GetObject' });
    const granting = await copy();
    await send('DELETE', `/${bucket}?policy`);
    const bare = await copy();
    configCopies.clear();
    configCopies.set(bucket, granting!);
    expectDenied(await send('GET', `/${bucket}/key`, { as: 'other' }));
    await setPolicy(bucket, { action: 'oss:GetObject' });
    configCopies.clear();
    configCopies.set(bucket, bare!);
    expect((await send('GET', `/${bucket}/key`, { as: 'other' })).text).toBe('content');
  });
});
