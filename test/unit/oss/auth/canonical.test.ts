import { describe, expect, it } from 'vitest';
import { authenticate } from '../../../../src/oss/auth/authenticate.ts';
import { canonicalQuery } from '../../../../src/oss/auth/canonical.ts';
import { stringToSignRtmp } from '../../../../src/oss/auth/rtmp.ts';
import { isSignedSubresource, signedSubresources } from '../../../../src/oss/auth/signed-subresources.ts';
import { canonicalResourceV1 } from '../../../../src/oss/auth/v1.ts';
import { canonicalResourceV2 } from '../../../../src/oss/auth/v2.ts';
import { Query } from '../../../../src/oss/request/query.ts';
import { altered, received, refusal, settings, signed, ways } from '../../../support/auth.ts';

const query = (raw: string) => canonicalQuery(new Query(raw).pairs);
const resource = (raw: string, key = 'k') => canonicalResourceV1('b', key, new Query(raw).pairs);

describe('the canonical query of V2 and V4 (security-cases 5.3)', () => {
  it('a plus is a blank, and both are %20', () => {
    expect(query('a=x+y%20z')).toBe('a=x%20y%20z');
    expect(query('a=x%2By')).toBe('a=x%2By');
  });

  it('encodes all but the unreserved set, with capital digits', () => {
    expect(query("a=~-._/!*'()%e6%b5%8b")).toBe('a=~-._%2F%21%2A%27%28%29%E6%B5%8B');
  });

  it('sorts by encoded name, not by name and value as one text', () => {
    expect(query('a-b=2&a=1&A=0')).toBe('A=0&a=1&a-b=2');
    expect(query('%7E=1&%C3%A9=2&z=3')).toBe('%C3%A9=2&z=3&~=1');
  });

  it('keeps equal names in their order: the first is the one that counts', () => {
    expect(query('a=2&b=0&a=1')).toBe('a=2&a=1&b=0');
  });

  it('an empty value and none are the same', () => {
    expect(query('acl=&b')).toBe('acl&b');
    expect(query('acl&b=')).toBe('acl&b');
    expect(query('')).toBe('');
    expect(query('&&a&')).toBe('a');
  });

  it('leaves the signature out, the one that was read', () => {
    const pairs = new Query('x-oss-signature=1&a=2&x-oss-signature=3').pairs;
    expect(canonicalQuery(pairs, 'x-oss-signature')).toBe('a=2&x-oss-signature=3');
  });
});

describe('the canonical resource of V1', () => {
  it('is decoded, and has the signed sub-resources alone', () => {
    expect(resource('uploadId=a%20b&prefix=x&partNumber=1&max-keys=2')).toBe('/b/k?partNumber=1&uploadId=a b');
    expect(resource('acl=&prefix=x')).toBe('/b/k?acl');
    expect(resource('prefix=x')).toBe('/b/k');
  });

  it('names are case-sensitive', () => {
    expect(resource('ACL&Acl&acl')).toBe('/b/k?acl');
  });

  it('keeps equal names in their order', () => {
    expect(resource('versionId=2&acl&versionId=1')).toBe('/b/k?acl&versionId=2&versionId=1');
  });

  it('a bucket always ends in a slash, a service request is one', () => {
    expect(canonicalResourceV1('b', undefined, [])).toBe('/b/');
    expect(canonicalResourceV1('b', '', [])).toBe('/b/');
    expect(canonicalResourceV1(undefined, undefined, [])).toBe('/');
    expect(canonicalResourceV1('b', 'dir/', [])).toBe('/b/dir/');
  });
});

it('the canonical resource of V2 encodes its slashes', () => {
  expect(canonicalResourceV2(received({ target: '/d/a%20b', key: 'd/a b' }))).toBe('%2Fexamplebucket%2Fd%2Fa%20b');
  expect(canonicalResourceV2(received({ target: '/', bucket: null }))).toBe('%2F');
});

describe('the signed sub-resources', () => {
  it('are the union of the official signers', () => {
    expect(signedSubresources.size).toBe(123);
    for (const name of [
      'acl',
      'callback-var',
      'response-content-type',
      'security-token',
      'versionId',
      'x-oss-process',
    ]) {
      expect(isSignedSubresource(name), name).toBe(true);
    }
  });

  it('include by rule whatever begins x-oss-', () => {
    expect(isSignedSubresource('x-oss-anything-new')).toBe(true);
    expect(isSignedSubresource('X-OSS-PROCESS')).toBe(false);
  });

  it('never include list filters and the signature itself', () => {
    const never =
      'prefix marker max-keys delimiter encoding-type list-type start-after fetch-owner key-marker version-id-marker upload-id-marker max-uploads max-parts part-number-marker rule-id accessmonitor regions mode category tag-key tag-value action OSSAccessKeyId Expires Signature';
    for (const name of never.split(' ')) expect(isSignedSubresource(name), name).toBe(false);
  });
});

describe('[RtmpSign-3] the parameters of an RTMP URL', () => {
  it('are sorted, one a line, none at all being none', () => {
    const { pairs } = new Query('b=2&a=1&security-token=t');
    expect(stringToSignRtmp('1', pairs, 'b', 'c')).toBe('1\na:1\nb:2\nsecurity-token:t\n/b/c');
    expect(stringToSignRtmp('1', [], 'b', 'c')).toBe('1\n/b/c');
  });
});

const addresses = [
  { name: 'virtual-hosted', host: 'examplebucket.oss-cn-hangzhou.aliyuncs.com', target: '/d/a%20b' },
  { name: 'path style', host: '127.0.0.1:9000', target: '/examplebucket/d/a%20b' },
  { name: 'custom domain', host: 'cdn.example.com', target: '/d/a%20b' },
  { name: 'another port and case', host: 'ExampleBucket.LOCALHOST:9000', target: '/d/a%20b' },
];

describe.each(ways)('what the text is made of ($scheme, $place)', (way) => {
  it.each(addresses)('[CnameRouting-2] is the bucket, however addressed: $name', ({ host, target }) => {
    const from = { host, target, key: 'd/a b' };
    expect(authenticate(signed(way, from), settings()).scheme).toBe(way.scheme);
    expect(refusal({ ...signed(way, from), bucket: 'otherbucket' }).code).toBe('SignatureDoesNotMatch');
  });

  it('a request to the service, and one to the bucket', () => {
    expect(authenticate(signed(way, { target: '/?max-keys=3', bucket: null }), settings()).scheme).toBe(way.scheme);
    expect(authenticate(signed(way, { target: '/?acl' }), settings()).scheme).toBe(way.scheme);
    const service = signed(way, { target: '/', bucket: null });
    expect(refusal({ ...service, bucket: 'examplebucket' }).code).toBe('SignatureDoesNotMatch');
  });

  it('[Sec-18][Sec-19] is the decoded key: slashes, dots and backslashes are characters like others', () => {
    for (const key of [
      'a/../b',
      './a',
      'a//b',
      '/a',
      'a\\b',
      '..',
      'a%2Fb',
      'meta/x',
      'e\u0301',
      '\u00e9',
      ' a ',
      'a\tb',
    ]) {
      const request = signed(way, { target: `/${encodeURIComponent(key)}`, key });
      expect(authenticate(request, settings()).scheme, key).toBe(way.scheme);
      for (const other of ['b', 'a', 'a/b', 'a/b/', 'x']) {
        expect(refusal({ ...request, key: other }).code, key).toBe('SignatureDoesNotMatch');
      }
    }
  });

  it('[Sec-45] is the method as received: HEAD is not GET', () => {
    const get = signed(way);
    const head = signed(way, { method: 'HEAD', target: '/a.txt', key: 'a.txt' });
    expect(authenticate(get, settings()).scheme).toBe(way.scheme);
    expect(authenticate(head, settings()).scheme).toBe(way.scheme);
    for (const method of ['HEAD', 'PUT', 'DELETE', 'get', 'Get']) {
      expect(refusal(altered(get, { method })).code).toBe('SignatureDoesNotMatch');
    }
    expect(refusal(altered(head, { method: 'GET' })).code).toBe('SignatureDoesNotMatch');
  });

  it('[Sec-45] is not disturbed by headers that the network adds', () => {
    const headers = {
      'cf-connecting-ip': '192.0.2.1',
      'x-forwarded-for': '192.0.2.1',
      via: '1.1 x',
      'accept-encoding': 'br',
    };
    expect(authenticate(altered(signed(way), { headers }), settings()).scheme).toBe(way.scheme);
  });

  it('a query that is spelt differently but means the same', () => {
    const from = { target: '/a.txt?versionId=a%20b%2Fc&acl', key: 'a.txt' };
    const request = signed(way, from);
    for (const [a, b] of [
      ['%20', '+'],
      ['%2F', '/'],
      ['%2F', '%2f'],
      ['&acl', '&acl='],
      ['&acl', '&&%61cl'],
    ] as const) {
      const respelt = altered(request, { query: (raw) => raw.replace(a, b) });
      expect(authenticate(respelt, settings()).scheme, b).toBe(way.scheme);
    }
  });
});

describe('[Sec-17] one parser, one result', () => {
  it.each(ways.filter((way) => way.scheme !== 'V1'))('$scheme tells a key from a sub-resource ($place)', (way) => {
    const subresource = signed(way, { target: '/a?versionId=x', key: 'a' });
    const key = signed(way, { target: '/a%3FversionId%3Dx', key: 'a?versionId=x' });
    expect(authenticate(subresource, settings()).scheme).toBe(way.scheme);
    expect(authenticate(key, settings()).scheme).toBe(way.scheme);
    const swapped = altered(subresource, { query: (raw) => raw.replace(/versionId=x&?/, ''), key: 'a?versionId=x' });
    expect(refusal(swapped).code).toBe('SignatureDoesNotMatch');
  });

  it('V1 cannot tell them apart: its text is decoded, so that both are signed alike', () => {
    expect(canonicalResourceV1('b', 'a?versionId=x', [])).toBe(resource('versionId=x', 'a'));
    // What it does tell apart: a request for one with the other added.
    const key = signed({ scheme: 'V1', place: 'header' }, { target: '/a%3FversionId%3Dx', key: 'a?versionId=x' });
    expect(authenticate(key, settings()).scheme).toBe('V1');
    expect(refusal(altered(key, { query: () => 'versionId=x' })).code).toBe('SignatureDoesNotMatch');
  });

  it.each(ways)('a doubled encoding is another value ($scheme, $place)', (way) => {
    const request = signed(way, { target: '/a?versionId=x%2Fy', key: 'a' });
    expect(authenticate(request, settings()).scheme).toBe(way.scheme);
    const twice = altered(request, { query: (raw) => raw.replace('x%2Fy', 'x%252Fy') });
    expect(refusal(twice).code).toBe('SignatureDoesNotMatch');
  });

  it.each(ways)('a repeated parameter cannot be added or swapped ($scheme, $place)', (way) => {
    const request = signed(way, { target: '/a?versionId=x', key: 'a' });
    for (const to of ['versionId=y&versionId=x', 'versionId=x&versionId=y']) {
      const changed = altered(request, { query: (raw) => raw.replace('versionId=x', to) });
      expect(refusal(changed).code).toBe('SignatureDoesNotMatch');
    }
    const two = signed(way, { target: '/a?versionId=x&versionId=y', key: 'a' });
    expect(authenticate(two, settings()).scheme).toBe(way.scheme);
    const swapped = altered(two, {
      query: (raw) => raw.replace('versionId=x&versionId=y', 'versionId=y&versionId=x'),
    });
    expect(refusal(swapped).code).toBe('SignatureDoesNotMatch');
  });
});
