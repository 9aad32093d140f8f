import { describe, expect, it } from 'vitest';
import { authenticate, type SignedRequest } from '../../../../src/oss/auth/authenticate.ts';
import { canonicalHeaders, canonicalQuery, isOssHeader } from '../../../../src/oss/auth/canonical.ts';
import { stringToSignRtmp } from '../../../../src/oss/auth/rtmp.ts';
import { signingKey } from '../../../../src/oss/auth/signing-key.ts';
import { signV1, stringToSignV1 } from '../../../../src/oss/auth/v1.ts';
import { signV2, stringToSignV2 } from '../../../../src/oss/auth/v2.ts';
import { canonicalRequestV4, isSignedByRuleV4, signV4, stringToSignV4 } from '../../../../src/oss/auth/v4.ts';
import { Query } from '../../../../src/oss/request/query.ts';
import { accessKeyId, accessKeySecret, received, securityToken, settings } from '../../../support/auth.ts';

/** The vectors of protocol/oss.md chapter 1: the text that is signed, to the byte, and that the request is let in. */

const scope = { date: '20250115', region: 'cn-hangzhou', product: 'oss' };
const date = '20250115T083000Z';

function canonicalOfV4(request: SignedRequest, additional: string[], except?: string): string {
  const headers = canonicalHeaders(request, isSignedByRuleV4, additional);
  return canonicalRequestV4(request, canonicalQuery(request.query.pairs, except), headers.lines, additional);
}

describe('V1 vectors', () => {
  it('V1-H1: metadata, MD5 and type', () => {
    const request = received({
      method: 'PUT',
      target: '/dir/hello%20world.txt',
      key: 'dir/hello world.txt',
      headers: {
        'Content-MD5': 'XUFAKrxLKna5cZ2REBfFkg==',
        'Content-Type': 'text/plain',
        Date: 'Wed, 15 Jan 2025 08:30:00 GMT',
        'x-oss-storage-class': 'IA',
        'X-OSS-Meta-Author': '  alice ',
        Authorization: `OSS ${accessKeyId}:pOGE935joaNhSgunWSKHJFAfpDE=`,
      },
    });
    expect(stringToSignV1(request, 'Wed, 15 Jan 2025 08:30:00 GMT')).toBe(
      [
        'PUT',
        'XUFAKrxLKna5cZ2REBfFkg==',
        'text/plain',
        'Wed, 15 Jan 2025 08:30:00 GMT',
        'x-oss-meta-author:alice',
        'x-oss-storage-class:IA',
        '/examplebucket/dir/hello world.txt',
      ].join('\n'),
    );
    expect(authenticate(request, settings())).toEqual({
      identity: { kind: 'root', accountId: '1001', accessKeyId },
      scheme: 'V1',
      place: 'header',
    });
  });

  it('V1-H2: x-oss-date, token header, sub-resources with values, a type on GET', () => {
    const request = received({
      target: '/dir/a.txt?response-content-type=text%2Fplain%3B%20charset%3Dutf-8&versionId=CAEQexample',
      key: 'dir/a.txt',
      headers: {
        'Content-Type': 'text/plain',
        'x-oss-date': 'Wed, 15 Jan 2025 08:30:00 GMT',
        'x-oss-security-token': securityToken,
        Authorization: `OSS ${accessKeyId}:6ZjsqaKqrIheCd9HuuQyB7qGUzs=`,
      },
    });
    expect(stringToSignV1(request, 'Wed, 15 Jan 2025 08:30:00 GMT')).toBe(
      [
        'GET',
        '',
        'text/plain',
        'Wed, 15 Jan 2025 08:30:00 GMT',
        'x-oss-date:Wed, 15 Jan 2025 08:30:00 GMT',
        `x-oss-security-token:${securityToken}`,
        '/examplebucket/dir/a.txt?response-content-type=text/plain; charset=utf-8&versionId=CAEQexample',
      ].join('\n'),
    );
    expect(authenticate(request, settings()).identity.kind).toBe('role');
  });

  it('V1-U1: a download URL with override and token', () => {
    const request = received({
      target:
        '/dir/a%20b.txt?OSSAccessKeyId=LTAI5tExampleAccessKeyId&Expires=1736930400&Signature=VSi0J4mCEKhUNsz%2FndK5R7Xa3Js%3D&response-content-disposition=attachment%3B%20filename%3D%22x.txt%22&security-token=CAISexampleToken%2B%2F%3D%3D',
      key: 'dir/a b.txt',
    });
    expect(stringToSignV1(request, '1736930400')).toBe(
      [
        'GET',
        '',
        '',
        '1736930400',
        '/examplebucket/dir/a b.txt?response-content-disposition=attachment; filename="x.txt"&security-token=CAISexampleToken+/==',
      ].join('\n'),
    );
    expect(authenticate(request, settings())).toMatchObject({ scheme: 'V1', place: 'query' });
  });

  it('V1-U2: an upload URL with type, metadata and callback', () => {
    const callback = 'eyJjYWxsYmFja1VybCI6Imh0dHBzOi8vY2IuZXhhbXBsZS5jb20vaCIsImNhbGxiYWNrQm9keSI6Im89JHtvYmplY3R9In0=';
    const request = received({
      method: 'PUT',
      target: `/up.bin?OSSAccessKeyId=${accessKeyId}&Expires=1736930400&Signature=SGisUfgrQTTRz%2BxM%2BNt9rpCbjXo%3D&callback=${encodeURIComponent(callback)}`,
      key: 'up.bin',
      headers: { 'Content-Type': 'image/png', 'x-oss-meta-k': 'v' },
    });
    expect(stringToSignV1(request, '1736930400')).toBe(
      ['PUT', '', 'image/png', '1736930400', 'x-oss-meta-k:v', `/examplebucket/up.bin?callback=${callback}`].join('\n'),
    );
    expect(authenticate(request, settings())).toMatchObject({ scheme: 'V1', place: 'query' });
  });

  it('[RtmpSign-2][RtmpSign-3][RtmpSign-4][RtmpSign-8] an RTMP ingest URL', () => {
    const { pairs } = new Query(
      `Expires=1736930400&OSSAccessKeyId=${accessKeyId}&playlistName=p.m3u8&Signature=x&SecurityToken=t`,
    );
    const text = stringToSignRtmp('1736930400', pairs, 'examplebucket', 'ch1');
    expect(text).toBe('1736930400\nplaylistName:p.m3u8\n/examplebucket/ch1');
    expect(signV1(accessKeySecret, text)).toBe('Qv8WeGTUd1w27J/1gET2A4c4g8A=');
  });
});

describe('V2 vectors', () => {
  it('V2-H: additional header, every parameter signed', () => {
    const request = received({
      target: '/dir/a%20b.txt?acl&prefix=a%2Fb%20c',
      key: 'dir/a b.txt',
      headers: {
        range: 'bytes=0-9',
        'x-oss-traffic-limit': '819200',
        Date: 'Wed, 15 Jan 2025 08:30:00 GMT',
        Authorization: `OSS2 AccessKeyId:${accessKeyId},AdditionalHeaders:range,Signature:UNkR+39Cd4RqKC8u+otUaoLlrsnoQHbUliE2eOCFvjw=`,
      },
    });
    const { lines } = canonicalHeaders(request, isOssHeader, ['range']);
    const text = stringToSignV2(request, 'Wed, 15 Jan 2025 08:30:00 GMT', lines, ['range']);
    expect(text).toBe(
      [
        'GET',
        '',
        '',
        'Wed, 15 Jan 2025 08:30:00 GMT',
        'range:bytes=0-9',
        'x-oss-traffic-limit:819200',
        'range',
        '%2Fexamplebucket%2Fdir%2Fa%20b.txt?acl&prefix=a%2Fb%20c',
      ].join('\n'),
    );
    expect(signV2(accessKeySecret, text)).toBe('UNkR+39Cd4RqKC8u+otUaoLlrsnoQHbUliE2eOCFvjw=');
    expect(authenticate(request, settings())).toMatchObject({ scheme: 'V2', place: 'header' });
  });

  it('V2-U: a signed URL', () => {
    const request = received({
      target: `/dir/a%20b.txt?versionId=CAEQexample&x-oss-access-key-id=${accessKeyId}&x-oss-expires=1736930400&x-oss-signature-version=OSS2&x-oss-signature=zvCspXyvQ4S32GVQESQ03%2Bm3AgIWAA0qIFa4ocWV%2BYQ%3D`,
      key: 'dir/a b.txt',
    });
    expect(stringToSignV2(request, '1736930400', '', [], 'x-oss-signature')).toBe(
      [
        'GET',
        '',
        '',
        '1736930400',
        '',
        `%2Fexamplebucket%2Fdir%2Fa%20b.txt?versionId=CAEQexample&x-oss-access-key-id=${accessKeyId}&x-oss-expires=1736930400&x-oss-signature-version=OSS2`,
      ].join('\n'),
    );
    expect(authenticate(request, settings())).toMatchObject({ scheme: 'V2', place: 'query' });
  });
});

describe('V4 vectors', () => {
  it('derives the signing key', () => {
    expect(signingKey(accessKeyId, accessKeySecret, scope).toString('hex')).toBe(
      'df156d7e13be9589de2feb2fcada90aedd721a8f253b8eddbc6d0ffc21a7d70a',
    );
  });

  it('V4-H1: key beyond ASCII, additional header', () => {
    const signature = 'cb00080c64de2a2b4380b924e05aec4e4c29448980385936a3f314e5752179bd';
    const request = received({
      method: 'PUT',
      target: '/dir/%E6%B5%8B%E8%AF%95%201%2B1.txt',
      key: 'dir/测试 1+1.txt',
      headers: {
        'cache-control': 'no-cache',
        'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==',
        'content-type': 'text/plain',
        'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
        'x-oss-date': date,
        'x-oss-object-acl': 'private',
        Authorization: `OSS4-HMAC-SHA256 Credential=${accessKeyId}/20250115/cn-hangzhou/oss/aliyun_v4_request,AdditionalHeaders=cache-control,Signature=${signature}`,
      },
    });
    const canonicalRequest = canonicalOfV4(request, ['cache-control']);
    expect(canonicalRequest).toBe(
      [
        'PUT',
        '/examplebucket/dir/%E6%B5%8B%E8%AF%95%201%2B1.txt',
        '',
        'cache-control:no-cache',
        'content-md5:XUFAKrxLKna5cZ2REBfFkg==',
        'content-type:text/plain',
        'x-oss-content-sha256:UNSIGNED-PAYLOAD',
        `x-oss-date:${date}`,
        'x-oss-object-acl:private',
        '',
        'cache-control',
        'UNSIGNED-PAYLOAD',
      ].join('\n'),
    );
    const text = stringToSignV4(date, scope, canonicalRequest);
    expect(text).toBe(
      `OSS4-HMAC-SHA256\n${date}\n20250115/cn-hangzhou/oss/aliyun_v4_request\na4674d6ea2ab8c9ed70beafda0e5327d023436f3fa661333d98d3eda3bc07143`,
    );
    expect(signV4(signingKey(accessKeyId, accessKeySecret, scope), text)).toBe(signature);
    expect(authenticate(request, settings())).toMatchObject({ scheme: 'V4', place: 'header' });
  });

  it('V4-H2: bucket, query, token', () => {
    const request = received({
      target: '/?list-type=2&max-keys=2&prefix=a%2Fb%20c&continuation-token=Cg%2B%2F%3D',
      headers: {
        'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
        'x-oss-date': date,
        'x-oss-security-token': securityToken,
        Authorization: `OSS4-HMAC-SHA256 Credential=${accessKeyId}/20250115/cn-hangzhou/oss/aliyun_v4_request,Signature=20aaba19918059e9827592ca691810241d6266e74364dd0fc913f53ea2f47658`,
      },
    });
    expect(canonicalOfV4(request, [])).toBe(
      [
        'GET',
        '/examplebucket/',
        'continuation-token=Cg%2B%2F%3D&list-type=2&max-keys=2&prefix=a%2Fb%20c',
        'x-oss-content-sha256:UNSIGNED-PAYLOAD',
        `x-oss-date:${date}`,
        `x-oss-security-token:${securityToken}`,
        '',
        '',
        'UNSIGNED-PAYLOAD',
      ].join('\n'),
    );
    expect(authenticate(request, settings())).toMatchObject({ identity: { kind: 'role' }, scheme: 'V4' });
  });

  it('V4-U1: host as additional header, processing, token', () => {
    const signature = '444b24727fa4b265e6120347ddf67198d05ce7bb96abceff6d90fcae3b8cf47c';
    const credential = `${accessKeyId}%2F20250115%2Fcn-hangzhou%2Foss%2Faliyun_v4_request`;
    const signed = `x-oss-additional-headers=host&x-oss-credential=${credential}&x-oss-date=${date}&x-oss-expires=3600&x-oss-process=image%2Fresize%2Cw_100&x-oss-security-token=CAISexampleToken%2B%2F%3D%3D&x-oss-signature-version=OSS4-HMAC-SHA256`;
    const request = received({ target: `/dir/a%20b.jpg?${signed}&x-oss-signature=${signature}`, key: 'dir/a b.jpg' });
    const canonicalRequest = canonicalOfV4(request, ['host'], 'x-oss-signature');
    expect(canonicalRequest).toBe(
      [
        'GET',
        '/examplebucket/dir/a%20b.jpg',
        signed,
        'host:examplebucket.oss-cn-hangzhou.aliyuncs.com',
        '',
        'host',
        'UNSIGNED-PAYLOAD',
      ].join('\n'),
    );
    expect(stringToSignV4(date, scope, canonicalRequest)).toContain(
      '0f3e99de3ea6bbf1c113a96926e02e71a8bbd9c9160f718e05c75ed455402c30',
    );
    expect(authenticate(request, settings())).toMatchObject({ scheme: 'V4', place: 'query' });
  });

  it('V4-U2: an upload URL with type and metadata', () => {
    const signature = 'c3625a44d79b3e28cebb216346ea43f8623dbc92cb43ddf30a78539c0e6dfb0d';
    const credential = `${accessKeyId}%2F20250115%2Fcn-hangzhou%2Foss%2Faliyun_v4_request`;
    const request = received({
      method: 'PUT',
      target: `/up.bin?x-oss-credential=${credential}&x-oss-date=${date}&x-oss-expires=900&x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature=${signature}`,
      key: 'up.bin',
      headers: { 'Content-Type': 'image/png', 'x-oss-meta-k': 'v' },
    });
    const canonicalRequest = canonicalOfV4(request, [], 'x-oss-signature');
    expect(stringToSignV4(date, scope, canonicalRequest)).toContain(
      '42949517ce3e44676e546e32f07368cf08032c95dc2ba1a6184e15b91b237489',
    );
    expect(authenticate(request, settings())).toMatchObject({ scheme: 'V4', place: 'query' });
  });
});

describe('form vectors', () => {
  const v1 =
    'eyJleHBpcmF0aW9uIjoiMjAyNS0wMS0xNVQwOTozMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0IjoiZXhhbXBsZWJ1Y2tldCJ9LFsic3RhcnRzLXdpdGgiLCIka2V5IiwidXNlci8iXSxbImNvbnRlbnQtbGVuZ3RoLXJhbmdlIiwxLDEwNDg1NzZdXX0=';
  const v4 =
    'eyJleHBpcmF0aW9uIjoiMjAyNS0wMS0xNVQwOTozMDowMC4wMDBaIiwiY29uZGl0aW9ucyI6W3siYnVja2V0IjoiZXhhbXBsZWJ1Y2tldCJ9LHsieC1vc3Mtc2lnbmF0dXJlLXZlcnNpb24iOiJPU1M0LUhNQUMtU0hBMjU2In0seyJ4LW9zcy1jcmVkZW50aWFsIjoiTFRBSTV0RXhhbXBsZUFjY2Vzc0tleUlkLzIwMjUwMTE1L2NuLWhhbmd6aG91L29zcy9hbGl5dW5fdjRfcmVxdWVzdCJ9LHsieC1vc3MtZGF0ZSI6IjIwMjUwMTE1VDA4MzAwMFoifSxbInN0YXJ0cy13aXRoIiwiJGtleSIsInVzZXIvIl0sWyJjb250ZW50LWxlbmd0aC1yYW5nZSIsMSwxMDQ4NTc2XSxbImluIiwiJGNvbnRlbnQtdHlwZSIsWyJpbWFnZS9wbmciLCJpbWFnZS9qcGVnIl1dXX0=';

  it('POST-V1 and POST-V4 are made with the same two functions', () => {
    expect(signV1(accessKeySecret, v1)).toBe('eOqKcZsHXTL3QJbCKnAcW81PAGM=');
    expect(signV4(signingKey(accessKeyId, accessKeySecret, scope), v4)).toBe(
      '73fd654824a57c95112d5603afd3495ed0d3164ae31dd7bdab3b10a39df68581',
    );
  });
});
