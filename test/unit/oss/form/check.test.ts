import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import { checkForm, type FormRules } from '../../../../src/oss/form/check.ts';
import { FormFields } from '../../../../src/oss/form/read.ts';
import { accessKeyId, accessKeySecret, now, securityToken, settings } from '../../../support/auth.ts';
import { signedFields, type ToSignForm } from '../../../support/form.ts';

interface Sent {
  readonly fields?: Readonly<Record<string, string>>;
  readonly filename?: string;
  readonly contentType?: string;
  /** Null: not signed. */
  readonly conditions?: readonly unknown[] | null;
  readonly sign?: Partial<ToSignForm>;
}

function check(
  { fields = {}, filename = 'a.txt', contentType, conditions, sign }: Sent,
  rules: Partial<FormRules> = {},
) {
  const form = new FormFields();
  const signature =
    conditions === null
      ? {}
      : signedFields({
          accessKeyId,
          accessKeySecret,
          scheme: 'V4',
          now,
          conditions: conditions ?? [['starts-with', '$key', '']],
          ...sign,
        });
  for (const [name, value] of Object.entries({ key: 'user/a.txt', ...fields, ...signature })) form.add(name, value);
  const file = {
    filename,
    ...(contentType === undefined ? {} : { contentType }),
    open: () => new ReadableStream<Uint8Array>(),
  };
  return checkForm({ fields: form, file }, { bucket: 'examplebucket', auth: settings(), strict: false, now, ...rules });
}

function refusal(sent: Sent, rules: Partial<FormRules> = {}): OssError {
  try {
    check(sent, rules);
  } catch (error) {
    if (error instanceof OssError) return error;
    throw error;
  }
  throw new Error('let in');
}

const denied = { code: 'AccessDenied', status: 403, ec: '0006-00000227' };

describe('a form', () => {
  it('without a signature is anonymous, and bound by nothing', () => {
    const checked = check({ conditions: null });
    expect(checked).toMatchObject({ authentication: { identity: { kind: 'anonymous' } }, key: 'user/a.txt' });
    expect(checked.length).toEqual({ min: 0, max: Number.MAX_SAFE_INTEGER });
  });

  it('needs a key, a valid one', () => {
    expect(refusal({ fields: { key: '' } })).toMatchObject({ code: 'InvalidArgument', extra: { ArgumentName: 'key' } });
    for (const key of ['/a', '\\a', 'x'.repeat(1_024), '测'.repeat(342)]) {
      expect(refusal({ fields: { key } }).code, key.slice(0, 4)).toBe('InvalidObjectName');
    }
    expect(check({ fields: { key: 'x'.repeat(1_023) } }).key).toHaveLength(1_023);
  });

  it('[Sec-7] may name its bucket, but no other one', () => {
    expect(check({ fields: { bucket: 'examplebucket' } }).key).toBe('user/a.txt');
    expect(refusal({ fields: { bucket: 'otherbucket' } })).toMatchObject({ code: 'InvalidArgument', status: 400 });
    expect(refusal({ fields: { bucket: '' } }).status).toBe(400);
    // Without a condition on the bucket the field still may not lead elsewhere, nor where there is no signature.
    expect(refusal({ fields: { bucket: 'otherbucket' }, conditions: null }).status).toBe(400);
  });

  it('[Sec-7] whose policy is for another bucket is refused, whatever its field says', () => {
    expect(refusal({ conditions: [{ bucket: 'otherbucket' }] })).toMatchObject(denied);
    expect(refusal({ conditions: [{ bucket: 'otherbucket' }], fields: { bucket: 'otherbucket' } }).status).toBe(400);
    expect(check({ conditions: [{ bucket: 'examplebucket' }] }).key).toBe('user/a.txt');
  });

  it('[Sec-8] is held to the policy that it is signed with', () => {
    const conditions = [
      ['starts-with', '$key', 'user/'],
      ['eq', '$success_action_status', '201'],
      ['in', '$content-type', ['image/png', 'image/jpeg']],
      ['not-in', '$cache-control', ['no-cache']],
      ['content-length-range', 1, 10],
    ];
    const good = { success_action_status: '201', 'Content-Type': 'image/png' };
    expect(check({ conditions, fields: good })).toMatchObject({
      contentType: 'image/png',
      length: { min: 1, max: 10 },
    });
    for (const wrong of [
      { key: 'other/a.txt' },
      { success_action_status: '200' },
      { 'Content-Type': 'text/html' },
      { 'Cache-Control': 'no-cache' },
    ]) {
      expect(refusal({ conditions, fields: { ...good, ...wrong } }), JSON.stringify(wrong)).toMatchObject(denied);
    }
    const { success_action_status: _, ...without } = good;
    expect(refusal({ conditions, fields: without })).toMatchObject(denied);
  });

  it('[Sec-12] is refused once its policy has expired', () => {
    const sign = { expiration: new Date(now - 1_000).toISOString() };
    expect(refusal({ sign })).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(refusal({ sign }).message).toBe('Invalid according to Policy: Policy expired.');
  });

  it.each(['x-oss-signature-version', 'x-oss-credential', 'x-oss-date', 'x-oss-security-token'])(
    'needs a policy that fixes %s, as a V4 signature covers nothing else',
    (name) => {
      const signed = signedFields({ accessKeyId, accessKeySecret, scheme: 'V4', now, securityToken, conditions: [] });
      const { policy: _p, 'x-oss-signature': _s, ...parts } = signed;
      const conditions = Object.entries(parts)
        .filter(([field]) => field !== name)
        .map(([field, value]): unknown => ({ [field]: value }));
      const document = (more: unknown[]) =>
        JSON.stringify({ expiration: new Date(now + 1_000).toISOString(), conditions: [...conditions, ...more] });
      const sent = (more: unknown[]) => ({ sign: { securityToken, document: document(more) } });
      expect(refusal(sent([['starts-with', '$key', '']]))).toMatchObject(denied);
      expect(refusal(sent([['starts-with', `$${name}`, '']]))).toMatchObject(denied);
      expect(check(sent([{ [name]: parts[name as keyof typeof parts]! }])).key).toBe('user/a.txt');
    },
  );
});

describe('[Sec-14] ${filename}', () => {
  const key = (sent: Sent) => check(sent).key;

  it('stands for the name of the file, as often as it occurs, and only once', () => {
    expect(key({ fields: { key: 'user/${filename}' }, filename: 'b.txt' })).toBe('user/b.txt');
    expect(key({ fields: { key: '${filename}/${filename}' }, filename: "$&$'" })).toBe("$&$'/$&$'");
    expect(key({ fields: { key: '${filename}' }, filename: '${filename}' })).toBe('${filename}');
    expect(key({ fields: { key: 'a${FILENAME}' } })).toBe('a${FILENAME}');
  });

  it('is seen by the policy as it was sent', () => {
    expect(key({ fields: { key: 'user/${filename}' }, conditions: [['eq', '$key', 'user/${filename}']] })).toBe(
      'user/a.txt',
    );
    const document = `{"expiration":"${new Date(now + 1_000).toISOString()}","conditions":[["eq","$key","user/\\\${filename}"]]}`;
    expect(key({ fields: { key: 'user/${filename}' }, sign: { scheme: 'V1', document } })).toBe('user/a.txt');
  });

  it('is checked once more when it is filled in', () => {
    const open = { fields: { key: '${filename}' } };
    expect(refusal({ ...open, conditions: [['not-in', '$key', ['a.txt']]] })).toMatchObject(denied);
    expect(key({ ...open, conditions: [['not-in', '$key', ['b.txt']]] })).toBe('a.txt');
    expect(refusal({ ...open, conditions: [['starts-with', '$key', '$']] })).toMatchObject(denied);
    expect(refusal({ ...open, conditions: [['in', '$key', ['${filename}']]] })).toMatchObject(denied);
    expect(key({ fields: { key: 'user/${filename}' }, conditions: [['starts-with', '$key', 'user/']] })).toBe(
      'user/a.txt',
    );
  });

  it('leads to no name that is not valid', () => {
    const open = { key: '${filename}' };
    expect(refusal({ fields: open, filename: '' }).code).toBe('InvalidObjectName');
    expect(refusal({ fields: open, filename: 'x'.repeat(1_024) }).code).toBe('InvalidObjectName');
    expect(refusal({ fields: { key: '${filename}'.padStart(1_011, 'x') }, filename: 'y'.repeat(24) }).code).toBe(
      'InvalidObjectName',
    );
  });
});

describe('the content type', () => {
  const typeOf = (sent: Sent) => check({ conditions: null, ...sent }).contentType;

  it('is x-oss-content-type, or that of the file, or that of the form', () => {
    const all = { fields: { 'Content-Type': 'a/form', 'x-oss-content-type': 'a/oss' }, contentType: 'a/file' };
    expect(typeOf(all)).toBe('a/oss');
    expect(typeOf({ ...all, fields: { 'Content-Type': 'a/form' } })).toBe('a/file');
    expect(typeOf({ fields: { 'Content-Type': 'a/form' } })).toBe('a/form');
    expect(typeOf({})).toBeUndefined();
    expect(typeOf({ fields: { 'x-oss-content-type': '', 'Content-Type': '' } })).toBeUndefined();
  });

  it('[Sec-8] that the object gets is what a condition is about', () => {
    const conditions = [['in', '$content-type', ['image/png', 'image/jpeg']]];
    expect(check({ conditions, contentType: 'image/png' }).contentType).toBe('image/png');
    expect(check({ conditions, fields: { 'content-type': 'image/jpeg' }, contentType: 'image/png' }).contentType).toBe(
      'image/png',
    );
    const field = { 'Content-Type': 'image/png' };
    expect(refusal({ conditions, contentType: 'text/html' })).toMatchObject(denied);
    expect(refusal({ conditions, fields: field, contentType: 'text/html' })).toMatchObject(denied);
    expect(refusal({ conditions, fields: { ...field, 'x-oss-content-type': 'text/html' } })).toMatchObject(denied);
    expect(refusal({ conditions, fields: { 'Content-Type': 'text/html' }, contentType: 'image/png' })).toMatchObject(
      denied,
    );
    expect(refusal({ conditions })).toMatchObject(denied);
  });
});

describe('[Sec-10] fields that no condition names', () => {
  const strict = { strict: true };
  const extra = {
    'x-oss-object-acl': 'public-read',
    'x-oss-storage-class': 'IA',
    'x-oss-forbid-overwrite': 'true',
    'x-oss-meta-a': 'b',
    'x-oss-content-type': 'text/html',
    'Content-Type': 'text/html',
    'Cache-Control': 'no-store',
    'Content-Disposition': 'attachment',
    Expires: 'never',
    success_action_redirect: 'https://example.com/',
    success_action_status: '201',
    callback: 'e30=',
    'x:var': 'a',
    'X-Oss-Anything': 'a',
  };

  it.each(Object.entries(extra))('%s: accepted, but not where the deployment is strict', (name, value) => {
    const fields = { [name]: value };
    expect(check({ fields }).key).toBe('user/a.txt');
    expect(refusal({ fields }, strict)).toMatchObject({
      ...denied,
      message: `Invalid according to Policy: Extra input fields: ${name}`,
    });
    const conditions = [
      ['starts-with', '$key', ''],
      ['starts-with', `$${name}`, ''],
    ];
    expect(check({ fields, conditions }, strict).key).toBe('user/a.txt');
  });

  it('may be many of one stem', () => {
    const conditions = [
      ['starts-with', '$key', ''],
      ['starts-with', '$x-oss-meta-', ''],
    ];
    expect(check({ conditions, fields: { 'x-oss-meta-a': 'b', 'x-oss-meta-c': 'd' } }, strict).key).toBe('user/a.txt');
    expect(refusal({ conditions, fields: { 'x-oss-object-acl': 'private' } }, strict)).toMatchObject(denied);
  });

  it('are no matter where they do nothing, and the key is one of them', () => {
    expect(check({ fields: { submit: 'Upload', name: 'a.txt', bucket: 'examplebucket' } }, strict).key).toBe(
      'user/a.txt',
    );
    expect(refusal({ conditions: [['content-length-range', 0, 10]] }, strict)).toMatchObject(denied);
    expect(check({ conditions: null }, strict).key).toBe('user/a.txt');
  });
});
