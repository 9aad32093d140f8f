import { describe, expect, it } from 'vitest';
import { md5, put } from '../support/config.ts';
import { accounts, newBucket, send, type Wish } from '../support/wire.ts';

const statement = (bucket: string, fields: object = {}) => ({
  Effect: 'Allow',
  Action: ['oss:GetObject'],
  Principal: [accounts.other],
  Resource: [`acs:oss:*:${accounts.owner}:${bucket}/*`],
  ...fields,
});
const policy = (...statements: object[]) => JSON.stringify({ Version: '1', Statement: statements });
const get = (bucket: string, wish: Wish = {}) => send('GET', `/${bucket}?policy`, wish);

describe('PutBucketPolicy', () => {
  it('[PutBucketPolicy-1] [GetBucketPolicy-1] [GetBucketPolicy-3] keeps the document byte for byte, whatever its type', async () => {
    const bucket = await newBucket();
    const text = `{ "Version":"1",\r\n\t"Statement" : [${JSON.stringify(statement(bucket))}]\u0020}\n`;
    for (const type of ['application/json', 'text/plain', 'application/xml', 'multipart/form-data; boundary=a']) {
      const answer = await put(bucket, 'policy', text, { headers: { 'content-type': type } });
      expect([answer.status, answer.header('content-length'), answer.bytes.length]).toEqual([200, '0', 0]);
    }
    const stored = await get(bucket);
    expect([stored.status, stored.text]).toEqual([200, text]);
    expect(stored.header('content-type')).toMatch(/^application\/json/);
  });

  it('[PutBucketPolicy-2] replaces the whole policy', async () => {
    const bucket = await newBucket();
    await put(bucket, 'policy', policy(statement(bucket), statement(bucket, { Action: ['oss:PutObject'] })));
    const second = policy(statement(bucket, { Action: ['oss:DeleteObject'] }));
    await put(bucket, 'policy', second);
    expect((await get(bucket)).text).toBe(second);
  });

  it('[PutBucketPolicy-3] [PutBucketPolicy-4] [PutBucketPolicy-5] takes bare texts, no Principal and foreign resources', async () => {
    const bucket = await newBucket();
    const { Principal: _, ...open } = statement(bucket);
    for (const good of [
      policy(statement(bucket, { Action: 'oss:*', Principal: '*', Resource: `acs:oss:*:*:${bucket}` })),
      policy(open),
      policy(statement(bucket, { Resource: ['acs:oss:oss-cn-hangzhou:1234567890:*/*'] })),
      policy(statement(bucket, { Principal: ['arn:sts::1000000000000001:assumed-role/role/*', '3001'] })),
    ]) {
      expect((await put(bucket, 'policy', good)).status).toBe(200);
      expect((await get(bucket)).text).toBe(good);
    }
  });

  it('[PutBucketPolicy-8] refuses what is no policy, and keeps the one there is', async () => {
    const bucket = await newBucket();
    const kept = policy(statement(bucket));
    await put(bucket, 'policy', kept);
    const long = policy(statement(bucket, { Action: Array<string>(400).fill('oss:GetObject') }));
    const cases: [string | Uint8Array, string][] = [
      ['policy', '0030-00000005'],
      ['', '0030-00000005'],
      ['<Policy/>', '0030-00000005'],
      ['[]', '0030-00000005'],
      [policy(), '0030-00000005'],
      [kept.replace('"1"', '"2"'), '0030-00000005'],
      [kept.replace('"Version":"1",', ''), '0030-00000005'],
      [kept.replace('"Version":"1"', '"Version":"1","Version":"1"'), '0030-00000005'],
      [policy(statement(bucket, { Effect: 'allow' })), '0030-00000005'],
      [policy(statement(bucket, { Action: [] })), '0030-00000005'],
      [policy(statement(bucket, { Action: 'ecs:Start' })), '0030-00000005'],
      [policy(statement(bucket, { NotAction: 'oss:GetObject' })), '0030-00000005'],
      [policy(statement(bucket, { Resource: bucket })), '0030-00000005'],
      [policy(statement(bucket, { Principal: ['acs:ram::1:user/a'] })), '0030-00000005'],
      [policy(statement(bucket, { Condition: { Sounds: { 'acs:SourceIp': '1.1.1.1' } } })), '0030-00000005'],
      [policy(statement(bucket, { Condition: { IpAddress: { 'acs:SourceIp': 'here' } } })), '0030-00000005'],
      [long, '0030-00000003'],
      [kept.padEnd(16 * 1_024 + 1), '0030-00000001'],
      [new Uint8Array([0x22, 0xff, 0x22]), '0030-00000005'],
      [`${'['.repeat(5_000)}${']'.repeat(5_000)}`, '0030-00000005'],
    ];
    for (const [body, ec] of cases) {
      const answer = await send('PUT', `/${bucket}?policy`, { body });
      const shown = String(body).slice(0, 160);
      expect([shown, answer.status, answer.code, answer.header('x-oss-ec')]).toEqual([
        shown,
        400,
        'InvalidPolicyDocument',
        ec,
      ]);
      expect(answer.header('content-type')).toBe('application/xml');
    }
    expect((await get(bucket)).text).toBe(kept);
    expect((await put(bucket, 'policy', kept.padEnd(16 * 1_024))).status).toBe(200);
  });

  it('[Common-16] checks Content-MD5', async () => {
    const bucket = await newBucket();
    const body = policy(statement(bucket));
    expect((await put(bucket, 'policy', body, { headers: { 'content-md5': md5(`${body} `) } })).code).toBe(
      'InvalidDigest',
    );
    expect((await get(bucket)).status).toBe(404);
    expect((await put(bucket, 'policy', body, { headers: { 'content-md5': md5(body) } })).status).toBe(200);
  });

  it('[PutBucketPolicy-10] [Hns-2] works in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await put(bucket, 'policy', policy(statement(bucket)))).status).toBe(200);
    expect((await send('DELETE', `/${bucket}?policy`)).status).toBe(204);
  });
});

describe('who manages a policy', () => {
  it('[PutBucketPolicy-9] [GetBucketPolicy-4] is the owner alone, whatever the ACL opens', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    await put(bucket, 'policy', policy(statement(bucket)));
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const body = method === 'PUT' ? { body: policy(statement(bucket)) } : {};
      for (const as of ['anonymous', 'other', 'user'] as const) {
        const answer = await send(method, `/${bucket}?policy`, { as, ...body });
        expect([method, as, answer.status, answer.code]).toEqual([method, as, 403, 'AccessDenied']);
      }
    }
  });

  it('[PutBucketPolicy-9] can be whom the policy permits', async () => {
    const bucket = await newBucket();
    const manage = ['oss:PutBucketPolicy', 'oss:GetBucketPolicy', 'oss:DeleteBucketPolicy'];
    const open = policy(
      statement(bucket, { Action: manage, Principal: ['user'], Resource: [`acs:oss:*:*:${bucket}`] }),
    );
    await put(bucket, 'policy', open);
    expect((await get(bucket, { as: 'user' })).text).toBe(open);
    expect((await put(bucket, 'policy', open, { as: 'user' })).status).toBe(200);
    expect((await send('DELETE', `/${bucket}?policy`, { as: 'user' })).status).toBe(204);
    expect((await get(bucket, { as: 'user' })).status).toBe(403);
  });

  it('[PutBucketPolicy-6] stays the owner, also under a policy that denies everybody everything', async () => {
    const bucket = await newBucket();
    const condition = { Bool: { 'acs:SecureTransport': ['false'] } };
    const everything = [`acs:oss:*:*:${bucket}`, `acs:oss:*:*:${bucket}/*`];
    const lock = policy(
      statement(bucket, {
        Effect: 'Deny',
        Action: ['*'],
        Principal: ['*'],
        Resource: everything,
        Condition: condition,
      }),
    );
    await put(bucket, 'policy', lock);
    const denied = await send('GET', `/${bucket}`);
    expect([denied.status, denied.header('x-oss-ec'), denied.one('Message')]).toEqual([
      403,
      '0003-00000101',
      'Access denied by bucket policy.',
    ]);
    expect((await get(bucket)).text).toBe(lock);
    expect((await put(bucket, 'policy', lock)).status).toBe(200);
    expect((await send('DELETE', `/${bucket}?policy`)).status).toBe(204);
    expect((await send('GET', `/${bucket}`)).status).toBe(200);
  });

  it('[GetBucketPolicy-2] [DeleteBucketPolicy-1] [DeleteBucketPolicy-2] know a bucket without one', async () => {
    const bucket = await newBucket();
    const none = await get(bucket);
    expect([none.status, none.code, none.one('BucketName')]).toEqual([404, 'NoSuchBucketPolicy', bucket]);
    expect(none.header('content-type')).toBe('application/xml');
    const deleted = await send('DELETE', `/${bucket}?policy`);
    expect([deleted.status, deleted.bytes.length]).toEqual([204, 0]);

    await send('PUT', `/${bucket}/key`, { body: 'content' });
    await put(bucket, 'policy', policy(statement(bucket)));
    expect((await send('GET', `/${bucket}/key`, { as: 'other' })).text).toBe('content');
    expect((await send('DELETE', `/${bucket}?policy`)).status).toBe(204);
    expect((await send('GET', `/${bucket}/key`, { as: 'other' })).status).toBe(403);
    expect((await get(bucket)).code).toBe('NoSuchBucketPolicy');
  });
});
