import { describe, expect, it } from 'vitest';
import { expectCipher, withKms } from '../encryption/support.ts';
import { md5, put } from '../support/config.ts';
import { newBucket, send, type Wish } from '../support/wire.ts';

const rule = (fields: Record<string, string>) =>
  `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>${Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`;

const get = (bucket: string) => send('GET', `/${bucket}?encryption`);
const info = async (bucket: string) => {
  const { text } = await send('GET', `/${bucket}?bucketInfo`);
  return /<ServerSideEncryptionRule>(.*)<\/ServerSideEncryptionRule>/.exec(text)?.[1];
};

/** Sets a default and returns what is shown of it, by itself and in the bucket's information. */
async function shown(fields: Record<string, string>): Promise<[string, string | undefined]> {
  const bucket = await newBucket();
  const answer = await put(bucket, 'encryption', rule(fields), withKms);
  expect([fields, answer.status, answer.bytes.length]).toEqual([fields, 200, 0]);
  const stored = await get(bucket);
  expect([stored.status, stored.header('content-type')]).toEqual([200, 'application/xml']);
  return [/<ApplyServerSideEncryptionByDefault>(.*)<\/Apply/.exec(stored.text)![1]!, await info(bucket)];
}

describe('PutBucketEncryption', () => {
  it('[PutBucketEncryption-3] [PutBucketEncryption-4] [PutBucketEncryption-11] [GetBucketEncryption-1] [GetBucketEncryption-4] [GetBucketEncryption-5] [GetBucketInfo-5] shows what it was given, and nothing else', async () => {
    for (const [fields, expected] of [
      [{ SSEAlgorithm: 'AES256' }, '<SSEAlgorithm>AES256</SSEAlgorithm>'],
      [{ SSEAlgorithm: ' AES256 ', KMSMasterKeyID: '' }, '<SSEAlgorithm>AES256</SSEAlgorithm>'],
      [{ SSEAlgorithm: 'KMS' }, '<SSEAlgorithm>KMS</SSEAlgorithm>'],
      [{ SSEAlgorithm: 'KMS', KMSMasterKeyID: '' }, '<SSEAlgorithm>KMS</SSEAlgorithm>'],
      [
        { KMSMasterKeyID: '9468da86-3509-4f8d-a61e-6eab1eac', SSEAlgorithm: 'KMS', KMSDataEncryption: 'SM4' },
        '<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>9468da86-3509-4f8d-a61e-6eab1eac</KMSMasterKeyID><KMSDataEncryption>SM4</KMSDataEncryption>',
      ],
      // What only KMS knows is dropped elsewhere ([PutBucketEncryption-5]).
      [{ SSEAlgorithm: 'AES256', KMSDataEncryption: 'SM4' }, '<SSEAlgorithm>AES256</SSEAlgorithm>'],
      [{ SSEAlgorithm: 'AES256', KMSTMasterKeyID: 'x' }, '<SSEAlgorithm>AES256</SSEAlgorithm>'],
    ] as [Record<string, string>, string][]) {
      expect(await shown(fields)).toEqual([expected, expected]);
    }
  });

  it('[PutBucketEncryption-1] [PutBucketEncryption-2] [PutBucketEncryption-5] refuses what it does not know, each by its code', async () => {
    const bucket = await newBucket();
    await put(bucket, 'encryption', rule({ SSEAlgorithm: 'AES256' }));
    for (const [fields, code] of [
      [{ SSEAlgorithm: 'random' }, 'InvalidEncryptionAlgorithmError'],
      [{ SSEAlgorithm: 'aes256' }, 'InvalidEncryptionAlgorithmError'],
      [{ SSEAlgorithm: '' }, 'InvalidEncryptionAlgorithmError'],
      [{ SSEAlgorithm: 'SM4' }, 'InvalidEncryptionAlgorithmError'],
      [{ SSEAlgorithm: 'AES256', KMSMasterKeyID: 'key-a' }, 'InvalidArgument'],
      [{ SSEAlgorithm: 'KMS', KMSDataEncryption: 'AES' }, 'InvalidDataEncryptionAlgorithmError'],
      [{ SSEAlgorithm: 'KMS', KMSMasterKeyID: 'k'.repeat(257) }, 'InvalidArgument'],
      [{ KMSMasterKeyID: 'key-a' }, 'MalformedXML'],
    ] as [Record<string, string>, string][]) {
      const answer = await put(bucket, 'encryption', rule(fields), withKms);
      expect([fields, answer.status, answer.code]).toEqual([fields, 400, code]);
    }
    for (const bad of [
      '',
      '<ServerSideEncryptionRule/>',
      '<ServerSideEncryptionRule><SSEAlgorithm>AES256</SSEAlgorithm></ServerSideEncryptionRule>',
    ]) {
      expect([bad, (await put(bucket, 'encryption', bad)).code]).toEqual([bad, 'MalformedXML']);
    }
    const wrong = { headers: { 'content-md5': md5('x') } };
    expect((await put(bucket, 'encryption', rule({ SSEAlgorithm: 'AES256' }), wrong)).code).toBe('InvalidDigest');
    expect((await get(bucket)).one('SSEAlgorithm')).toBe('AES256');
  });

  it('[PutBucketEncryption-7] [PutBucketEncryption-8] [DeleteBucketEncryption-3] is the default of objects from then on, and of no others', async () => {
    const bucket = await newBucket();
    const write = async (key: string, headers: Record<string, string> = {}) => {
      expect((await send('PUT', `/${bucket}/${key}`, { body: key, headers, ...withKms })).status).toBe(200);
    };
    const cipherOf = async (key: string, algorithm: string | null, keyId: string | null = null) => {
      for (const method of ['GET', 'HEAD'])
        expectCipher(await send(method, `/${bucket}/${key}`, withKms), algorithm, keyId);
    };
    await write('before');
    await put(bucket, 'encryption', rule({ SSEAlgorithm: 'AES256' }));
    await write('aes');
    await write('explicit', { 'x-oss-server-side-encryption': 'KMS' });
    await put(bucket, 'encryption', rule({ SSEAlgorithm: 'KMS', KMSMasterKeyID: 'key-a' }), withKms);
    await write('kms');
    expect((await send('DELETE', `/${bucket}?encryption`)).status).toBe(204);
    await write('after');
    await cipherOf('before', null);
    await cipherOf('aes', 'AES256');
    await cipherOf('explicit', 'KMS', 'default');
    await cipherOf('kms', 'KMS', 'key-a');
    await cipherOf('after', null);
    expect((await send('GET', `/${bucket}/kms`, withKms)).text).toBe('kms');
  });

  it('[Sec-47] is refused where there is no key for it, and what cannot be honoured stores no object', async () => {
    const bucket = await newBucket();
    const without = { variables: { ENCRYPTION_KEY: '', KMS_KEYS: '' } } satisfies Wish;
    const aes = await put(bucket, 'encryption', rule({ SSEAlgorithm: 'AES256' }), without);
    expect([aes.status, aes.code]).toEqual([400, 'NotImplemented']);
    const kms = await put(bucket, 'encryption', rule({ SSEAlgorithm: 'KMS' }), without);
    expect([kms.status, kms.code]).toEqual([403, 'KmsServiceNotEnabled']);
    expect((await get(bucket)).status).toBe(404);
    for (const [fields, code] of [
      [{ SSEAlgorithm: 'KMS', KMSMasterKeyID: 'no-such-key' }, 'InvalidArgument'],
      [{ SSEAlgorithm: 'KMS', KMSDataEncryption: 'SM4' }, 'InvalidDataEncryptionAlgorithmError'],
    ] as [Record<string, string>, string][]) {
      expect((await put(bucket, 'encryption', rule(fields), withKms)).status).toBe(200);
      const refused = await send('PUT', `/${bucket}/key`, { body: 'plain', ...withKms });
      expect([fields, refused.status, refused.code]).toEqual([fields, 400, code]);
      expect((await send('GET', `/${bucket}/key`, withKms)).status).toBe(404);
    }
  });
});

describe('GetBucketEncryption and DeleteBucketEncryption', () => {
  it('[GetBucketEncryption-2] [DeleteBucketEncryption-1] [DeleteBucketEncryption-2] [GetBucketInfo-6] know a bucket without a default', async () => {
    const bucket = await newBucket();
    const none = await get(bucket);
    expect([none.status, none.code, none.one('BucketName')]).toEqual([404, 'NoSuchServerSideEncryptionRule', bucket]);
    expect(await info(bucket)).toBe('<SSEAlgorithm>None</SSEAlgorithm>');
    expect((await send('DELETE', `/${bucket}?encryption`)).status).toBe(204);
    await put(bucket, 'encryption', rule({ SSEAlgorithm: 'AES256' }));
    const deleted = await send('DELETE', `/${bucket}?encryption`);
    expect([deleted.status, deleted.bytes.length]).toEqual([204, 0]);
    expect((await get(bucket)).code).toBe('NoSuchServerSideEncryptionRule');
    expect(await info(bucket)).toBe('<SSEAlgorithm>None</SSEAlgorithm>');
  });

  it.each(['PUT', 'GET', 'DELETE'])(
    '[GetBucketEncryption-3] [EdgeCommon-11] [EdgeCommon-12] %s is the owner’s alone',
    async (method) => {
      const bucket = await newBucket({ acl: 'public-read-write' });
      const wish = method === 'PUT' ? { body: rule({ SSEAlgorithm: 'AES256' }) } : {};
      for (const as of ['anonymous', 'other', 'user'] as const) {
        const answer = await send(method, `/${bucket}?encryption`, { as, ...wish });
        expect([as, answer.status, answer.code]).toEqual([as, 403, 'AccessDenied']);
      }
      const missing = await send(method, '/no-such-bucket-here?encryption', wish);
      expect([missing.status, missing.code]).toEqual([404, 'NoSuchBucket']);
    },
  );

  it('[EdgeCommon-13] work in a hierarchical bucket', async () => {
    const bucket = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await put(bucket, 'encryption', rule({ SSEAlgorithm: 'AES256' }))).status).toBe(200);
    expect((await get(bucket)).one('SSEAlgorithm')).toBe('AES256');
  });
});
