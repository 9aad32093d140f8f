import { describe, expect, it } from 'vitest';
import { authenticate, type SignedRequest } from '../../../../src/oss/auth/authenticate.ts';
import { canonicalHeaders, isOssHeader } from '../../../../src/oss/auth/canonical.ts';
import { signingKey } from '../../../../src/oss/auth/signing-key.ts';
import { signV1 } from '../../../../src/oss/auth/v1.ts';
import { canonicalRequestV4, isSignedByRuleV4, signV4, stringToSignV4 } from '../../../../src/oss/auth/v4.ts';
import { accessKeyId, accessKeySecret, altered, received, refusal, settings } from '../../../support/auth.ts';

/** Texts that known clients sign although they are not the regular one (protocol/oss.md 1.3, 1.6). */

const date = 'Wed, 15 Jan 2025 08:30:00 GMT';
const processing = settings({ tolerant: { unsignedProcess: true, droppedEmpties: false } });
const dropping = settings({ tolerant: { unsignedProcess: false, droppedEmpties: true } });

/** A GET whose V1 signature covers this resource. */
function signedV1(target: string, resource: string, key?: string): SignedRequest {
  const bare = received({ target, headers: { 'x-oss-date': date }, ...(key === undefined ? {} : { key }) });
  const lines = canonicalHeaders(bare, isOssHeader).lines;
  const signature = signV1(accessKeySecret, `GET\n\n\n${date}\n${lines}${resource}`);
  return altered(bare, { headers: { authorization: `OSS ${accessKeyId}:${signature}` } });
}

/** A GET of the bucket whose V4 signature covers this canonical query. */
function signedV4(rawQuery: string, canonical: string): SignedRequest {
  const scope = { date: '20250115', region: 'cn-hangzhou', product: 'oss' };
  const headers = { 'x-oss-date': '20250115T083000Z', 'x-oss-content-sha256': 'UNSIGNED-PAYLOAD' };
  const bare = received({ target: `/?${rawQuery}`, headers });
  const canonicalRequest = canonicalRequestV4(bare, canonical, canonicalHeaders(bare, isSignedByRuleV4).lines, []);
  const key = signingKey(accessKeyId, accessKeySecret, scope);
  const signature = signV4(key, stringToSignV4('20250115T083000Z', scope, canonicalRequest));
  const credential = `${accessKeyId}/20250115/cn-hangzhou/oss/aliyun_v4_request`;
  return altered(bare, {
    headers: { authorization: `OSS4-HMAC-SHA256 Credential=${credential},Signature=${signature}` },
  });
}

describe('V1', () => {
  it('B: Python SDK v2 leaves processing out, accepted only where that is switched on', () => {
    const request = signedV1(
      '/a.jpg?x-oss-process=image/resize,w_1&x-oss-traffic-limit=819200&versionId=v',
      '/examplebucket/a.jpg?versionId=v',
      'a.jpg',
    );
    expect(authenticate(request, processing).scheme).toBe('V1');
    expect(refusal(request).code).toBe('SignatureDoesNotMatch');
  });

  it('[Sec-3] B opens nothing else: every other sub-resource stays covered', () => {
    const request = signedV1('/a.jpg', '/examplebucket/a.jpg', 'a.jpg');
    expect(authenticate(request, processing).scheme).toBe('V1');
    const add = (raw: string) => altered(request, { query: () => raw });
    expect(authenticate(add('x-oss-process=image/info'), processing).scheme).toBe('V1');
    for (const raw of ['acl', 'versionId=v', 'x-oss-process=image/info&acl', 'x-oss-rename', 'x-oss-new-feature=1']) {
      expect(refusal(add(raw), processing).code, raw).toBe('SignatureDoesNotMatch');
    }
  });

  it('C: the Java SDK signs an empty value with its equals sign, where it sends one', () => {
    const resource = '/examplebucket/a?acl=&versionId=v';
    expect(authenticate(signedV1('/a?versionId=v&acl=', resource, 'a'), settings()).scheme).toBe('V1');
    expect(refusal(signedV1('/a?versionId=v&acl', resource, 'a')).code).toBe('SignatureDoesNotMatch');
  });

  it('D: the Java presigner writes a bucket without its slash', () => {
    expect(authenticate(signedV1('/?acl', '/examplebucket?acl'), settings()).scheme).toBe('V1');
    expect(refusal(signedV1('/a?acl', '/examplebucket?acl', 'a')).code).toBe('SignatureDoesNotMatch');
    expect(refusal({ ...signedV1('/?acl', '/examplebucket?acl'), bucket: 'other' }).code).toBe('SignatureDoesNotMatch');
  });
});

describe('V4, the empty parameters of ali-oss', () => {
  it('list filters may be signed with their equals sign, sub-resources beside them without', () => {
    expect(authenticate(signedV4('prefix=&versions=', 'prefix=&versions'), settings()).scheme).toBe('V4');
    expect(authenticate(signedV4('prefix=&list-type=2', 'list-type=2&prefix='), settings()).scheme).toBe('V4');
  });

  it('or all of them with it', () => {
    expect(authenticate(signedV4('prefix=&versions=', 'prefix=&versions='), settings()).scheme).toBe('V4');
    expect(refusal(signedV4('prefix&versions', 'prefix=&versions=')).code).toBe('SignatureDoesNotMatch');
  });

  it('empty filters may be left out where that is switched on', () => {
    const request = signedV4('prefix=&delimiter=%2F&versions=', 'delimiter=%2F&versions');
    expect(authenticate(request, dropping).scheme).toBe('V4');
    expect(refusal(request).code).toBe('SignatureDoesNotMatch');
  });

  it('[Sec-3] but nothing whose presence does something, and no filter that has a value', () => {
    const request = signedV4('list-type=2', 'list-type=2');
    expect(authenticate(request, dropping).scheme).toBe('V4');
    const add = (raw: string) => altered(request, { query: () => `list-type=2&${raw}` });
    expect(authenticate(add('prefix='), dropping).scheme).toBe('V4');
    for (const raw of [
      'acl',
      'acl=',
      'versions=',
      'tagging',
      'x-oss-process=',
      'prefix=a',
      'unknown=',
      'policy&prefix=',
    ]) {
      expect(refusal(add(raw), dropping).code, raw).toBe('SignatureDoesNotMatch');
    }
  });

  it('[Sec-3] nor an empty filter beside one of its name that was signed', () => {
    const request = signedV4('list-type=2&prefix=mine/', 'list-type=2&prefix=mine%2F');
    expect(authenticate(request, dropping).scheme).toBe('V4');
    const with_ = (raw: string) => altered(request, { query: () => raw });
    for (const raw of [
      'prefix=&list-type=2&prefix=mine/',
      'prefix&list-type=2&prefix=mine/',
      'list-type=2&prefix=mine/&prefix=',
      'marker=&list-type=2&prefix=&prefix=mine/',
    ]) {
      expect(refusal(with_(raw), dropping).code, raw).toBe('SignatureDoesNotMatch');
    }
    expect(authenticate(with_('marker=&list-type=2&prefix=mine/'), dropping).scheme).toBe('V4');
  });
});
