import { describe, expect, it } from 'vitest';
import { authenticate, type SignedRequest } from '../../../../src/oss/auth/authenticate.ts';
import { canonicalHeaders } from '../../../../src/oss/auth/canonical.ts';
import { signingKey } from '../../../../src/oss/auth/signing-key.ts';
import { canonicalRequestV4, isSignedByRuleV4, signV4, stringToSignV4 } from '../../../../src/oss/auth/v4.ts';
import {
  accessKeyId,
  accessKeySecret,
  altered,
  now,
  received,
  refusal,
  settings,
  signed,
  ways,
} from '../../../support/auth.ts';

const quarter = 15 * 60 * 1000;
const inHeader = ways.filter((way) => way.place === 'header');

/** A GET that the first Go SDK would send: its V4 signature covers the value of `Date`, as it is. */
function signedByDate(date: string): SignedRequest {
  const scope = { date: '20250115', region: 'cn-hangzhou', product: 'oss' };
  const headers = { date, 'x-oss-content-sha256': 'UNSIGNED-PAYLOAD' };
  const bare = received({ target: '/a.txt', key: 'a.txt', headers });
  const canonicalRequest = canonicalRequestV4(bare, '', canonicalHeaders(bare, isSignedByRuleV4).lines, []);
  const signature = signV4(
    signingKey(accessKeyId, accessKeySecret, scope),
    stringToSignV4(date, scope, canonicalRequest),
  );
  const credential = `${accessKeyId}/20250115/cn-hangzhou/oss/aliyun_v4_request`;
  return altered(bare, {
    headers: { authorization: `OSS4-HMAC-SHA256 Credential=${credential},Signature=${signature}` },
  });
}

describe.each(inHeader)('[Sec-30] the clock of a $scheme header', ({ scheme, place }) => {
  it('may be off by 15 minutes either way, and not by a millisecond more', () => {
    const request = signed({ scheme, place });
    for (const at of [now - quarter, now, now + quarter]) {
      expect(authenticate(altered(request, { now: at }), settings()).scheme).toBe(scheme);
    }
    for (const at of [now - quarter - 1, now + quarter + 1]) {
      const error = refusal(altered(request, { now: at }));
      expect(error).toMatchObject({ code: 'RequestTimeTooSkewed', status: 403, ec: '0002-00000504' });
      expect(Object.entries(error.extra)).toEqual([
        ['MaxAllowedSkewMilliseconds', 900_000],
        ['RequestTime', '2025-01-15T08:30:00.000Z'],
        ['ServerTime', new Date(at).toISOString()],
      ]);
    }
  });

  it('is looked at before the key: a replay learns nothing about keys', () => {
    const request = signed({ scheme, place, accessKeyId: 'LTAIunknown' });
    expect(refusal(altered(request, { now: now + quarter + 1 })).code).toBe('RequestTimeTooSkewed');
  });

  it('must be there', () => {
    const error = refusal(altered(signed({ scheme, place }), { headers: { date: null, 'x-oss-date': null } }));
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403, ec: '0002-00000503' });
    expect(error.message).toBe('OSS authentication requires a valid Date.');
  });

  it.each(['yesterday', '', '2025-01-15T08:30:00Z', '20250230T083000Z', '1736929800', 'Wed, 15 Jan 2025 08:30:00 CST'])(
    'must be a date, not "%s"',
    (date) => {
      const error = refusal(altered(signed({ scheme, place }), { headers: { 'x-oss-date': date } }));
      expect(error).toMatchObject({ code: 'AccessDenied', status: 403, ec: '0002-00000502' });
    },
  );

  it('is x-oss-date, whatever Date says', () => {
    const request = signed({ scheme, place });
    const date = 'Wed, 15 Jan 2020 08:30:00 GMT';
    expect(authenticate(altered(request, { headers: { date } }), settings()).scheme).toBe(scheme);
  });

  it('cannot be moved without breaking the signature', () => {
    const later = scheme === 'V4' ? '20250115T083100Z' : 'Wed, 15 Jan 2025 08:31:00 GMT';
    const request = altered(signed({ scheme, place }), { headers: { 'x-oss-date': later } });
    expect(refusal(request).code).toBe('SignatureDoesNotMatch');
  });
});

describe('dates of V1 and V2 headers', () => {
  it.each(['V1', 'V2'] as const)('%s takes Date where there is no x-oss-date', (scheme) => {
    const headers = { date: 'Wed, 15 Jan 2025 08:30:00 GMT' };
    const from = { target: '/a.txt', key: 'a.txt', headers };
    const request = signed({ scheme, place: 'header' }, from);
    expect(request.headers.has('x-oss-date')).toBe(false);
    expect(authenticate(request, settings()).scheme).toBe(scheme);
    const moved = altered(request, { headers: { date: 'Wed, 15 Jan 2025 08:30:01 GMT' } });
    expect(refusal(moved).code).toBe('SignatureDoesNotMatch');
  });

  it('x-oss-date may be ISO 8601, Date may not', () => {
    const at = (name: string) => ({ target: '/a.txt', key: 'a.txt', headers: { [name]: '20250115T083000Z' } });
    expect(authenticate(signed({ scheme: 'V1', place: 'header' }, at('x-oss-date')), settings()).scheme).toBe('V1');
    expect(refusal(signed({ scheme: 'V1', place: 'header' }, at('date'))).ec).toBe('0002-00000502');
  });

  it('V4 takes Date alone, in either form, as it was signed: the first Go SDK sends no other', () => {
    for (const date of ['Wed, 15 Jan 2025 08:30:00 GMT', '20250115T083000Z']) {
      const request = signedByDate(date);
      expect(authenticate(request, settings()).scheme).toBe('V4');
      const moved = altered(request, { headers: { date: 'Wed, 15 Jan 2025 08:30:01 GMT' } });
      expect(refusal(moved).code).toBe('SignatureDoesNotMatch');
      expect(refusal(altered(request, { now: now + 16 * 60_000 })).code).toBe('RequestTimeTooSkewed');
      const other = altered(request, { headers: { date: 'Tue, 14 Jan 2025 08:30:00 GMT' } });
      expect(refusal(other)).toMatchObject({ code: 'InvalidArgument', ec: '0002-00000212' });
    }
    expect(refusal(signedByDate('yesterday')).ec).toBe('0002-00000502');
    expect(refusal(altered(signedByDate('20250115T083000Z'), { headers: { date: null } })).ec).toBe('0002-00000503');
  });

  it('V4 looks at x-oss-date where there are both, and at no HTTP date in it', () => {
    const both = altered(signed({ scheme: 'V4', place: 'header' }), { headers: { date: 'whatever' } });
    expect(authenticate(both, settings()).scheme).toBe('V4');
    const http = altered(both, { headers: { 'x-oss-date': 'Wed, 15 Jan 2025 08:30:00 GMT' } });
    expect(refusal(http).ec).toBe('0002-00000502');
  });
});

describe.each(['V1', 'V2'] as const)('[Sec-30] the end of a %s URL', (scheme) => {
  const name = scheme === 'V1' ? 'Expires' : 'x-oss-expires';
  const request = signed({ scheme, place: 'query', expires: 60 });

  it('is the second it names, and no millisecond later', () => {
    expect(authenticate(altered(request, { now: now + 60_000 }), settings()).scheme).toBe(scheme);
    const error = refusal(altered(request, { now: now + 60_001 }));
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403, ec: '0002-00000069' });
    expect(error.message).toBe('Request has expired.');
    expect(Object.entries(error.extra)).toEqual([
      ['Expires', '2025-01-15T08:31:00.000Z'],
      ['ServerTime', '2025-01-15T08:31:00.001Z'],
    ]);
  });

  it('may lie as far ahead as a number reaches', () => {
    const far = signed({ scheme, place: 'query', expires: 9_000_000_000_000 });
    expect(authenticate(far, settings()).scheme).toBe(scheme);
  });

  it('is checked before key and signature', () => {
    const stranger = signed({ scheme, place: 'query', expires: -1, accessKeyId: 'LTAIunknown' });
    expect(refusal(stranger)).toMatchObject({ code: 'AccessDenied', ec: '0002-00000069' });
  });

  it.each([
    ['', '0002-00000068'],
    ['abc', '0002-00000070'],
    ['-1', '0002-00000070'],
    ['+1736930400', '0002-00000070'],
    ['1e12', '0002-00000070'],
    ['0x7fffffff', '0002-00000070'],
    ['1736930400.5', '0002-00000070'],
    ['１７３６９３０４００', '0002-00000070'],
    ['99999999999999999999', '0002-00000070'],
    ['9999999999999999', '0002-00000070'],
    ['Infinity', '0002-00000070'],
  ])('is not "%s"', (value, ec) => {
    const query = (raw: string) => raw.replace(/(Expires|x-oss-expires)=\d+/, `$1=${encodeURIComponent(value)}`);
    const error = refusal(altered(request, { query }));
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403, ec });
    expect(error.message).toBe('Invalid date (should be seconds since epoch)');
  });

  it('cannot be moved without breaking the signature', () => {
    const query = (raw: string) => raw.replace(/(Expires|x-oss-expires)=\d+/, `${name}=1999999999`);
    expect(refusal(altered(request, { query })).code).toBe('SignatureDoesNotMatch');
  });
});

describe('[Sec-30] the life of a V4 URL', () => {
  const request = signed({ scheme: 'V4', place: 'query', expires: 60 });

  it('lasts from 15 minutes before its date to the end of its x-oss-expires', () => {
    for (const at of [now - quarter, now, now + 60_000]) {
      expect(authenticate(altered(request, { now: at }), settings()).scheme).toBe('V4');
    }
    const early = refusal(altered(request, { now: now - quarter - 1 }));
    expect(early).toMatchObject({ code: 'AccessDenied', status: 403, ec: '0002-00000235' });
    const late = refusal(altered(request, { now: now + 60_001 }));
    expect(late).toMatchObject({ code: 'AccessDenied', status: 403, ec: '0002-00000236' });
    expect(late.extra).toEqual({ Expires: '2025-01-15T08:31:00.000Z', ServerTime: '2025-01-15T08:31:00.001Z' });
  });

  it('is 1 second to 7 days', () => {
    for (const expires of [1, 604_800]) {
      const edge = signed({ scheme: 'V4', place: 'query', expires });
      expect(authenticate(altered(edge, { now: now + expires * 1000 }), settings()).scheme).toBe('V4');
    }
    for (const expires of [0, -1, 604_801, 1e7, 1.5]) {
      const error = refusal(signed({ scheme: 'V4', place: 'query', expires }));
      expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec: '0002-00000232' });
      expect(error.extra).toEqual({ ArgumentName: 'x-oss-expires', ArgumentValue: String(expires) });
    }
    for (const value of ['', 'abc', '1e3', '%20600', '+600']) {
      const query = (raw: string) => raw.replace('x-oss-expires=60', `x-oss-expires=${value}`);
      expect(refusal(altered(request, { query })).ec).toBe('0002-00000232');
    }
  });

  it('must be stated', () => {
    const query = (raw: string) => raw.replace('&x-oss-expires=60', '');
    expect(refusal(altered(request, { query }))).toMatchObject({ code: 'InvalidArgument', ec: '0002-00000215' });
  });

  it('starts at a date, which must be there and be one', () => {
    const dated = (date: string) => altered(request, { query: (raw) => raw.replace(/&x-oss-date=[^&]*/, date) });
    expect(refusal(dated(''))).toMatchObject({ code: 'AccessDenied', ec: '0002-00000503' });
    expect(refusal(dated('&x-oss-date=now'))).toMatchObject({ code: 'AccessDenied', ec: '0002-00000502' });
  });

  it('cannot be moved without breaking the signature', () => {
    for (const [from, to] of [
      ['x-oss-expires=60', 'x-oss-expires=61'],
      ['x-oss-date=20250115T083000Z', 'x-oss-date=20250115T083001Z'],
    ] as const) {
      expect(refusal(altered(request, { query: (raw) => raw.replace(from, to) })).code).toBe('SignatureDoesNotMatch');
    }
  });

  it('ignores the date headers of whoever uses the URL', () => {
    const headers = { date: 'Wed, 15 Jan 2020 08:30:00 GMT' };
    expect(authenticate(altered(request, { headers }), settings()).scheme).toBe('V4');
    const v1 = signed({ scheme: 'V1', place: 'query' });
    expect(authenticate(altered(v1, { headers }), settings()).scheme).toBe('V1');
  });
});

it('[Sec-30] a signature without any date is not a signature', () => {
  const headers = { authorization: `OSS ${accessKeyId}:AAAAAAAAAAAAAAAAAAAAAAAAAAA=` };
  expect(refusal(received({ target: '/a.txt', key: 'a.txt', headers })).code).toBe('AccessDenied');
});
