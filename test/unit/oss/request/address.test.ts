import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, OssError } from '../../../../src/oss/answer/errors.ts';
import { addressOf, isBucketName, isObjectName, KEY_BYTES_MAX, regionOf } from '../../../../src/oss/request/address.ts';

const domains = {
  region: 'oss-cn-hangzhou',
  serviceDomains: [
    'localhost',
    'oss-cn-hangzhou.aliyuncs.com',
    'oss-cn-beijing-internal.aliyuncs.com',
    'oss.example.com',
  ],
  accelerateDomains: ['oss-accelerate.aliyuncs.com'],
};

function address(url: string) {
  return addressOf(url, domains);
}

function refusal(url: string): ErrorCode | undefined {
  try {
    address(url);
    return undefined;
  } catch (error) {
    if (error instanceof OssError) return error.code;
    throw error;
  }
}

const bucketName = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}[a-z0-9]$/);
const objectName = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((key) => !/^[/\\]/.test(key));

describe('addressOf', () => {
  it('finds the service at a service domain or an IP address', () => {
    for (const host of [
      'localhost',
      'localhost:9000',
      'oss.example.com',
      '127.0.0.1',
      '203.0.113.7:80',
      '[::1]',
      '[2001:db8::1]:9000',
    ]) {
      const found = address(`http://${host}/?a=b`);
      expect(found).toMatchObject({ target: 'service', host, secure: false, region: 'cn-hangzhou' });
      expect(found.query.get('a')).toBe('b');
      expect(found.bucket).toBe(undefined);
    }
    expect(address('https://localhost/').secure).toBe(true);
  });

  it('takes an empty bucket label before a service domain for none: ali-oss sends it with an IP endpoint', () => {
    const service = address('http://.localhost:9000/?prefix=a');
    expect([service.target, service.query.get('prefix')]).toEqual(['service', 'a']);
  });

  it('takes the region from the endpoint', () => {
    expect(address('http://b-1.oss-cn-beijing-internal.aliyuncs.com/').region).toBe('cn-beijing');
    expect(address('http://oss-cn-beijing-internal.aliyuncs.com/b-1').region).toBe('cn-beijing');
    expect(address('http://b-1.oss.example.com/').region).toBe('cn-hangzhou');
    expect(regionOf('oss-cn-beijing.aliyuncs.com')).toBe('oss-cn-beijing');
    expect(regionOf('oss-cn-beijing-internal.aliyuncs.com')).toBe('oss-cn-beijing');
    for (const domain of [
      'localhost',
      'oss.example.com',
      'oss-accelerate.aliyuncs.com',
      'oss-accelerate-overseas.aliyuncs.com',
    ]) {
      expect(regionOf(domain)).toBe(undefined);
    }
  });

  it('[Common-18] [Sec-18] reads bucket and key alike from host and path, whatever the spelling', () => {
    const spelling = fc.constantFrom<(key: string) => string>(
      encodeURIComponent,
      (key) => key.split('/').map(encodeURIComponent).join('/'),
      (key) => [...new TextEncoder().encode(key)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
      (key) =>
        [...new TextEncoder().encode(key)]
          .map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`)
          .join(''),
    );
    fc.assert(
      fc.property(bucketName, objectName, spelling, (bucket, key, spell) => {
        const raw = spell(key);
        for (const url of [
          `http://localhost/${bucket}/${raw}`,
          `http://${bucket}.localhost:9000/${raw}`,
          `https://127.0.0.1/${bucket}/${raw}?x`,
          `http://${bucket}.OSS.example.com/${raw}`,
        ]) {
          expect(address(url)).toMatchObject({ target: 'object', bucket, key });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('knows a bucket with and without a trailing slash', () => {
    for (const url of [
      'http://localhost/b-1',
      'http://localhost/b-1/',
      'http://b-1.localhost/',
      'http://127.0.0.1/b-1/',
    ]) {
      const { target, bucket, key } = address(url);
      expect([target, bucket, key]).toEqual(['bucket', 'b-1', undefined]);
    }
  });

  it('calls every other host foreign, and never takes part of one for ours', () => {
    for (const host of [
      'example.com',
      'notlocalhost',
      'localhost.example.com',
      'a.b.localhost',
      'aliyuncs.com',
      '1.2.3.4.5',
      '127.0.0.1.example.com',
      'localhost.',
    ]) {
      expect(address(`http://${host}/b/k%20`)).toMatchObject({ target: 'foreign', host, key: 'b/k ' });
    }
  });

  it('decodes once, and takes a plus in a path as it is', () => {
    expect(address('http://localhost/b-1/a+b%252F%2b').key).toBe('a+b%2F+');
    expect(address('http://localhost/b-1/a//b/').key).toBe('a//b/');
  });

  it('refuses what is malformed', () => {
    for (const path of ['b-1/%', 'b-1/%f', 'b-1/%zz', 'b-1/%ff', 'b-1/a?%zz', 'b-1/a?x=%c3%28', '%zz/a']) {
      expect(refusal(`http://localhost/${path}`), path).toBe('InvalidArgument');
    }
    expect(refusal('http://example.com/%ff')).toBe('InvalidArgument');
    for (const path of ['ab', 'B-1', '-b1', 'b1-', 'b_1', 'b.1', '%2F/a', '/a', '%E4%B8%AD%E6%96%87', 'b'.repeat(64)]) {
      expect(refusal(`http://localhost/${path}`), path).toBe('InvalidBucketName');
    }
    expect(refusal('http://ab.localhost/')).toBe('InvalidBucketName');
    for (const key of ['/a', '%2Fa', '%5Ca', 'k'.repeat(1_024), '%E4%B8%AD'.repeat(342)]) {
      expect(refusal(`http://localhost/b-1/${key}`), key).toBe('InvalidObjectName');
    }
  });
});

describe('isBucketName', () => {
  it('[PutBucket-12] takes 3 to 63 of a-z, 0-9 and hyphen, with no hyphen at the ends', () => {
    for (const name of ['abc', '0-0', 'a'.repeat(63), '1.2.3.4'.replaceAll('.', '-')])
      expect(isBucketName(name)).toBe(true);
    for (const name of ['', 'ab', 'a'.repeat(64), '-ab', 'ab-', 'aBc', 'a.b', 'a_b', 'a b', 'abc\n', 'äbc'])
      expect(isBucketName(name)).toBe(false);
    fc.assert(fc.property(bucketName, isBucketName));
  });
});

describe('isObjectName', () => {
  it('[PutObject-E5] takes 1 to 1,023 bytes of UTF-8 that begin with no slash', () => {
    for (const key of ['a', ' ', '\n', 'a/', '..', '\u{1f600}'.repeat(255), 'k'.repeat(KEY_BYTES_MAX)])
      expect(isObjectName(key)).toBe(true);
    for (const key of ['', '/', '\\a', '\u{1f600}'.repeat(256), 'é'.repeat(512), 'k'.repeat(KEY_BYTES_MAX + 1)])
      expect(isObjectName(key)).toBe(false);
  });
});
