import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import type { AuthSettings } from '../../../../src/oss/auth/authenticate.ts';
import { FormFields } from '../../../../src/oss/form/read.ts';
import { authenticateForm } from '../../../../src/oss/form/signature.ts';
import { accessKeyId, accessKeySecret, now, securityToken, settings } from '../../../support/auth.ts';
import { signedFields, type ToSignForm } from '../../../support/form.ts';

type Fields = Readonly<Record<string, string | undefined>>;

function fieldsOf(fields: Fields): FormFields {
  const form = new FormFields();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.add(name, value);
  return form;
}

function authenticated(fields: Fields, at = now, with_: AuthSettings = settings()) {
  return authenticateForm(fieldsOf(fields), with_, at);
}

function refusal(fields: Fields, at = now, with_: AuthSettings = settings()): OssError {
  try {
    authenticated(fields, at, with_);
  } catch (error) {
    if (error instanceof OssError) return error;
    throw error;
  }
  throw new Error('let in');
}

const schemes = ['V1', 'V2', 'V4'] as const;
const conditions = [['starts-with', '$key', 'user/']];

function signed(scheme: ToSignForm['scheme'], change: Partial<ToSignForm> = {}): Record<string, string> {
  return signedFields({ accessKeyId, accessKeySecret, scheme, conditions, now, ...change });
}

/** The vectors of protocol/oss.md 2.5. */
const vectors = {
  v1: {
    policy:
      'eyJleHBpcmF0aW9uIjoiMjAyNS0wMS0xNVQwOTozMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0IjoiZXhhbXBsZWJ1Y2tldCJ9LFsic3RhcnRzLXdpdGgiLCIka2V5IiwidXNlci8iXSxbImNvbnRlbnQtbGVuZ3RoLXJhbmdlIiwxLDEwNDg1NzZdXX0=',
    Signature: 'eOqKcZsHXTL3QJbCKnAcW81PAGM=',
  },
  v4: {
    policy:
      'eyJleHBpcmF0aW9uIjoiMjAyNS0wMS0xNVQwOTozMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0IjoiZXhhbXBsZWJ1Y2tldCJ9LHsieC1vc3Mtc2lnbmF0dXJlLXZlcnNpb24iOiJPU1M0LUhNQUMtU0hBMjU2In0seyJ4LW9zcy1jcmVkZW50aWFsIjoiTFRBSTV0RXhhbXBsZUFjY2Vzc0tleUlkLzIwMjUwMTE1L2NuLWhhbmd6aG91L29zcy9hbGl5dW5fdjRfcmVxdWVzdCJ9LHsieC1vc3MtZGF0ZSI6IjIwMjUwMTE1VDA4MzAwMFoifSxbInN0YXJ0cy13aXRoIiwiJGtleSIsInVzZXIvIl0sWyJjb250ZW50LWxlbmd0aC1yYW5nZSIsMSwxMDQ4NTc2XSxbImluIiwiJGNvbnRlbnQtdHlwZSIsWyJpbWFnZS9wbmciLCJpbWFnZS9qcGVnIl1dXX0=',
    'x-oss-signature': '73fd654824a57c95112d5603afd3495ed0d3164ae31dd7bdab3b10a39df68581',
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${accessKeyId}/20250115/cn-hangzhou/oss/aliyun_v4_request`,
    'x-oss-date': '20250115T083000Z',
  },
};

describe('form signatures', () => {
  it('POST-V1 of protocol/oss.md', () => {
    const { authentication, policy, covered } = authenticated({ OSSAccessKeyId: accessKeyId, ...vectors.v1 });
    expect(authentication).toEqual({
      identity: { kind: 'root', accountId: '1001', accessKeyId },
      scheme: 'V1',
      place: 'form',
    });
    expect(policy).toBe(vectors.v1.policy);
    expect(covered).toEqual([]);
  });

  it('POST-V4 of protocol/oss.md', () => {
    const { authentication, policy, covered } = authenticated(vectors.v4);
    expect(authentication).toMatchObject({ identity: { kind: 'root' }, scheme: 'V4', place: 'form' });
    expect(policy).toBe(vectors.v4.policy);
    expect(covered).toEqual(['x-oss-signature-version', 'x-oss-credential', 'x-oss-date']);
  });

  it('a form without any part of one is anonymous', () => {
    const { authentication, policy } = authenticated({ key: 'a', 'x-oss-date': '20250115T083000Z' });
    expect(authentication).toEqual({ identity: { kind: 'anonymous' }, scheme: 'none', place: 'none' });
    expect(policy).toBeUndefined();
  });

  it.each(schemes)('[Sec-4] a forged %s signature is refused', (scheme) => {
    const fields = signed(scheme);
    expect(authenticated(fields).authentication.scheme).toBe(scheme);
    const name = scheme === 'V1' ? 'Signature' : 'x-oss-signature';
    const { policy } = signed(scheme, { conditions: [['starts-with', '$key', '']] });
    for (const forged of [
      { ...fields, [name]: `x${fields[name]!.slice(1)}` },
      { ...fields, [name]: fields[name]!.toUpperCase() },
      { ...fields, [name]: `${fields[name]} ` },
      { ...fields, policy },
      signed(scheme, { accessKeySecret: 'wrong' }),
    ]) {
      expect(refusal(forged)).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403, ec: '0002-00000705' });
    }
  });

  it.each(schemes)('[Sec-9] a part of a %s signature is worse than none', (scheme) => {
    const fields = signed(scheme);
    for (const name of Object.keys(fields)) {
      for (const value of [undefined, '']) {
        expect(refusal({ ...fields, [name]: value }), `${name} ${value}`).toMatchObject({ status: 400 });
      }
      // A date alone says nothing about who signed.
      if (name !== 'x-oss-date') expect(refusal({ [name]: fields[name]! }).status, name).toBe(400);
    }
  });

  it('tells which part is missing', () => {
    const fields = signed('V1');
    expect(refusal({ ...fields, policy: undefined }).ec).toBe('0002-00000702');
    expect(refusal({ ...fields, Signature: undefined }).ec).toBe('0002-00000703');
    expect(refusal({ ...fields, Signature: '' }).ec).toBe('0002-00000704');
    expect(refusal({ ...fields, OSSAccessKeyId: undefined })).toMatchObject({
      code: 'InvalidArgument',
      ec: '0002-00000706',
      message:
        "The bucket POST must contain the specified 'OSSAccessKeyId'. If it is specified, please check the order of the fields",
      extra: { ArgumentName: 'OSSAccessKeyId', ArgumentValue: '' },
    });
  });

  it('[Sec-34] of two schemes at once, and of an unknown scheme, are refused', () => {
    expect(refusal({ ...signed('V1'), ...signed('V4') })).toMatchObject({ code: 'InvalidArgument', status: 400 });
    for (const version of ['', 'OSS', 'OSS3', 'oss4-hmac-sha256', 'AWS4-HMAC-SHA256']) {
      const fields = { ...signed('V4'), 'x-oss-signature-version': version };
      expect(refusal(fields), version).toMatchObject({ code: 'InvalidArgument', status: 400 });
    }
  });

  it('[Sec-34] a V2 signature is none of V4, nor one of V1', () => {
    const v2 = signed('V2');
    const asV1 = { OSSAccessKeyId: accessKeyId, policy: v2.policy!, Signature: v2['x-oss-signature']! };
    expect(refusal(asV1).code).toBe('SignatureDoesNotMatch');
    const asV4 = { ...signed('V4'), policy: v2.policy!, 'x-oss-signature': v2['x-oss-signature']! };
    expect(refusal(asV4).code).toBe('SignatureDoesNotMatch');
  });

  it.each(schemes)('[Sec-26] of an unknown key are refused (%s)', (scheme) => {
    expect(refusal(signed(scheme, { accessKeyId: 'LTAIunknown' }))).toMatchObject({
      code: 'InvalidAccessKeyId',
      status: 403,
    });
    expect(refusal(signed(scheme, { accessKeyId: 'a b' })).status).toBe(400);
  });

  it('[Sec-36] are not shown with what they cover, which may be a token', () => {
    const fields = signed('V4', { securityToken, accessKeySecret: 'wrong' });
    const error = refusal(fields);
    expect(error.code).toBe('SignatureDoesNotMatch');
    const shown = JSON.stringify([error.message, error.extra]);
    expect(shown).not.toContain(fields.policy);
    expect(shown).not.toContain(securityToken);
  });
});

describe('V4 credentials of a form', () => {
  const fields = signed('V4');
  const credential = (text: string) => refusal({ ...fields, 'x-oss-credential': text });

  it.each([
    ['another region', '20250115/cn-beijing/oss/aliyun_v4_request', '0002-00000226'],
    ['another product', '20250115/cn-hangzhou/oss-cloudbox/aliyun_v4_request', '0002-00000222'],
    ['another day', '20250114/cn-hangzhou/oss/aliyun_v4_request', '0002-00000709'],
    ['another suffix', '20250115/cn-hangzhou/oss/aws4_request', '0002-00000222'],
    ['too few parts', '20250115/cn-hangzhou', '0002-00000222'],
    ['too many parts', '20250115/cn-hangzhou/oss/aliyun_v4_request/x', '0002-00000222'],
  ])('of %s are refused', (_, scope, ec) => {
    expect(credential(`${accessKeyId}/${scope}`)).toMatchObject({ code: 'InvalidArgument', status: 400, ec });
  });

  it.each([undefined, '', 'today', '20250115', '2025-01-15T08:30:00Z', '20250230T000000Z'])(
    '[Sec-30] with the date %j are refused',
    (date) => {
      expect(refusal({ ...fields, 'x-oss-date': date })).toMatchObject({ status: 400, ec: '0002-00000709' });
    },
  );

  it('[Sec-30] are good from a quarter of an hour before their date to seven days after', () => {
    const minutes = 60_000;
    const days = 86_400_000;
    expect(authenticated(fields, now - 15 * minutes).authentication.scheme).toBe('V4');
    expect(refusal(fields, now - 15 * minutes - 1)).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(authenticated(fields, now + 7 * days).authentication.scheme).toBe('V4');
    expect(refusal(fields, now + 7 * days + 1)).toMatchObject({ code: 'AccessDenied', status: 403 });
  });
});

describe.each(schemes)('security tokens in a form (%s)', (scheme) => {
  it('[Sec-26] let the temporary key in, and nobody else', () => {
    const fields = signed(scheme, { securityToken });
    expect(authenticated(fields).authentication.identity).toMatchObject({ kind: 'role', roleName: 'reader' });
    expect(refusal({ ...fields, 'x-oss-security-token': 'garbled' })).toMatchObject({ code: 'InvalidSecurityToken' });
    expect(refusal(fields, now + 3_600_000)).toMatchObject({ code: 'SecurityTokenExpired', status: 403 });
    const { token: _, ...without } = settings();
    expect(refusal(fields, now, without).code).toBe('InvalidSecurityToken');
  });

  it('must be covered by a V4 signature', () => {
    const { covered } = authenticated(signed(scheme, { securityToken }));
    expect(covered.includes('x-oss-security-token')).toBe(scheme === 'V4');
  });
});
