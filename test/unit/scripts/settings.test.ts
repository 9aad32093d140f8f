import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { banner, endpoints } from '../../../scripts/start/banner.ts';
import { helpText, readSettings, SettingsError, variables } from '../../../scripts/start/settings.ts';
import { workerVariables } from '../../../scripts/start/variables.ts';

const credentials = { accessKeyId: 'id', accessKeySecret: 'hush', accountId: '1', given: false };

const keys = { encryption: Buffer.alloc(32, 1).toString('base64'), callback: 'pem' };

describe('settings', () => {
  it('have the defaults of the contract', () => {
    const settings = readSettings({ PORT: '' });
    expect(settings).toMatchObject({ port: 9000, host: '127.0.0.1', dataDir: '.data', daySeconds: 86_400 });
    expect(workerVariables(settings, credentials, 9000, keys)).toEqual({
      LOCAL: 'true',
      LINGER: 'true',
      LOCAL_PORT: '9000',
      OSS_REGION: 'oss-cn-hangzhou',
      SERVICE_DOMAIN: 'localhost,oss-cn-hangzhou.aliyuncs.com,oss-cn-hangzhou-internal.aliyuncs.com',
      EXTRANET_ENDPOINT: 'localhost:9000',
      INTRANET_ENDPOINT: 'localhost:9000',
      OSS_ACCESS_KEY_ID: 'id',
      OSS_ACCESS_KEY_SECRET: 'hush',
      OSS_ACCOUNT_ID: '1',
      ACCESS_KEYS: '[]',
      ENCRYPTION_KEY: keys.encryption,
      KMS_KEYS: expect.stringMatching(/^\{"default":"[A-Za-z0-9+/]{43}="\}$/),
      DAY_SECONDS: '86400',
      ALLOW_PRIVATE_ORIGINS: 'false',
      STRICT_FORM_FIELDS: 'false',
      CALLBACK_PRIVATE_KEY: 'pem',
      CALLBACK_PUBLIC_KEY_URL: '',
    });
  });

  it('make a KMS key of each encryption key, so that older ones still decrypt', () => {
    const kmsKeys = (encryption: string, environment = {}) =>
      workerVariables(readSettings(environment), credentials, 9000, { ...keys, encryption }).KMS_KEYS!;
    const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)].map((key) => key.toString('base64'));
    const keyOf = (json: string) => (JSON.parse(json) as { default: string }).default;
    const [old, both] = [keyOf(kmsKeys(first!)), keyOf(kmsKeys(`${second},${first}`))];
    expect(both.split(',')).toEqual([keyOf(kmsKeys(second!)), old]);
    expect(old).not.toBe(first);
    const given = JSON.stringify({ default: first });
    expect(kmsKeys(first!, { KMS_KEYS: given })).toBe(given);
  });

  it('follow the environment', () => {
    const settings = readSettings({
      PORT: '80',
      OSS_REGION: 'oss-eu-central-1',
      SERVICE_DOMAIN: ' OSS.example.com , other.example.org,oss.example.com',
      INTRANET_ENDPOINT: 'Inside.example.com:8080',
      DAY_SECONDS: '48',
      ALLOW_PRIVATE_ORIGINS: 'true',
      STRICT_FORM_FIELDS: 'true',
      COMPACTION: 'off',
    });
    expect(workerVariables(settings, credentials, 80, keys)).toMatchObject({
      COMPACTION: 'off',
      OSS_REGION: 'oss-eu-central-1',
      SERVICE_DOMAIN: 'oss.example.com,other.example.org',
      EXTRANET_ENDPOINT: 'oss.example.com',
      INTRANET_ENDPOINT: 'inside.example.com:8080',
      DAY_SECONDS: '48',
      ALLOW_PRIVATE_ORIGINS: 'true',
      STRICT_FORM_FIELDS: 'true',
    });
    expect(readSettings({ OSS_REGION: 'oss-eu-central-1' }).serviceDomains).toContain('oss-eu-central-1.aliyuncs.com');
  });

  const key = { accessKeyId: 'a', accessKeySecret: 'b', accountId: '1' };
  const user = { ...key, userName: 'u', policy: { Version: '1', Statement: [] } };

  it('take further access keys as the Worker does', () => {
    const keys = [key, { ...user, accessKeyId: 'c' }, { ...user, accessKeyId: 'd', policy: '{"Statement":[]}' }];
    expect(readSettings({ ACCESS_KEYS: JSON.stringify(keys) }).accessKeys).toEqual(keys);
  });

  it('take a key for callbacks on one line', () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 1024,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const settings = readSettings({
      CALLBACK_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n'),
      CALLBACK_PUBLIC_KEY_URL: 'https://example.com/key.pem',
    });
    expect(settings.callbackPrivateKey?.trim()).toBe(privateKey.trim());
    expect(workerVariables(settings, credentials, 9000, { ...keys, callback: 'kept' })).toMatchObject({
      CALLBACK_PRIVATE_KEY: 'kept',
      CALLBACK_PUBLIC_KEY_URL: 'https://example.com/key.pem',
    });
  });

  it.each([
    ['PORT', { PORT: '70000' }],
    ['PORT', { PORT: '80a' }],
    ['OSS_REGION', { OSS_REGION: 'cn-hangzhou' }],
    ['SERVICE_DOMAIN', { SERVICE_DOMAIN: 'http://oss.example.com' }],
    ['SERVICE_DOMAIN', { SERVICE_DOMAIN: 'oss.example.com:9000' }],
    ['SERVICE_DOMAIN', { SERVICE_DOMAIN: ',' }],
    ['EXTRANET_ENDPOINT', { EXTRANET_ENDPOINT: 'https://x' }],
    ['INTRANET_ENDPOINT', { INTRANET_ENDPOINT: 'x:y' }],
    ['OSS_ACCESS_KEY_ID', { OSS_ACCESS_KEY_ID: 'a' }],
    ['OSS_ACCESS_KEY_ID', { OSS_ACCESS_KEY_SECRET: 'a' }],
    ['OSS_ACCESS_KEY_ID', { OSS_ACCESS_KEY_ID: 'a/b', OSS_ACCESS_KEY_SECRET: 'c' }],
    ['OSS_ACCOUNT_ID', { OSS_ACCOUNT_ID: 'me' }],
    ['DAY_SECONDS', { DAY_SECONDS: '0' }],
    ['COMPACTION', { COMPACTION: 'false' }],
    ['DAY_SECONDS', { DAY_SECONDS: '1.5' }],
    ['DAY_SECONDS', { DAY_SECONDS: '86401' }],
    ['ALLOW_PRIVATE_ORIGINS', { ALLOW_PRIVATE_ORIGINS: 'yes' }],
    ['STRICT_FORM_FIELDS', { STRICT_FORM_FIELDS: '1' }],
    ['ENCRYPTION_KEY must hold 32 random bytes', { ENCRYPTION_KEY: 'secret' }],
    ['KMS_KEYS is not JSON', { KMS_KEYS: '{' }],
    ['KMS_KEYS must have a key "default"', { KMS_KEYS: '{"a":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}' }],
    ['CALLBACK_PRIVATE_KEY must be an RSA private key', { CALLBACK_PRIVATE_KEY: 'secret' }],
    ['CALLBACK_PUBLIC_KEY_URL', { CALLBACK_PUBLIC_KEY_URL: 'example.com/key.pem' }],
    ['LOG', { LOG: 'debug' }],
    ['ACCESS_KEYS is not JSON', { ACCESS_KEYS: '[' }],
    ['ACCESS_KEYS must be a JSON array', { ACCESS_KEYS: '{}' }],
    ['ACCESS_KEYS entry 1 must be an object', { ACCESS_KEYS: '[1]' }],
    [
      'ACCESS_KEYS entry 2 lacks the text "accountId"',
      { ACCESS_KEYS: JSON.stringify([key, { ...key, accountId: 1 }]) },
    ],
    ['ACCESS_KEYS entry 1 has an unknown field "plicy"', { ACCESS_KEYS: JSON.stringify([{ ...user, plicy: {} }]) }],
    ['ACCESS_KEYS entry 1 has a "policy" that', { ACCESS_KEYS: JSON.stringify([{ ...user, policy: 'no' }]) }],
    ['ACCESS_KEYS entry 1 has a "userName" that', { ACCESS_KEYS: JSON.stringify([{ ...user, userName: '' }]) }],
    ['ACCESS_KEYS entry 1 has a "userId" or', { ACCESS_KEYS: JSON.stringify([{ ...key, userId: 'u' }]) }],
    ['ACCESS_KEYS names a twice', { ACCESS_KEYS: JSON.stringify([key, key]) }],
    [
      'ACCESS_KEYS names a, which is the root key',
      { ACCESS_KEYS: JSON.stringify([key]), OSS_ACCESS_KEY_ID: 'a', OSS_ACCESS_KEY_SECRET: 'x' },
    ],
  ])('refuse a bad value, naming it: %s', (message, environment) => {
    expect(() => readSettings(environment as Record<string, string>)).toThrow(SettingsError);
    expect(() => readSettings(environment as Record<string, string>)).toThrow(message);
  });

  it('are all explained by --help', () => {
    const help = helpText();
    for (const { name, meaning, fallback } of variables) {
      expect(help).toContain(name);
      expect(help).toContain(meaning);
      expect(help).toContain(`default: ${fallback}`);
    }
    const lines = help.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(130);
  });
});

describe('the banner', () => {
  it('shows a secret that was made, and keeps one that was given to itself', () => {
    const settings = readSettings({});
    expect(banner(settings, credentials, 9000)).toContain('hush');
    expect(banner(settings, { ...credentials, given: true }, 9000)).not.toContain('hush');
  });

  it('names addresses that a client can connect to', () => {
    expect(endpoints('127.0.0.1', 1)).toEqual(['http://127.0.0.1:1']);
    expect(endpoints('::1', 1)).toEqual(['http://[::1]:1']);
    expect(endpoints('0.0.0.0', 1)[0]).toBe('http://127.0.0.1:1');
  });
});
