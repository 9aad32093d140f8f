import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from '../../src/settings.ts';

const needed = { OSS_ACCESS_KEY_ID: 'id', OSS_ACCESS_KEY_SECRET: 'secret', OSS_ACCOUNT_ID: '1' };

function fault(variables: Record<string, unknown>): string {
  try {
    readSettings(variables);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('accepted');
}

describe('readSettings', () => {
  it('has the defaults of the run contract', () => {
    const settings = readSettings(needed);
    expect(settings).toMatchObject({
      region: 'oss-cn-hangzhou',
      serviceDomains: ['localhost', 'oss-cn-hangzhou.aliyuncs.com', 'oss-cn-hangzhou-internal.aliyuncs.com'],
      extranetEndpoint: 'localhost',
      intranetEndpoint: 'localhost',
      indexShards: 1,
      daySeconds: 86_400,
      allowPrivateOrigins: false,
      local: false,
    });
    expect([...settings.credentials.values()]).toEqual([
      { accessKeyId: 'id', accessKeySecret: 'secret', accountId: '1' },
    ]);
  });

  it('takes what is set', () => {
    const settings = readSettings({
      ...needed,
      OSS_REGION: 'oss-cn-beijing',
      SERVICE_DOMAIN: ' OSS.example.com , localhost,',
      EXTRANET_ENDPOINT: 'oss.example.com:8080',
      INDEX_SHARDS: '16',
      ALLOW_PRIVATE_ORIGINS: 'true',
      LOCAL: 'true',
      DAY_SECONDS: '2.5',
    });
    expect(settings).toMatchObject({
      region: 'oss-cn-beijing',
      serviceDomains: ['oss.example.com', 'localhost'],
      extranetEndpoint: 'oss.example.com:8080',
      intranetEndpoint: 'oss.example.com:8080',
      indexShards: 16,
      allowPrivateOrigins: true,
      daySeconds: 2.5,
    });
    expect(readSettings({ ...needed, OSS_REGION: 'oss-a' }).serviceDomains[1]).toBe('oss-a.aliyuncs.com');
    expect(readSettings({ ...needed, EXTRANET_ENDPOINT: 'a', INTRANET_ENDPOINT: 'b' }).intranetEndpoint).toBe('b');
  });

  it('[Sec-44] does not start without credentials, and has no default ones', () => {
    for (const name of Object.keys(needed)) {
      for (const value of ['', undefined, 7])
        expect(fault({ ...needed, [name]: value })).toContain(`${name} is not set`);
    }
  });

  it('reads more access keys: accounts, and RAM users with their policy', () => {
    const policy = { Version: '1', Statement: [] };
    const keys = [
      { accessKeyId: 'other', accessKeySecret: 's', accountId: '2' },
      { accessKeyId: 'user', accessKeySecret: 's', accountId: '1', userName: 'u', userId: '7', policy },
    ];
    const { credentials } = readSettings({ ...needed, ACCESS_KEYS: JSON.stringify(keys) });
    expect([...credentials.keys()]).toEqual(['id', 'other', 'user']);
    expect(credentials.get('user')).toEqual(keys[1]);
    expect(credentials.get('__proto__')).toBe(undefined);
  });

  it('refuses access keys that it cannot use, and says which', () => {
    const faultOf = (keys: unknown) =>
      fault({ ...needed, ACCESS_KEYS: typeof keys === 'string' ? keys : JSON.stringify(keys) });
    const good = { accessKeyId: 'a', accessKeySecret: 's', accountId: '2' };
    expect(faultOf('{')).toContain('not JSON');
    expect(faultOf({})).toContain('array');
    expect(faultOf([null])).toContain('ACCESS_KEYS[0].accessKeyId');
    for (const name of Object.keys(good)) {
      for (const value of [undefined, '', 7])
        expect(faultOf([good, { ...good, [name]: value }])).toContain(`ACCESS_KEYS[1].${name}`);
    }
    expect(faultOf([{ ...good, userName: '' }])).toContain('userName');
    // A key that would be the account's root by a slip of the pen.
    expect(faultOf([good, { ...good, username: 'u' }])).toContain('ACCESS_KEYS[1] has an unknown field "username"');
    expect(faultOf([{ ...good, policy: { Version: '1', Statement: [] } }])).toContain('without a "userName"');
    for (const policy of ['no', 7, null, {}, { Version: '2', Statement: [1] }, '{"Version":"1","Statement":[{}]}'])
      expect(faultOf([{ ...good, userName: 'u', policy }])).toContain('ACCESS_KEYS[0] has a "policy" that');
    expect(faultOf([good, good])).toContain('repeats the key id a');
    expect(faultOf([{ ...good, accessKeyId: 'id' }])).toContain('repeats the key id id');
    // Whoever reads the log learns no secret from it.
    const secret = { ...good, accessKeySecret: 'do-not-show' };
    for (const keys of [[{ ...secret, accountId: 7 }], [secret, secret]])
      expect(faultOf(keys)).not.toContain('do-not-show');
    expect(faultOf('[{"accessKeySecret":"do-not-show"')).not.toContain('do-not-show');
  });

  it('[Callback-21] tells receivers of callbacks where their key is', () => {
    const domain = { ...needed, SERVICE_DOMAIN: 'oss.example.com' };
    const url = (more: Record<string, string>) => readSettings({ ...domain, ...more }).callbackPublicKeyUrl;
    expect(url({})).toBe('https://oss.example.com/-/callback-key.pem');
    expect(url({ LOCAL: 'true', EXTRANET_ENDPOINT: 'localhost:9000' })).toBe(
      'http://localhost:9000/-/callback-key.pem',
    );
    expect(url({ CALLBACK_PUBLIC_KEY_URL: 'https://cdn.example.com/k' })).toBe('https://cdn.example.com/k');
    expect(readSettings(domain).callbackPrivateKey).toBeUndefined();
    expect(readSettings({ ...domain, CALLBACK_PRIVATE_KEY: 'a\\nb' }).callbackPrivateKey).toBe('a\nb');
  });

  it('[Sec-42] knows its own hosts, which the official ones are not, whatever SDKs put into Host headers', () => {
    expect(readSettings(needed).ownHosts).toEqual(['localhost']);
    expect(readSettings({ ...needed, SERVICE_DOMAIN: 'a.example.com,oss-cn-hangzhou.aliyuncs.com' }).ownHosts).toEqual([
      'a.example.com',
    ]);
  });

  it('[Sec-42] takes what bucket answers name as endpoints for its own hosts as well, and has a name of its own', () => {
    const named = { ...needed, SERVICE_DOMAIN: 'a.example.com', EXTRANET_ENDPOINT: 'B.example.com:8080' };
    expect(readSettings({ ...named, INTRANET_ENDPOINT: 'oss-cn-hangzhou-internal.aliyuncs.com' }).ownHosts).toEqual([
      'a.example.com',
      'b.example.com',
    ]);
    const { gatewayName } = readSettings(needed);
    expect(gatewayName).toMatch(/^ossgate-[0-9a-f]{16}$/);
    expect(readSettings(named).gatewayName).toBe(gatewayName);
    expect(readSettings({ ...needed, OSS_ACCESS_KEY_SECRET: 'other' }).gatewayName).not.toBe(gatewayName);
  });

  it('refuses numbers that make no sense', () => {
    for (const shards of ['0', '3', '128', '-1', 'x', '1.5'])
      expect(fault({ ...needed, INDEX_SHARDS: shards })).toContain('INDEX_SHARDS');
    for (const day of ['0', '-1', 'x', 'Infinity'])
      expect(fault({ ...needed, DAY_SECONDS: day, LOCAL: 'true' })).toContain('DAY_SECONDS');
    expect(fault({ ...needed, OSS_REGION: 'cn-hangzhou' })).toContain('OSS_REGION');
  });

  it('shortens a day on a deployed Worker only where that is meant', () => {
    expect(fault({ ...needed, DAY_SECONDS: '10' })).toContain('ALLOW_SHORT_DAYS');
    expect(readSettings({ ...needed, DAY_SECONDS: '10', ALLOW_SHORT_DAYS: 'true' }).daySeconds).toBe(10);
    expect(readSettings({ ...needed, DAY_SECONDS: '86400' }).daySeconds).toBe(86_400);
  });
});
