import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callbackKey } from '../../../../src/oss/callback/key.ts';
import type { Callback } from '../../../../src/oss/callback/parameters.ts';
import { callbackRequest, signedBytes } from '../../../../src/oss/callback/request.ts';
import { type Settings, SettingsError } from '../../../../src/settings.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

function settings(callbackPrivateKey: string | undefined): Settings {
  return { callbackPrivateKey } as Settings;
}

const callback: Callback = {
  urls: [],
  template: '',
  bodyType: 'application/json',
  variables: new Map(),
};
const origin = {
  key: callbackKey(settings(pem))!,
  publicKeyUrl: 'https://oss.example.net/-/callback-key.pem',
  bucket: 'bucket',
  requestId: '0123456789ABCDEF01234567',
  requester: '1001',
  now: Date.UTC(2025, 0, 15, 8, 30),
};

describe('what a callback signs', () => {
  it.each([
    // URL, and what stands before the line feed
    ['http://app.example.com', '/'],
    ['http://app.example.com/index.php?id=1&index=2', '/index.php?id=1&index=2'],
    ['http://app.example.com/a%20b/%E4%B8%AD.php?n=%E4%B8%AD', '/a b/中.php?n=%E4%B8%AD'],
    ['http://app.example.com/a+b', '/a+b'],
    ['http://app.example.com/%zz%4', '/%zz%4'],
    ['http://app.example.com/%25%32%30', '/%20'],
    ['http://app.example.com/%2F?a=%2F?', '/' + '/?a=%2F?'],
  ])('[Callback-20] of %s', (url, text) => {
    const bytes = signedBytes(new URL(url), Buffer.from('body=中'));
    expect(Buffer.from(bytes).toString()).toBe(`${text}\nbody=中`);
  });

  it('[Callback-20] is bytes: an escape that is no UTF-8 stays what it is', () => {
    const bytes = signedBytes(new URL('http://app.example.com/%FF%fe'), Buffer.from('b'));
    expect([...bytes]).toEqual([0x2f, 0xff, 0xfe, 0x0a, 0x62]);
  });

  it('[Callback-20] [Callback-22] is verified by the public key with MD5, URL by URL', () => {
    const first = new URL('http://app.example.com/a?b');
    const second = new URL('http://app.example.com/c');
    const signature = (url: URL) => {
      const { authorization } = callbackRequest(url, callback, '{"a":1}', origin).headers as Record<string, string>;
      return Buffer.from(authorization!, 'base64');
    };
    expect(verify('md5', Buffer.from('/a?b\n{"a":1}'), publicKey, signature(first))).toBe(true);
    expect(verify('md5', Buffer.from('/c\n{"a":1}'), publicKey, signature(second))).toBe(true);
    expect(verify('md5', Buffer.from('/c\n{"a":1}'), publicKey, signature(first))).toBe(false);
    expect(verify('md5', Buffer.from('/a?b\n{"a":2}'), publicKey, signature(first))).toBe(false);
  });
});

describe('the request of a callback', () => {
  it('[Callback-19] [Callback-21] says where it comes from and how to verify it', () => {
    const { method, headers, body } = callbackRequest(
      new URL('http://app.example.com/a'),
      callback,
      '{"a":"中"}',
      origin,
    );
    expect(method).toBe('POST');
    expect(Buffer.from(body as Uint8Array).toString()).toBe('{"a":"中"}');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-md5': createHash('md5').update('{"a":"中"}').digest('base64'),
      date: 'Wed, 15 Jan 2025 08:30:00 GMT',
      'user-agent': 'aliyun-oss-callback',
      'x-oss-pub-key-url': Buffer.from(origin.publicKeyUrl).toString('base64'),
      'x-oss-bucket': 'bucket',
      'x-oss-request-id': origin.requestId,
      'x-oss-requester': '1001',
      'x-oss-signature-version': '1.0',
      'x-oss-tag': 'CALLBACK',
    });
    expect(headers).not.toHaveProperty('x-forwarded-host');
  });

  it('[Callback-10] names another host where the platform lets it', () => {
    const { headers } = callbackRequest(new URL('http://1.2.3.4/'), { ...callback, host: 'a.example.com' }, '', origin);
    expect(headers).toMatchObject({ 'x-forwarded-host': 'a.example.com' });
  });
});

describe('the key of callbacks', () => {
  it('[Callback-21] has a public half in PEM', () => {
    expect(callbackKey(settings(pem))?.publicPem).toBe(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(callbackKey(settings(undefined))).toBeUndefined();
  });

  it('is refused where it is no RSA key', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    for (const bad of ['x', ec.export({ type: 'pkcs8', format: 'pem' }) as string, pem.slice(0, 200)]) {
      expect(() => callbackKey(settings(bad))).toThrow(SettingsError);
    }
  });
});
