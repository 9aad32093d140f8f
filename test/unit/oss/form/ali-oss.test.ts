import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { FormFields } from '../../../../src/oss/form/read.ts';
import { authenticateForm } from '../../../../src/oss/form/signature.ts';
import { accessKeyId, accessKeySecret, now, settings } from '../../../support/auth.ts';

interface PostClient {
  calculatePostSignature(policy: object | string): Record<'OSSAccessKeyId' | 'Signature' | 'policy', string>;
  signPostObjectPolicyV4(policy: object, date: Date): string;
}

const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => PostClient;
const client = new OSS({ accessKeyId, accessKeySecret, region: 'oss-cn-hangzhou', bucket: 'examplebucket' });

function fieldsOf(fields: Record<string, string>): FormFields {
  const form = new FormFields();
  for (const [name, value] of Object.entries(fields)) form.add(name, value);
  return form;
}

const policy = {
  expiration: new Date(now + 3_600_000).toISOString(),
  conditions: [{ bucket: 'examplebucket' }, ['starts-with', '$key', '用户/'], ['content-length-range', 0, 1_048_576]],
};

describe('forms signed by ali-oss', () => {
  it('calculatePostSignature', () => {
    const fields = client.calculatePostSignature(policy);
    const outcome = authenticateForm(fieldsOf({ ...fields }), settings(), now);
    expect(outcome.authentication).toMatchObject({ identity: { kind: 'root', accessKeyId }, scheme: 'V1' });
    expect(JSON.parse(Buffer.from(outcome.policy!, 'base64').toString())).toEqual(policy);
  });

  it('signPostObjectPolicyV4', () => {
    const credential = `${accessKeyId}/20250115/cn-hangzhou/oss/aliyun_v4_request`;
    const signature = {
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-credential': credential,
      'x-oss-date': '20250115T083000Z',
    };
    const whole = {
      ...policy,
      conditions: [...policy.conditions, ...Object.entries(signature).map(([name, value]) => ({ [name]: value }))],
    };
    const fields = {
      ...signature,
      policy: Buffer.from(JSON.stringify(whole)).toString('base64'),
      'x-oss-signature': client.signPostObjectPolicyV4(whole, new Date(now)),
    };
    const outcome = authenticateForm(fieldsOf(fields), settings(), now);
    expect(outcome.authentication).toMatchObject({ identity: { kind: 'root', accessKeyId }, scheme: 'V4' });
  });
});
