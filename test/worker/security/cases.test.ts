import { env, exports } from 'cloudflare:workers';
import { createHmac } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../src/oss/exchange.ts';
import { clientAddress } from '../../../src/oss/request/access-request.ts';
import { sign, type ToSign } from '../../support/sign.ts';
import { Answer, configure, expectRefusal, keys, newBucket, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  await send('PUT', `/${bucket}/a`, { body: 'content' });
});

async function raw(url: string, init: RequestInit<RequestInitCfProperties> = {}): Promise<Answer> {
  const response = await exports.default.fetch(url, { ...init, redirect: 'manual' });
  return new Answer(response, new Uint8Array(await response.arrayBuffer()));
}

function signed(change: Partial<ToSign> = {}) {
  const url = `http://localhost/${bucket}/a`;
  return sign({ method: 'GET', url, bucket, key: 'a', ...keys.owner, scheme: 'V4', place: 'query', ...change });
}

describe('[Sec-22] the address of a client', () => {
  const allowed = '203.0.113.7';
  const spoofing = [
    'x-forwarded-for',
    'cf-connecting-ip',
    'x-real-ip',
    'true-client-ip',
    'forwarded',
    'x-client-ip',
    'x-oss-source-ip',
  ];

  it('is what the platform says, whatever headers say', async () => {
    const own = await newBucket();
    await send('PUT', `/${own}/a`, { body: 'content' });
    const grant = {
      Effect: 'Allow',
      Principal: ['*'],
      Action: ['oss:GetObject'],
      Resource: [`acs:oss:*:*:${own}/*`],
      Condition: { IpAddress: { 'acs:SourceIp': [allowed] } },
    };
    await configure(own, { documents: { policy: JSON.stringify({ Version: '1', Statement: [grant] }) } });
    const url = `http://localhost/${own}/a`;
    const from = (clientIp: string, headers: Record<string, string> = {}) =>
      raw(url, { headers, cf: { clientIp } as unknown as RequestInitCfProperties });
    expect((await from(`${allowed}:4711`)).text).toBe('content');
    for (const name of spoofing) {
      const value = name === 'forwarded' ? `for=${allowed}` : allowed;
      expectRefusal(await from('198.51.100.1:4711', { [name]: value }), 403, 'AccessDenied');
      expectRefusal(await raw(url, { headers: { [name]: value } }), 403, 'AccessDenied');
    }
    expect((await from(`${allowed}:4711`, { 'x-forwarded-for': '198.51.100.1' })).text).toBe('content');
  });

  it('comes from CF-Connecting-IP, and only from there, on a deployed Worker', () => {
    const addressOf = (local: boolean, headers: Record<string, string>, clientIp?: string) => {
      const request = { headers: new Headers(headers), cf: clientIp === undefined ? undefined : { clientIp } };
      return clientAddress({ request, settings: { local } } as unknown as Exchange);
    };
    const others = { 'x-forwarded-for': '192.0.2.1', 'x-real-ip': '192.0.2.2' };
    expect(addressOf(false, { ...others, 'cf-connecting-ip': '203.0.113.7' }, '127.0.0.1:1')).toBe('203.0.113.7');
    expect(addressOf(false, others, '127.0.0.1:1')).toBe(undefined);
    expect(addressOf(true, { ...others, 'cf-connecting-ip': '203.0.113.7' }, '127.0.0.1:1')).toBe('127.0.0.1');
    expect(addressOf(true, others, '[2001:db8::1]:443')).toBe('2001:db8::1');
    expect(addressOf(true, others)).toBe(undefined);
  });
});

describe('[Sec-30] the time of a signature', () => {
  const minute = 60_000;

  it.each(['V1', 'V2', 'V4'] as const)('may be 15 minutes off, either way, in a header (%s)', async (scheme) => {
    for (const [minutes, status] of [
      [0, 200],
      [14, 200],
      [-14, 200],
      [16, 403],
      [-16, 403],
      [-60 * 24, 403],
    ] as const) {
      const answer = await send('GET', `/${bucket}/a`, { scheme, signing: { now: Date.now() + minutes * minute } });
      expect(answer.status, `${minutes}`).toBe(status);
      if (status !== 403) continue;
      expectRefusal(answer, 403, 'RequestTimeTooSkewed');
      expect(answer.one('MaxAllowedSkewMilliseconds')).toBe('900000');
    }
  });

  it('must be there, be a date, and be the one that was signed', async () => {
    for (const scheme of ['V1', 'V4'] as const) {
      const { url, headers } = signed({ scheme, place: 'header' });
      const { 'x-oss-date': date, ...rest } = headers;
      expect((await raw(url, { headers })).status).toBe(200);
      expectRefusal(await raw(url, { headers: rest }), 403, 'AccessDenied');
      for (const bad of ['yesterday', '', '0', '2025-01-01']) {
        expectRefusal(await raw(url, { headers: { ...rest, 'x-oss-date': bad } }), 403, 'AccessDenied');
      }
      // A Date beside x-oss-date counts for nothing, and does not replace it.
      expect((await raw(url, { headers: { ...headers, date: 'Thu, 01 Jan 1970 00:00:00 GMT' } })).status).toBe(200);
      expectRefusal(await raw(url, { headers: { ...rest, date: date! } }), 403, 'SignatureDoesNotMatch');
    }
  });

  it.each(['V1', 'V2', 'V4'] as const)('ends where the URL says (%s)', async (scheme) => {
    expect((await raw(signed({ scheme, expires: 2 }).url)).status).toBe(200);
    const expired = await raw(signed({ scheme, expires: 60, now: Date.now() - 61_000 }).url);
    expectRefusal(expired, 403, 'AccessDenied');
    expect(expired.one('Message')).toBe('Request has expired.');
    expect(expired.one('Expires')).toMatch(/Z$/);
    const name = scheme === 'V1' ? 'Expires' : 'x-oss-expires';
    for (const value of ['', 'x', '-1', '1e9', '99999999999999999999']) {
      const answer = await raw(signed({ scheme }).url.replace(new RegExp(`([?&])${name}=\\d+`), `$1${name}=${value}`));
      expect([400, 403]).toContain(answer.status);
    }
    // A later end is another URL.
    const later = signed({ scheme, expires: 60 }).url.replace(
      new RegExp(`([?&]${name}=)(\\d+)`),
      (_, key, seconds) => `${key}${Number(seconds) + 1}`,
    );
    expectRefusal(await raw(later), 403, 'SignatureDoesNotMatch');
  });

  it('a V4 URL lives for seven days at most, and not before its time', async () => {
    expect((await raw(signed({ expires: 604_800 }).url)).status).toBe(200);
    for (const expires of [604_801, 0]) expectRefusal(await raw(signed({ expires }).url), 400, 'InvalidArgument');
    expectRefusal(await raw(signed({ now: Date.now() + 16 * minute }).url), 403, 'AccessDenied');
  });
});

describe('[Sec-33] two credentials', () => {
  it('are refused, whichever of them is good', async () => {
    const inHeader = (as: keyof typeof keys, scheme: 'V1' | 'V4') =>
      signed({ ...keys[as], scheme, place: 'header' }).headers;
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      for (const as of ['owner', 'other'] as const) {
        const { url } = signed({ ...keys[as], scheme });
        for (const second of ['owner', 'other'] as const) {
          expectRefusal(await raw(url, { headers: inHeader(second, 'V4') }), 400, 'InvalidArgument');
          const { authorization } = inHeader(second, 'V1');
          expectRefusal(await raw(url, { headers: { authorization: authorization! } }), 400, 'InvalidArgument');
        }
      }
      expectRefusal(
        await raw(signed({ scheme }).url, { headers: { authorization: 'Bearer x' } }),
        400,
        'InvalidArgument',
      );
    }
    expectRefusal(await raw(`${signed().url}&OSSAccessKeyId=a&Expires=1&Signature=b`), 400, 'InvalidArgument');
  });
});

describe('[Sec-36] what a mismatch tells', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is what was signed, never a secret, a token or a derived key, neither in the answer nor in the log', async () => {
    const logged: string[] = [];
    for (const method of ['log', 'warn', 'error', 'info', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation((...words) => logged.push(words.map(String).join(' ')));
    }
    const token = 'CAISsecrettoken+/==';
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      for (const place of ['header', 'query'] as const) {
        const { url, headers } = signed({ scheme, place, ...(scheme === 'V2' ? {} : { securityToken: token }) });
        const withToken = await raw(url, { headers });
        if (scheme !== 'V2') expectRefusal(withToken, 403, 'InvalidSecurityToken');
        const answer = await raw(signed({ scheme, place }).url, {
          headers: { ...signed({ scheme, place }).headers, 'x-oss-meta-a': '1' },
        });
        expectRefusal(answer, 403, 'SignatureDoesNotMatch');
        expect(answer.one('StringToSign')).toContain(scheme === 'V4' ? 'OSS4-HMAC-SHA256' : 'GET');
        expect(answer.one('OSSAccessKeyId')).toBe(keys.owner.accessKeyId);
        const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
        const derived = createHmac('sha256', `aliyun_v4${keys.owner.accessKeySecret}`).update(today).digest();
        for (const secret of [keys.owner.accessKeySecret, derived.toString('hex'), derived.toString('base64')]) {
          for (const text of [answer.text, withToken.text, ...logged]) expect(text).not.toContain(secret);
        }
        for (const text of [answer.text, withToken.text, ...logged]) expect(text).not.toContain(token);
      }
    }
    expect(logged).toEqual([]);
  });

  it('[Sec-35] is the same error, whatever of the signature is right', async () => {
    const good = signed({ scheme: 'V1', place: 'header' }).headers.authorization!;
    const answers = await Promise.all(
      [good.replace(/.$/, '!'), good.replace(/:./, ':!'), `OSS ${keys.owner.accessKeyId}:x`].map((authorization) =>
        raw(`http://localhost/${bucket}/a`, {
          headers: { ...signed({ scheme: 'V1', place: 'header' }).headers, authorization },
        }),
      ),
    );
    for (const answer of answers) expectRefusal(answer, 403, 'SignatureDoesNotMatch');
    const unknown = await raw(`http://localhost/${bucket}/a`, {
      headers: { ...signed({ scheme: 'V1', place: 'header' }).headers, authorization: 'OSS NOBODY:x' },
    });
    expectRefusal(unknown, 403, 'InvalidAccessKeyId');
    expect(unknown.one('OSSAccessKeyId')).toBe('NOBODY');
  });
});

describe('a fault of the gateway', () => {
  afterEach(() => vi.restoreAllMocks());

  it('[Sec-43] is one line of the log, and says nothing to the client', async () => {
    const own = await newBucket();
    const key = 'a\r\n{"event":"forged"}\u001b[31m';
    const path = `/${own}/${encodeURIComponent(key)}`;
    const names = async () => (await env.BLOBS.list()).objects.map(({ key: name }) => name);
    const before = await names();
    expect((await send('PUT', path, { body: new Uint8Array(20_000) })).status).toBe(200);
    await env.BLOBS.delete((await names()).filter((name) => !before.includes(name)));
    const logged: string[] = [];
    vi.spyOn(console, 'error').mockImplementation((line) => logged.push(String(line)));
    const answer = await send('GET', path);
    // Nor is it ever a short 200.
    expectRefusal(answer, 500, 'InternalError');
    expect(answer.one('Message')).toBe('We encountered an internal error. Please try again.');
    expect(answer.text).not.toContain('blob');
    expect(logged).toHaveLength(1);
    expect(logged[0]).not.toMatch(/[\r\n\u001b]/);
    expect(JSON.parse(logged[0]!)).toMatchObject({
      event: 'internal-error',
      requestId: answer.header('x-oss-request-id'),
      operation: 'GetObject',
    });
    expect((await send('HEAD', path)).status).toBe(200);
  });
});
