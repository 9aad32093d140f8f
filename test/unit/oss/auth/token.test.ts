import { describe, expect, it } from 'vitest';
import { authenticate, type TokenResult } from '../../../../src/oss/auth/authenticate.ts';
import { accessKeyId, altered, now, refusal, securityToken, settings, signed, ways } from '../../../support/auth.ts';

const temporaryId = 'STS.NUexample';
const temporarySecret = 'TemporarySecret';
const token = 'CAIStoken+/= of "somebody"';

function withTokens(expires = now + 1): ReturnType<typeof settings> {
  const identity = {
    kind: 'role',
    accountId: '1001',
    accessKeyId: temporaryId,
    roleName: 'reader',
    sessionName: 'alice',
    policies: [],
  } as const;
  return settings({
    token: (id, given): TokenResult => {
      if (given !== token) return { kind: 'invalid' };
      if (id !== temporaryId) return { kind: 'other-key' };
      return { kind: 'temporary', accessKeySecret: temporarySecret, identity, expires };
    },
  });
}

const temporary = { accessKeyId: temporaryId, accessKeySecret: temporarySecret, securityToken: token };

describe.each(ways)('security tokens ($scheme, $place)', ({ scheme, place }) => {
  it('lets the temporary key in with its token', () => {
    const outcome = authenticate(signed({ scheme, place, ...temporary }), withTokens());
    expect(outcome).toMatchObject({ identity: { kind: 'role', roleName: 'reader' }, scheme, place });
  });

  it('[Sec-26] refuses the temporary key without its token', () => {
    const { securityToken: _, ...without } = temporary;
    const error = refusal(signed({ scheme, place, ...without }), withTokens());
    expect(error).toMatchObject({ code: 'InvalidAccessKeyId', status: 403 });
  });

  it('[Sec-26] refuses a bad token even where the key is a good long-lived one', () => {
    const error = refusal(signed({ scheme, place, securityToken: 'garbled' }), withTokens());
    expect(error).toMatchObject({ code: 'InvalidSecurityToken', status: 403 });
    // Positive control: the same key without any token.
    expect(authenticate(signed({ scheme, place }), withTokens()).identity.kind).toBe('root');
  });

  it('[Sec-26] refuses a token that belongs to another key', () => {
    const error = refusal(signed({ scheme, place, securityToken: token }), withTokens());
    expect(error).toMatchObject({ code: 'AccessKeyIdAndSecurityTokenNotMatch', status: 403 });
  });

  it('refuses an expired token, to the millisecond, also in a URL that would live on', () => {
    const request = signed({ scheme, place, ...temporary });
    expect(refusal(request, withTokens(now))).toMatchObject({ code: 'SecurityTokenExpired', status: 403 });
    const said = settings({ token: () => ({ kind: 'expired' }) });
    expect(refusal(request, said).code).toBe('SecurityTokenExpired');
  });

  it('refuses every token where there is nobody to ask', () => {
    const { token: _, ...without } = settings();
    expect(refusal(signed({ scheme, place, securityToken }), without).code).toBe('InvalidSecurityToken');
  });

  it('refuses the right token with a signature made by another secret', () => {
    const request = signed({ scheme, place, ...temporary, accessKeySecret: 'wrong' });
    expect(refusal(request, withTokens()).code).toBe('SignatureDoesNotMatch');
  });

  it('[Sec-36] shows neither token nor secret in the mismatch, in any encoding', () => {
    const error = refusal(signed({ scheme, place, ...temporary, accessKeySecret: 'wrong' }), withTokens());
    const document = JSON.stringify([error.message, error.extra]);
    for (const secret of [token, encodeURIComponent(token), temporarySecret, 'CAIStoken']) {
      expect(document).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(document).not.toContain(Buffer.from(secret).toString('hex').toUpperCase().match(/../g)!.join(' '));
    }
    expect(document).toContain('******');
  });
});

describe('where a token may be', () => {
  const inQuery = ways.filter((way) => way.place === 'query');

  it.each(inQuery)('a $scheme URL with the token in a header is refused', ({ scheme, place }) => {
    for (const name of ['x-oss-security-token', 'security-token']) {
      const request = signed({ scheme, place }, { target: '/a.txt', key: 'a.txt', headers: { [name]: securityToken } });
      const error = refusal(request);
      expect(error).toMatchObject({ code: 'InvalidRequest', status: 400 });
      expect(error.message).toBe('Security-token must be provided by query string parameter.');
    }
  });

  it('Python SDK v2 sends the token of a V1 header signature as security-token', () => {
    const request = signed({ scheme: 'V1', place: 'header' });
    const outcome = authenticate(altered(request, { headers: { 'security-token': securityToken } }), settings());
    expect(outcome.identity.kind).toBe('role');
    const both = altered(signed({ scheme: 'V1', place: 'header', securityToken }), {
      headers: { 'security-token': 'another' },
    });
    expect(authenticate(both, settings()).identity.kind).toBe('role');
  });

  it('a token in the query of a header-signed request is not looked at', () => {
    const request = signed(
      { scheme: 'V1', place: 'header' },
      { target: '/a.txt?security-token=garbled', key: 'a.txt' },
    );
    expect(authenticate(request, settings()).identity).toMatchObject({ kind: 'root', accessKeyId });
  });
});
