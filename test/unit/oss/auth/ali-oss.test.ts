import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticate } from '../../../../src/oss/auth/authenticate.ts';
import { stringToSignRtmp } from '../../../../src/oss/auth/rtmp.ts';
import { signV1 } from '../../../../src/oss/auth/v1.ts';
import {
  type Client,
  fromUrl,
  oddKeys,
  openWire,
  refuseTampered,
  tolerant,
  type Wire,
  withToken,
} from '../../../support/ali-oss.ts';
import { accessKeySecret, refusal } from '../../../support/auth.ts';

/** Whatever the real ali-oss signs is let in, and none of it after one changed byte. */

const bucket = 'examplebucket';
let wire: Wire;
beforeAll(async () => {
  wire = await openWire();
});
afterAll(() => wire.close());

const part = Buffer.alloc(102_400, 'x');

const calls: Record<string, (oss: Client, key: string) => Promise<unknown>> = {
  put: (oss, key) => oss.put!(key, Buffer.from('hello')),
  'put with headers': (oss, key) =>
    oss.put!(key, Buffer.from('hello'), {
      mime: 'text/plain; charset=utf-8',
      meta: { author: 'alice', pid: 7 },
      headers: { 'Cache-Control': 'no-cache', 'x-oss-storage-class': 'IA', 'x-oss-tagging': 'a=1&b=2' },
      callback: { url: 'http://cb.example.com/h', body: 'o=$' + '{object}', customValue: { k: 'v' } },
    }),
  putStream: (oss, key) => oss.putStream!(key, Readable.from([Buffer.from('hello')])),
  get: (oss, key) => oss.get!(key),
  'get with overrides': (oss, key) =>
    oss.get!(key, {
      headers: { Range: 'bytes=0-3' },
      subres: { 'response-content-disposition': 'attachment; filename="a b&c.txt"', 'response-content-type': 'x/y' },
      versionId: 'CAEQ',
    }),
  'get processed': (oss, key) => oss.get!(key, { process: 'image/resize,w_100' }),
  head: (oss, key) => oss.head!(key),
  getObjectMeta: (oss, key) => oss.getObjectMeta!(key),
  delete: (oss, key) => oss.delete!(key),
  'delete a version': (oss, key) => oss.delete!(key, { versionId: 'CAEQ' }),
  deleteMulti: (oss, key) => oss.deleteMulti!([key, 'b'], { quiet: true }),
  copy: (oss, key) => oss.copy!(key, 'src/a.txt'),
  putACL: (oss, key) => oss.putACL!(key, 'private'),
  getACL: (oss, key) => oss.getACL!(key),
  putObjectTagging: (oss, key) => oss.putObjectTagging!(key, { a: '1', b: '2' }),
  getObjectTagging: (oss, key) => oss.getObjectTagging!(key),
  deleteObjectTagging: (oss, key) => oss.deleteObjectTagging!(key),
  putSymlink: (oss, key) => oss.putSymlink!(key, 'target.txt'),
  getSymlink: (oss, key) => oss.getSymlink!(key),
  append: (oss, key) => oss.append!(key, Buffer.from('hello'), { position: 3 }),
  restore: (oss, key) => oss.restore!(key),
  processObjectSave: (oss, key) => oss.processObjectSave!(key, 'target.jpg', 'image/resize,w_100'),
  initMultipartUpload: (oss, key) => oss.initMultipartUpload!(key),
  uploadPart: (oss, key) => oss.uploadPart!(key, 'id', 1, part, 0, part.length),
  uploadPartCopy: (oss, key) =>
    oss.uploadPartCopy!(key, 'id', 2, '0-102399', { sourceKey: 'src/a b.txt', sourceBucketName: bucket }),
  completeMultipartUpload: (oss, key) => oss.completeMultipartUpload!(key, 'id', [{ number: 1, etag: '"E"' }]),
  abortMultipartUpload: (oss, key) => oss.abortMultipartUpload!(key, 'id'),
  listParts: (oss, key) => oss.listParts!(key, 'id', { 'max-parts': 10 }),
  listUploads: (oss) => oss.listUploads!({ prefix: 'a b', 'max-uploads': 10 }),
  list: (oss) => oss.list!({ prefix: 'dir/a b', delimiter: '/', 'max-keys': 10, marker: '测试' }),
  'list with an empty prefix': (oss) => oss.list!({ prefix: '' }),
  'list with an undefined prefix': (oss) => oss.list!({ prefix: undefined, delimiter: '/' }),
  listV2: (oss) => oss.listV2!({ prefix: 'a+b', 'continuation-token': 'Cg+/=', 'fetch-owner': 'true' }),
  'list versions': (oss) => oss.getBucketVersions!({ prefix: 'a', 'version-id-marker': 'v', 'key-marker': 'k' }),
  'list versions with an empty prefix': (oss) => oss.getBucketVersions!({ prefix: '' }),
  'list versions with an undefined prefix': (oss) => oss.getBucketVersions!({ prefix: undefined }),
  listBuckets: (oss) => oss.listBuckets!({ prefix: 'ex', 'max-keys': 3 }),
  putBucket: (oss) => oss.putBucket!(bucket, { acl: 'private', storageClass: 'IA' }),
  deleteBucket: (oss) => oss.deleteBucket!(bucket),
  getBucketInfo: (oss) => oss.getBucketInfo!(bucket),
  getBucketLocation: (oss) => oss.getBucketLocation!(bucket),
  getBucketStat: (oss) => oss.getBucketStat!(bucket),
  putBucketACL: (oss) => oss.putBucketACL!(bucket, 'public-read'),
  getBucketACL: (oss) => oss.getBucketACL!(bucket),
  putBucketCORS: (oss) => oss.putBucketCORS!(bucket, [{ allowedOrigin: '*', allowedMethod: ['GET'] }]),
  getBucketLifecycle: (oss) => oss.getBucketLifecycle!(bucket),
  getBucketWorm: (oss) => oss.getBucketWorm!(bucket),
  completeBucketWorm: (oss) => oss.completeBucketWorm!(bucket, 'wormid'),
  getBucketInventory: (oss) => oss.getBucketInventory!(bucket, 'inv'),
  putBucketTags: (oss) => oss.putBucketTags!(bucket, { a: '1' }),
  listChannels: (oss) => oss.listChannels!({ prefix: 'p' }),
  createVod: (oss) => oss.createVod!('ch', 'p.m3u8', { startTime: 1, endTime: 2 }),
};

const versions = [
  { name: 'V1', options: {} },
  { name: 'V1 with a token', options: withToken },
  { name: 'V1, requester pays', options: { isRequestPay: true } },
  { name: 'V4', options: { authorizationV4: true } },
  { name: 'V4 with a token', options: { authorizationV4: true, ...withToken } },
  { name: 'V4, requester pays', options: { authorizationV4: true, isRequestPay: true } },
];

describe.each(versions)('ali-oss $name', ({ name, options }) => {
  const expected = {
    identity: { kind: name.includes('token') ? 'role' : 'root' },
    scheme: name.slice(0, 2),
    place: 'header',
  };

  it.each(Object.keys(calls))('%s', async (call) => {
    const requests = await wire.sent(() => calls[call]!(wire.client(options), 'dir/a b+c.txt'));
    expect(requests.length).toBeGreaterThan(0);
    for (const request of requests) {
      expect(authenticate(request, tolerant)).toMatchObject(expected);
      refuseTampered(request);
    }
  });

  it.each(oddKeys)('the key %s', async (key) => {
    const oss = wire.client(options);
    const put = await wire.sent(() => oss.put!(key, Buffer.from('x')));
    const requests = [...put, ...(await wire.sent(() => oss.getACL!(key)))];
    expect(requests.map((request) => request.key)).toEqual([key, key]);
    for (const request of requests) {
      expect(authenticate(request, tolerant)).toMatchObject(expected);
      refuseTampered(request);
    }
  });
});

it.each([false, true])('metadata beyond ASCII, sent as UTF-8 bytes (V4: %s)', async (authorizationV4) => {
  const oss = wire.client({ authorizationV4, headerEncoding: 'latin1' });
  const [request] = await wire.sent(() => oss.put!('a.txt', Buffer.from('x'), { meta: { title: '测试 café' } }));
  expect(request!.headers.get('x-oss-meta-title')).toBe('测试 café');
  expect(authenticate(request!, tolerant).identity.kind).toBe('root');
  refuseTampered(request!);
});

interface UrlSigner {
  signatureUrl(key: string, options?: object, strict?: boolean): string;
  asyncSignatureUrl(key: string, options?: object): Promise<string>;
  signatureUrlV4(method: string, expires: number, request: object, key: string, additional?: string[]): Promise<string>;
}

const holders = [
  { name: 'no token', options: {}, kind: 'root' },
  { name: 'a token', options: withToken, kind: 'role' },
];

describe.each(holders)('ali-oss signed URLs with $name', ({ options, kind }) => {
  const signer = () => wire.client(options) as unknown as UrlSigner;

  function check(request: ReturnType<typeof fromUrl>, scheme: string): void {
    expect(authenticate(request, tolerant)).toMatchObject({ identity: { kind }, scheme, place: 'query' });
    refuseTampered(request);
  }

  it.each(oddKeys)('signatureUrl of %s', async (key) => {
    check(fromUrl('GET', signer().signatureUrl(key, { expires: 600 }, false)), 'V1');
    check(fromUrl('GET', await signer().asyncSignatureUrl(key, { expires: 600 })), 'V1');
  });

  it('signatureUrl with all its options', () => {
    const url = signer().signatureUrl('up load.bin', {
      method: 'PUT',
      expires: 600,
      'Content-Type': 'text/plain',
      'Content-MD5': 'XUFAKrxLKna5cZ2REBfFkg==',
      'x-oss-meta-k': 'v',
      process: 'image/resize,w_100',
      trafficLimit: 819200,
      response: { 'content-disposition': 'attachment; filename="a b&c"' },
      subResource: { versionId: 'CAEQ' },
      callback: { url: 'http://cb.example.com/h', body: 'o=$' + '{object}', customValue: { k: 'v' } },
    });
    const headers = { 'content-type': 'text/plain', 'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==', 'x-oss-meta-k': 'v' };
    check(fromUrl('PUT', url, headers), 'V1');
    refusal(fromUrl('PUT', url), tolerant);
  });

  it.each(oddKeys)('signatureUrlV4 of %s', async (key) => {
    check(fromUrl('GET', await signer().signatureUrlV4('GET', 600, {}, key)), 'V4');
  });

  it('signatureUrlV4 with headers, queries and additional headers', async () => {
    const headers = { 'content-type': 'text/plain', 'x-oss-meta-k': 'v', 'cache-control': 'no-cache' };
    const queries = {
      versionId: 'CAEQ',
      'x-oss-process': "image/resize,w_100(')!*",
      'response-content-type': 'a/b; c=d',
    };
    const url = await signer().signatureUrlV4('PUT', 600, { headers, queries }, 'a b.bin', ['Cache-Control']);
    check(fromUrl('PUT', url, headers), 'V4');
    refusal(fromUrl('PUT', url, { ...headers, 'cache-control': 'no-store' }), tolerant);
  });
});

it('[RtmpSign-2][RtmpSign-3][RtmpSign-7] getRtmpUrl', () => {
  const { getRtmpUrl } = wire.client({}) as unknown as { getRtmpUrl(id: string, options: object): string };
  const url = getRtmpUrl.call(wire.client({}), 'ch1', { params: { playlistName: 'a b&c.m3u8', x: '1' }, expires: 600 });
  const { query } = fromUrl('GET', url);
  const text = stringToSignRtmp(query.get('Expires')!, query.pairs, bucket, 'ch1');
  expect(text).toMatch(/^\d{10}\nplaylistName:a b&c\.m3u8\nx:1\n\/examplebucket\/ch1$/);
  expect(signV1(accessKeySecret, text)).toBe(query.get('Signature'));
});
