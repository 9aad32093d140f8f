import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sameSignature } from '../../../../src/oss/auth/credentials.ts';
import { signingKey } from '../../../../src/oss/auth/signing-key.ts';
import { accessKeyId, accessKeySecret, altered, refusal, signed, ways } from '../../../support/auth.ts';

const hex = (text: string) => Buffer.from(text).toString('hex').toUpperCase().match(/../g)!.join(' ');

describe('SignatureDoesNotMatch', () => {
  it('V1 shows what was signed, in order', () => {
    const from = { target: '/dir/%C3%A9.txt?acl&max-keys=1', key: 'dir/é.txt', headers: { 'x-oss-meta-a': '1' } };
    const request = signed({ scheme: 'V1', place: 'header', accessKeySecret: 'wrong' }, from);
    const error = refusal(request);
    expect(error).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403, ec: '0002-00000040' });
    const date = 'Wed, 15 Jan 2025 08:30:00 GMT';
    const text = `GET\n\n\n${date}\nx-oss-date:${date}\nx-oss-meta-a:1\n/examplebucket/dir/é.txt?acl`;
    expect(Object.entries(error.extra)).toEqual([
      ['OSSAccessKeyId', accessKeyId],
      ['SignatureProvided', request.headers.get('authorization')!.split(':')[1]],
      ['StringToSign', text],
      ['StringToSignBytes', hex(text)],
    ]);
  });

  it('V2 has its own EC', () => {
    const error = refusal(signed({ scheme: 'V2', place: 'query', accessKeySecret: 'wrong' }));
    expect(error).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403, ec: '0002-00000101' });
    expect(Object.keys(error.extra)).toEqual([
      'OSSAccessKeyId',
      'SignatureProvided',
      'StringToSign',
      'StringToSignBytes',
    ]);
  });

  it('V4 shows its canonical request too', () => {
    const request = signed({ scheme: 'V4', place: 'header', accessKeySecret: 'wrong' });
    const error = refusal(request);
    expect(error).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403, ec: '0002-00000201' });
    const canonicalRequest = [
      'GET',
      '/examplebucket/a.txt',
      '',
      'x-oss-content-sha256:UNSIGNED-PAYLOAD',
      'x-oss-date:20250115T083000Z',
      '',
      '',
      'UNSIGNED-PAYLOAD',
    ].join('\n');
    const digest = createHash('sha256').update(canonicalRequest).digest('hex');
    const text = `OSS4-HMAC-SHA256\n20250115T083000Z\n20250115/cn-hangzhou/oss/aliyun_v4_request\n${digest}`;
    expect(Object.entries(error.extra)).toEqual([
      ['OSSAccessKeyId', accessKeyId],
      ['SignatureProvided', request.headers.get('authorization')!.split('Signature=')[1]],
      ['StringToSign', text],
      ['StringToSignBytes', hex(text)],
      ['CanonicalRequest', canonicalRequest],
    ]);
  });

  it.each(ways)('[Sec-36] never shows the secret, a derived key or the right signature ($scheme, $place)', (way) => {
    const right = signed(way);
    const signature = (way.place === 'header' ? right.headers.get('authorization')! : right.url).match(
      /[\w+/%]{27,}=*$/,
    )![0];
    const wrong = altered(right, { headers: { 'x-oss-meta-a': 'tampered' } });
    const expected = signed(way, { target: '/a.txt', key: 'a.txt', headers: { 'x-oss-meta-a': 'tampered' } });
    const document = JSON.stringify(refusal(wrong).extra);
    const key = signingKey(accessKeyId, accessKeySecret, { date: '20250115', region: 'cn-hangzhou', product: 'oss' });
    const expectedSignature = (way.place === 'header' ? expected.headers.get('authorization')! : expected.url).match(
      /[\w+/%]{27,}=*$/,
    )![0];
    expect(document).toContain(decodeURIComponent(signature));
    for (const secret of [accessKeySecret, key.toString('hex'), key.toString('base64'), expectedSignature]) {
      expect(document).not.toContain(decodeURIComponent(secret));
    }
  });

  it('is bounded, however much was signed', () => {
    const headers = { 'x-oss-meta-a': '\u00e9'.repeat(60_000) };
    const from = { target: '/a.txt', key: 'a.txt', headers };
    for (const way of ways) {
      const { extra } = refusal(signed({ ...way, accessKeySecret: 'wrong' }, from));
      for (const value of Object.values(extra)) expect(String(value).length).toBeLessThanOrEqual(8192 * 6);
    }
    const long = signed({ scheme: 'V1', place: 'header' });
    const { extra } = refusal(
      altered(long, { headers: { authorization: `OSS ${accessKeyId}:${'x'.repeat(60_000)}` } }),
    );
    expect(extra.SignatureProvided).toHaveLength(256);
  });
});

describe('[Sec-35] comparing signatures', () => {
  it('holds for the same text alone', () => {
    expect(sameSignature('abc=', 'abc=')).toBe(true);
    // Characters that differ in their high byte alone, as a careless conversion to bytes would not notice.
    for (const other of ['', 'abc', 'abc==', 'Abc=', 'abd=', '\u0161bc=', 'a\u0162c=']) {
      expect(sameSignature('abc=', other), other).toBe(false);
    }
  });

  it.each(ways)('takes no other spelling of the same bytes ($scheme, $place)', (way) => {
    const right = signed(way);
    const respell = (text: string) =>
      way.scheme === 'V4' ? text.replace(/[0-9a-f]{64}$/, (all) => all.toUpperCase()) : text.replace(/(=|%3D)$/, '');
    const authorization = right.headers.get('authorization');
    const wrong =
      authorization === null
        ? altered(right, { query: respell })
        : altered(right, { headers: { authorization: respell(authorization) } });
    expect(refusal(wrong).code).toBe('SignatureDoesNotMatch');
  });
});

describe('the memory of signing keys', () => {
  const scope = { date: '20250115', region: 'cn-hangzhou', product: 'oss' };

  it('gives each id, day, region, product and secret its own key', () => {
    const keys = [
      signingKey('id', 'secret', scope),
      signingKey('id2', 'secret2', scope),
      signingKey('id', 'secret', { ...scope, date: '20250116' }),
      signingKey('id', 'secret', { ...scope, region: 'cn-beijing' }),
      signingKey('id', 'secret', { ...scope, product: 'oss-cloudbox' }),
      signingKey('id', 'changed', scope),
    ].map((key) => key.toString('hex'));
    expect(new Set(keys).size).toBe(6);
    expect(signingKey('id', 'secret', scope).toString('hex')).toBe(keys[0]);
  });

  it('remembers a key in use, and forgets what has not been asked for', () => {
    const first = signingKey('used', 'secret', scope);
    const forgotten = signingKey('unused', 'secret', scope);
    for (let i = 0; i < 300; i++) {
      signingKey(`other${i}`, 'secret', scope);
      expect(signingKey('used', 'secret', scope)).toBe(first);
    }
    const again = signingKey('unused', 'secret', scope);
    expect(again).not.toBe(forgotten);
    expect(again.equals(forgotten)).toBe(true);
  });
});
