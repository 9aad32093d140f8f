import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { issueSession, sessionKeys } from '../../../src/access/sessions.ts';
import { handle } from '../../../src/gateway.ts';
import { put } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { type Answer, accounts, newBucket, send, type Wish } from '../support/wire.ts';
import { assume, type Credentials } from './support.ts';

const ways = (['V1', 'V2', 'V4'] as const).flatMap((scheme) =>
  (['header', 'query'] as const).map((place) => ({ scheme, place })),
);

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  await send('PUT', `/${bucket}/key`, { body: 'content' });
});

/** Sends as whoever has these credentials. */
function sendBy(credentials: Partial<Credentials>, method: string, path: string, wish: Wish = {}): Promise<Answer> {
  const { AccessKeyId, AccessKeySecret, SecurityToken } = credentials;
  const key = { accessKeyId: AccessKeyId!, accessKeySecret: AccessKeySecret! };
  return send(method, path, {
    ...wish,
    key,
    signing: SecurityToken === undefined ? {} : { securityToken: SecurityToken },
  });
}

const outcome = (answer: Answer) => [answer.status, answer.code];

describe.each(ways)('temporary credentials, $scheme $place', (way) => {
  it('do what the role may, and nothing else', async () => {
    const credentials = await assume('reader');
    const read = await sendBy(credentials, 'GET', `/${bucket}/key`, way);
    expect([read.status, read.text]).toEqual([200, 'content']);
    const refused = await sendBy(credentials, 'PUT', `/${bucket}/new`, { ...way, body: 'a' });
    expect(outcome(refused)).toEqual([403, 'AccessDenied']);
    const managing = await sendBy(credentials, 'PUT', `/${bucket}?referer`, {
      ...way,
      body: '<RefererConfiguration/>',
    });
    expect(outcome(managing)).toEqual([403, 'AccessDenied']);
    expect(
      managing.all('AuthPrincipalType').concat(managing.all('AuthPrincipalDisplayName'), managing.all('AuthAction')),
    ).toEqual(['AssumedRoleUser', 'Reader:session', 'oss:PutBucketReferer']);
  });

  it('[Sec-26] are nothing without their token, with another one, or with a wrong secret', async () => {
    const [mine, yours] = [await assume('reader'), await assume('reader')];
    const { SecurityToken: _, ...tokenless } = mine;
    const get = (credentials: Partial<Credentials>) => sendBy(credentials, 'GET', `/${bucket}/key`, way).then(outcome);
    expect(await get(tokenless)).toEqual([403, 'InvalidAccessKeyId']);
    expect(await get({ ...mine, SecurityToken: yours.SecurityToken })).toEqual([
      403,
      'AccessKeyIdAndSecurityTokenNotMatch',
    ]);
    expect(await get({ ...mine, AccessKeySecret: yours.AccessKeySecret })).toEqual([403, 'SignatureDoesNotMatch']);
    for (const bad of [
      'garbage',
      mine.SecurityToken.slice(1),
      `${mine.SecurityToken}A`,
      `${mine.SecurityToken}=`,
      'A'.repeat(9_000),
    ]) {
      expect([bad.slice(0, 9), ...(await get({ ...mine, SecurityToken: bad }))]).toEqual([
        bad.slice(0, 9),
        403,
        'InvalidSecurityToken',
      ]);
    }
    // A permanent key with somebody's token is not passed off as the key alone.
    const mixed = { AccessKeyId: 'OWNERKEY', AccessKeySecret: 'owner-secret', SecurityToken: mine.SecurityToken };
    expect(await get(mixed)).toEqual([403, 'AccessKeyIdAndSecurityTokenNotMatch']);
    expect(await get(mine)).toEqual([200, undefined]);
  });

  it('end when they are said to', async () => {
    const keys = sessionKeys('owner-secret');
    const issue = (expires: number) => {
      const { accessKeyId, accessKeySecret, securityToken } = issueSession(keys, {
        accountId: accounts.owner,
        roleName: 'Reader',
        sessionName: 'test',
        expires,
      });
      return { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret, SecurityToken: securityToken };
    };
    const now = Date.now();
    const late = await sendBy(issue(now - 1), 'GET', `/${bucket}/key`, way);
    expect(outcome(late)).toEqual([403, 'SecurityTokenExpired']);
    expect((await sendBy(issue(now + 60_000), 'GET', `/${bucket}/key`, way)).status).toBe(200);
  });
});

describe('a session', () => {
  it('is narrowed by its own policy', async () => {
    const policy = (statement: object) => JSON.stringify({ Version: '1', Statement: [statement] });
    const Policy = policy({ Effect: 'Allow', Action: 'oss:GetObject', Resource: `acs:oss:*:*:${bucket}/k*` });
    const narrow = await assume('everything', { Policy }, { as: 'user' });
    expect((await sendBy(narrow, 'GET', `/${bucket}/key`)).text).toBe('content');
    for (const [method, path] of [
      ['PUT', 'key'],
      ['GET', 'other'],
      ['GET', ''],
    ] as const) {
      const answer = await sendBy(narrow, method, `/${bucket}/${path}`, method === 'PUT' ? { body: 'a' } : {});
      expect([path, ...outcome(answer), answer.one('PolicyType')]).toEqual([
        path,
        403,
        'AccessDenied',
        'SessionPolicy',
      ]);
    }
    const whole = await assume('everything', {}, { as: 'user' });
    expect((await sendBy(whole, 'GET', `/${bucket}`)).status).toBe(200);
    // It cannot widen the role.
    const Wider = policy({ Effect: 'Allow', Action: '*', Resource: '*' });
    const wider = await assume('reader', { Policy: Wider });
    expect(outcome(await sendBy(wider, 'PUT', `/${bucket}/new`, { body: 'a' }))).toEqual([403, 'AccessDenied']);
  });

  it('gets what a bucket policy gives its role and name', async () => {
    const own = await newBucket();
    await send('PUT', `/${own}/key`, { body: 'content' });
    const grant = (principal: string) =>
      put(
        own,
        'policy',
        JSON.stringify({
          Version: '1',
          Statement: [
            { Effect: 'Allow', Action: 'oss:GetObject', Principal: [principal], Resource: `acs:oss:*:*:${own}/*` },
          ],
        }),
      );
    const session = await assume('nothing', { RoleSessionName: 'alice' });
    expect(outcome(await sendBy(session, 'GET', `/${own}/key`))).toEqual([403, 'AccessDenied']);
    for (const [principal, status] of [
      [`arn:sts::${accounts.owner}:assumed-role/nothing/alice`, 200],
      [`arn:sts::${accounts.owner}:assumed-role/nothing/*`, 200],
      [`arn:sts::${accounts.owner}:assumed-role/nothing/bob`, 403],
      [`arn:sts::${accounts.owner}:assumed-role/reader/*`, 403],
      [accounts.owner, 403],
    ] as const) {
      expect((await grant(principal)).status).toBe(200);
      expect([principal, (await sendBy(session, 'GET', `/${own}/key`)).status]).toEqual([principal, status]);
    }
  });

  it('[RequestPaymentEnforcement-5] belongs to the account of its role', async () => {
    const foreign = await assume('foreign', { RoleArn: `acs:ram::${accounts.other}:role/foreign` });
    const open = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${open}/key`, { body: 'content' });
    await put(
      open,
      'requestPayment',
      '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>',
    );
    const refused = await sendBy(foreign, 'GET', `/${open}/key`);
    expect([...outcome(refused), refused.header('x-oss-ec')]).toEqual([403, 'AccessDenied', '0003-00000703']);
    const accepted = await sendBy(foreign, 'GET', `/${open}/key`, { headers: { 'x-oss-request-payer': 'requester' } });
    expect([accepted.status, accepted.header('x-oss-request-charged')]).toEqual([200, 'requester']);
    const own = await assume('reader');
    expect((await sendBy(own, 'GET', `/${open}/key`)).status).toBe(200);
  });

  it('owns the bucket that it creates for its account', async () => {
    const whole = await assume('everything', {}, { as: 'user' });
    const name = `${bucket}-made`;
    expect((await sendBy(whole, 'PUT', `/${name}`)).status).toBe(200);
    expect((await send('GET', `/${name}?bucketInfo`)).one('ID')).toBe(accounts.owner);
  });

  it('ends with its role, and with the secret that sealed it', async () => {
    const session = await assume('reader');
    const at = (change: Record<string, string>) => {
      const other = { ...(env as unknown as Record<string, unknown>), ...change } as unknown as Env;
      const via = (request: Request) => handle(request, other, createExecutionContext());
      return sendBy(session, 'GET', `/${bucket}/key`, { via }).then(outcome);
    };
    expect(await at({})).toEqual([200, undefined]);
    expect(await at({ ROLES: '' })).toEqual([403, 'InvalidSecurityToken']);
    expect(await at({ ROLES: '[{"roleName":"reader"}]' })).toEqual([403, 'AccessDenied']);
    expect(await at({ TOKEN_SECRET: 'another' })).toEqual([403, 'InvalidSecurityToken']);
    expect(await at({ TOKEN_SECRET: 'owner-secret' })).toEqual([200, undefined]);
  });

  it('[Sec-36] keeps its token out of error documents', async () => {
    const session = await assume('reader');
    for (const way of ways) {
      const answer = await sendBy({ ...session, AccessKeySecret: 'wrong' }, 'GET', `/${bucket}/key`, way);
      expect(answer.code).toBe('SignatureDoesNotMatch');
      expect(answer.text).not.toContain(session.SecurityToken);
      expect(answer.text).toContain('******');
    }
  });

  it('is read without any look at what is stored', async () => {
    const session = await assume('reader');
    const { answer, calls } = await counted('GET', `/${bucket}/key`, {
      key: { accessKeyId: session.AccessKeyId, accessKeySecret: session.AccessKeySecret },
      signing: { securityToken: `${session.SecurityToken}A` },
    });
    expect(outcome(answer)).toEqual([403, 'InvalidSecurityToken']);
    expect(calls).toEqual({ index: 0, blobs: 0, bucket: 0, directory: 0, edgeCopy: 0, domain: 0 });
  });
});
