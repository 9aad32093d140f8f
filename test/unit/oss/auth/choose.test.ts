import { describe, expect, it } from 'vitest';
import { authenticate } from '../../../../src/oss/auth/authenticate.ts';
import {
  accessKeyId,
  altered,
  received,
  refusal,
  rootCredential,
  settings,
  signed,
  ways,
} from '../../../support/auth.ts';

const anonymous = { identity: { kind: 'anonymous' }, scheme: 'none', place: 'none' };

describe('choosing the scheme', () => {
  it('[Common-4] takes a request without any signature as anonymous', () => {
    expect(authenticate(received({ target: '/a.txt', key: 'a.txt' }), settings())).toEqual(anonymous);
    expect(authenticate(received({ target: '/?signature=x&expires=1&x-oss-expires=1' }), settings())).toEqual(
      anonymous,
    );
  });

  it.each(ways)('finds $scheme in the $place', ({ scheme, place }) => {
    const outcome = authenticate(signed({ scheme, place }), settings());
    expect(outcome).toEqual({ identity: { kind: 'root', accountId: '1001', accessKeyId }, scheme, place });
  });

  it.each(ways)('never authenticates a pre-flight ($scheme, $place)', ({ scheme, place }) => {
    const request = signed({ scheme, place }, { method: 'OPTIONS', target: '/a.txt', key: 'a.txt' });
    expect(authenticate(request, settings())).toEqual(anonymous);
  });

  it.each(['Basic dXNlcjpwYXNz', 'Bearer top-secret', 'top-secret', 'OSS3 x', 'oss x:y', 'AWS4-HMAC-SHA256 C=1', ' '])(
    'refuses the unknown scheme of "%s", without repeating it',
    (authorization) => {
      const error = refusal(received({ target: '/', headers: { authorization } }));
      expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec: '0002-00000002' });
      expect(error.message).toBe('Unsupported Authorization Type');
      expect(error.extra).toEqual({ ArgumentName: 'Authorization', ArgumentValue: '' });
    },
  );

  it.each(['', 'OSS4', 'oss2', 'OSS4-HMAC-SHA1'])(
    '[Sec-34] pins the algorithm: x-oss-signature-version=%s',
    (version) => {
      const target = `/a?x-oss-signature-version=${version}&x-oss-signature=0`;
      const error = refusal(received({ target, key: 'a' }));
      expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec: '0002-00000066' });
      expect(error.extra).toEqual({ ArgumentName: 'x-oss-signature-version', ArgumentValue: version });
    },
  );

  it('[Sec-34] does not guess the version of a lone x-oss-signature', () => {
    const request = signed({ scheme: 'V4', place: 'query' });
    const without = altered(request, { query: (raw) => raw.replace('x-oss-signature-version=OSS4-HMAC-SHA256&', '') });
    expect(refusal(without)).toMatchObject({ code: 'InvalidArgument', ec: '0002-00000066' });
  });

  it('[Sec-34] does not take the signature of one scheme for another', () => {
    const v2 = signed({ scheme: 'V2', place: 'query' });
    const asV4 = altered(v2, { query: (raw) => raw.replace('version=OSS2', 'version=OSS4-HMAC-SHA256') });
    expect(refusal(asV4).code).toBe('InvalidArgument');
    const v4 = signed({ scheme: 'V4', place: 'header' });
    const signature = v4.headers.get('authorization')!.split('Signature=')[1]!;
    for (const authorization of [
      `OSS ${accessKeyId}:${signature}`,
      `OSS2 AccessKeyId:${accessKeyId},Signature:${signature}`,
    ]) {
      expect(refusal(altered(v4, { headers: { authorization } })).code).toBe('SignatureDoesNotMatch');
    }
  });
});

describe('[Sec-33] two credentials', () => {
  const queries = ways.filter((way) => way.place === 'query');
  const headers = ways.filter((way) => way.place === 'header');

  it.each(queries.flatMap((query) => headers.map((header) => ({ query: query.scheme, header: header.scheme }))))(
    'refuses a valid $query URL with a valid $header header',
    ({ query, header }) => {
      const url = signed({ scheme: query, place: 'query' });
      const target = url.url.slice(url.url.indexOf('/a.txt'));
      const both = signed({ scheme: header, place: 'header' }, { target, key: 'a.txt' });
      expect(refusal(both)).toMatchObject({ code: 'InvalidArgument', status: 400 });
      // Positive control: each alone is let in.
      expect(authenticate(url, settings()).identity.kind).toBe('root');
      expect(authenticate(signed({ scheme: header, place: 'header' }), settings()).identity.kind).toBe('root');
    },
  );

  it('refuses somebody else’s header on a presigned URL, however broken that header is', () => {
    const url = signed({ scheme: 'V4', place: 'query' });
    for (const authorization of ['Basic x', `OSS ${accessKeyId}:wrong`, 'OSS', '']) {
      expect(refusal(altered(url, { headers: { authorization } })).code).toBe('InvalidArgument');
    }
  });

  it('refuses two kinds of URL signature at once', () => {
    const url = signed({ scheme: 'V4', place: 'query' });
    for (const extra of ['Signature=x', 'Expires=9999999999', `OSSAccessKeyId=${accessKeyId}`]) {
      expect(refusal(altered(url, { query: (raw) => `${raw}&${extra}` })).code).toBe('InvalidArgument');
    }
  });
});

describe('who it is', () => {
  it('a key without user name is the account itself, one with a user name its user', () => {
    const policy = { Version: '1', Statement: [] };
    const user = { ...rootCredential, userName: 'bob', policy };
    const as = (credential: typeof user) =>
      authenticate(signed({ scheme: 'V4', place: 'header' }), settings({ credential: () => credential })).identity;
    expect(as(user)).toEqual({
      kind: 'user',
      accountId: '1001',
      accessKeyId,
      userId: 'bob',
      userName: 'bob',
      policies: [policy],
    });
    expect(as({ ...user, userId: '2002' } as typeof user)).toMatchObject({ userId: '2002', userName: 'bob' });
    const { policy: _, ...bare } = user;
    expect(as(bare as typeof user)).toMatchObject({ policies: [] });
  });

  it.each(ways)('[Sec-26] refuses an unknown key ($scheme, $place)', ({ scheme, place }) => {
    const error = refusal(signed({ scheme, place, accessKeyId: 'LTAIunknown' }));
    expect(error).toMatchObject({ code: 'InvalidAccessKeyId', status: 403, ec: '0002-00000902' });
    expect(error.extra).toEqual({ OSSAccessKeyId: 'LTAIunknown' });
  });

  it.each(ways)('refuses a known key with a wrong secret ($scheme, $place)', ({ scheme, place }) => {
    expect(refusal(signed({ scheme, place, accessKeySecret: 'wrong' })).code).toBe('SignatureDoesNotMatch');
  });

  it.each(ways)('[Sec-20][Sec-21] no header of a client changes who it is ($scheme, $place)', ({ scheme, place }) => {
    const headers = {
      'x-oss-account-id': '2002',
      'x-oss-user-id': 'root',
      'x-forwarded-user': 'root',
      'x-principal': 'r',
    };
    const outcome = authenticate(signed({ scheme, place }, { target: '/a.txt', key: 'a.txt', headers }), settings());
    expect(outcome.identity).toEqual({ kind: 'root', accountId: '1001', accessKeyId });
    expect(authenticate(received({ target: '/a.txt', headers }), settings())).toEqual(anonymous);
  });
});
