import { afterEach, describe, expect, it, vi } from 'vitest';
import { keys, newBucket, send } from '../support/wire.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const user = { accessKeyId: 'NEWKEY', accessKeySecret: 'new-secret', accountId: '1000000000000001', userName: 'new' };
const policy = { Version: '1', Statement: [{ Effect: 'Allow', Action: ['oss:*'], Resource: ['*'] }] };
const withKeys = (...list: unknown[]) => ({ ACCESS_KEYS: JSON.stringify(list) });
const withRoles = (...list: unknown[]) => ({ ROLES: JSON.stringify(list) });

describe('a deployment whose variables make no sense', () => {
  it('says so at its first request, whoever sends it, and serves nobody', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const bucket = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${bucket}/a`, { body: 'a' });
    const faults: [Record<string, string>, RegExp][] = [
      [{ ACCESS_KEYS: '{' }, /ACCESS_KEYS is not JSON/],
      [withKeys({ ...user, username: 'new' }), /ACCESS_KEYS\[0\] has an unknown field "username"/],
      [
        withKeys({ ...user, policy: { ...policy, Version: '2' } }),
        /ACCESS_KEYS\[0\] has a "policy" that cannot be used/,
      ],
      [withKeys({ ...user, policy: '{' }), /ACCESS_KEYS\[0\] has a "policy" that cannot be used/],
      [{ ROLES: '[' }, /ROLES is not JSON/],
      [withRoles({ roleName: 'r', policy: { Statement: 1 } }), /ROLES entry 1 has a "policy" that cannot be used/],
      [{ ENCRYPTION_KEY: 'short' }, /ENCRYPTION_KEY/],
      [{ KMS_KEYS: '[]' }, /KMS_KEYS/],
    ];
    for (const [variables, message] of faults) {
      for (const wish of [{}, { as: 'anonymous' }, { key: user }] as const) {
        const answer = await send('GET', `/${bucket}/a`, { ...wish, variables });
        expect([message, answer.status]).toEqual([message, 503]);
        expect(answer.text).toMatch(/^This gateway is not configured: /);
        expect(answer.text).toMatch(message);
        for (const { accessKeySecret } of [user, ...Object.values(keys)])
          expect(answer.text).not.toContain(accessKeySecret);
      }
    }
  });

  it('serves everybody where they do', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/a`, { body: 'a' });
    const given = withKeys({ ...user, policy });
    expect((await send('GET', `/${bucket}/a`, { key: user, variables: given })).text).toBe('a');
    const none = withKeys({ ...user, policy: { Version: '1', Statement: [] } });
    expect((await send('GET', `/${bucket}/a`, { key: user, variables: none })).code).toBe('AccessDenied');
  });
});
