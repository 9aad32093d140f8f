import { describe, expect, it } from 'vitest';
import { authenticate, type SignedRequest } from '../../src/oss/auth/authenticate.ts';
import { Query } from '../../src/oss/request/query.ts';
import {
  accessKeyId,
  accessKeySecret,
  altered,
  now,
  received,
  refusal,
  securityToken,
  settings,
  ways,
} from '../support/auth.ts';
import { sign } from '../support/sign.ts';

/** What differs between Node and workerd: the headers (UTF-8, order, joined lines) and the crypto behind `node:crypto`. */

const url = 'http://examplebucket.localhost:9000/%E6%B5%8B.txt?versionId=a%2Fb&response-content-type=text%2Fplain';
const key = '测.txt';

function asReceived(request: Request): SignedRequest {
  const { method, headers } = request;
  return {
    method,
    headers,
    url: request.url,
    query: new Query(request.url.split('?')[1] ?? ''),
    bucket: 'examplebucket',
    key,
    now,
  };
}

function signedRequest(way: (typeof ways)[number], headers: Record<string, string>, additionalHeaders: string[] = []) {
  const credentials = { accessKeyId, accessKeySecret, securityToken, region: 'cn-hangzhou', now };
  const signed = sign({
    method: 'PUT',
    url,
    headers,
    bucket: 'examplebucket',
    key,
    additionalHeaders,
    ...credentials,
    ...way,
  });
  return new Request(signed.url, { method: 'PUT', headers: signed.headers });
}

describe.each(ways)('in workerd ($scheme, $place)', (way) => {
  // Out of order and of every case.
  const headers = {
    'X-Oss-Meta-Title': 'test',
    'x-oss-meta-a-b': '2',
    'x-oss-meta-a': '1',
    'Content-Type': 'text/plain',
  };

  it('lets in what a client signed, and nothing else', () => {
    const request = asReceived(signedRequest(way, headers));
    expect(authenticate(request, settings())).toMatchObject({ ...way, identity: { kind: 'role' } });
    expect(refusal(altered(request, { headers: { 'x-oss-meta-title': 'tesT' } })).code).toBe('SignatureDoesNotMatch');
  });

  it('covers additional headers, the host with them', () => {
    const request = asReceived(signedRequest(way, { ...headers, range: 'bytes=0-9' }, ['Range', 'host']));
    expect(authenticate(request, settings())).toMatchObject(way);
    const changed = altered(request, { headers: { range: 'bytes=0-10' } });
    if (way.scheme === 'V1') expect(authenticate(changed, settings())).toMatchObject(way);
    else expect(refusal(changed).code).toBe('SignatureDoesNotMatch');
  });
});

it('signs the bytes of metadata beyond ASCII', () => {
  const request = asReceived(signedRequest({ scheme: 'V1', place: 'header' }, { 'x-oss-meta-title': '测试 café' }));
  expect(request.headers.get('x-oss-meta-title')).toBe('测试 café');
  expect(authenticate(request, settings()).scheme).toBe('V1');
});

it('V4-H1 of protocol/oss.md holds here too', () => {
  const request = received({
    method: 'PUT',
    target: '/dir/%E6%B5%8B%E8%AF%95%201%2B1.txt',
    key: 'dir/测试 1+1.txt',
    headers: {
      'x-oss-object-acl': 'private',
      'cache-control': 'no-cache',
      'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==',
      'content-type': 'text/plain',
      'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-oss-date': '20250115T083000Z',
      Authorization: `OSS4-HMAC-SHA256 Credential=${accessKeyId}/20250115/cn-hangzhou/oss/aliyun_v4_request,AdditionalHeaders=cache-control,Signature=cb00080c64de2a2b4380b924e05aec4e4c29448980385936a3f314e5752179bd`,
    },
  });
  expect(authenticate(request, settings())).toMatchObject({ scheme: 'V4', place: 'header' });
});
