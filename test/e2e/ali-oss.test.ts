import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patternBytes } from '../support/bodies.ts';
import { crc64Table } from '../support/crc64-reference.ts';
import { type Server, startServer } from './support/server.ts';

/** The real client, unchanged, against `npm start`. */

interface Result {
  readonly res: { readonly status: number; readonly headers: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: ali-oss has no types of its own
  readonly [member: string]: any;
}
type Client = Record<string, (...args: unknown[]) => Promise<Result>> & { useBucket(name: string): void };
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => Client;

let server: Server;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

function clientOf(options: object = {}): Client {
  return new OSS({
    endpoint: server.endpoint,
    region: 'oss-cn-hangzhou',
    accessKeyId: server.accessKeyId,
    accessKeySecret: server.accessKeySecret,
    ...options,
  });
}

async function refusal(
  call: Promise<unknown>,
): Promise<{ code: string; status: number; requestId?: string; ec?: string }> {
  return call.then(
    () => {
      throw new Error('not refused');
    },
    (error) => error,
  );
}

describe.each([
  ['V1', false],
  ['V4', true],
] as const)('ali-oss, signing with %s', (scheme, authorizationV4) => {
  const bucket = `ali-${scheme.toLowerCase()}`;
  let client: Client;

  beforeAll(async () => {
    client = clientOf({ authorizationV4 });
    expect((await client.putBucket!(bucket)).res.status).toBe(200);
    void client.useBucket(bucket);
  });

  it('lists, describes and locates its bucket', async () => {
    const { buckets } = await client.listBuckets!({ prefix: 'ali-' });
    expect(buckets.map(({ name }: { name: string }) => name)).toContain(bucket);
    const { bucket: info } = await client.getBucketInfo!(bucket);
    expect(info).toMatchObject({ Name: bucket, Location: 'oss-cn-hangzhou', StorageClass: 'Standard' });
    expect((await client.getBucketLocation!(bucket)).location).toBe('oss-cn-hangzhou');
    expect((await client.getBucketStat!(bucket)).stat.ObjectCount).toBe('0');
  });

  it('[PutBucketAcl-1] [GetBucketAcl-3] sets the ACL of its bucket, for everybody to see', async () => {
    await client.put!('open.txt', Buffer.from('open'));
    const url = `${server.endpoint}/${bucket}/open.txt`;
    expect((await fetch(url)).status).toBe(403);
    await client.putBucketACL!(bucket, 'public-read');
    expect((await client.getBucketACL!(bucket)).acl).toBe('public-read');
    expect(await (await fetch(url)).text()).toBe('open');
    await client.putBucketACL!(bucket, 'private');
    expect((await fetch(url)).status).toBe(403);
  });

  it.each(['a.txt', 'dir/ü 測試 b+c.txt', 'q?x=1&y#z', "it's (1)!*~.txt", '%41 100%', 'a//b'])(
    'puts, reads, describes and deletes %j',
    async (name) => {
      const content = Buffer.from(`content of ${name}`);
      const put = await client.put!(name, content, { meta: { author: 'alice', year: 2026 }, mime: 'text/x-test' });
      expect(put.res.status).toBe(200);
      const got = await client.get!(name);
      expect(Buffer.compare(got.content, content)).toBe(0);
      expect(got.res.headers['content-type']).toBe('text/x-test');
      const head = await client.head!(name);
      expect(head.meta).toEqual({ author: 'alice', year: '2026' });
      expect(head.res.headers['content-length']).toBe(String(content.length));
      expect(
        (await client.list!({ prefix: name, 'max-keys': 10 })).objects.map((o: { name: string }) => o.name),
      ).toEqual([name]);
      expect((await client.delete!(name)).res.status).toBe(204);
      expect(await refusal(client.get!(name))).toMatchObject({ code: 'NoSuchKey', status: 404 });
    },
  );

  it('[PutObject-2] streams up and down without knowing a length', async () => {
    const block = Buffer.alloc(1024 * 1024, 'x');
    const blocks = 12;
    const source = Readable.from(
      (function* () {
        for (let i = 0; i < blocks; i++) yield block;
      })(),
    );
    expect((await client.putStream!('stream.bin', source)).res.status).toBe(200);
    const { stream } = await client.getStream!('stream.bin');
    let length = 0;
    for await (const chunk of stream) length += chunk.length;
    expect(length).toBe(blocks * block.length);
  });

  it('lists in pages, by version 1 and 2, with prefixes and a delimiter', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `page/${i % 5}/${String(i).padStart(2, '0')}`);
    await Promise.all(names.map((name) => client.put!(name, Buffer.from('x'))));
    const found: string[] = [];
    for (let marker: string | undefined, more = true; more; ) {
      const page = await client.list!({ prefix: 'page/', 'max-keys': 7, ...(marker === undefined ? {} : { marker }) });
      found.push(...page.objects.map((o: { name: string }) => o.name));
      marker = page.nextMarker;
      more = page.isTruncated;
    }
    expect(found).toEqual([...names].sort());
    const second: string[] = [];
    for (let token: string | undefined, more = true; more; ) {
      const query = { prefix: 'page/', 'max-keys': 4, ...(token === undefined ? {} : { 'continuation-token': token }) };
      const page = await client.listV2!(query);
      second.push(...page.objects.map((o: { name: string }) => o.name));
      token = page.nextContinuationToken;
      more = page.isTruncated;
    }
    expect(second).toEqual([...names].sort());
    const { prefixes, objects } = await client.list!({ prefix: 'page/', delimiter: '/' });
    expect([prefixes, objects ?? []]).toEqual([['page/0/', 'page/1/', 'page/2/', 'page/3/', 'page/4/'], []]);
    const deleted = await client.deleteMulti!(names);
    expect(deleted.deleted).toHaveLength(25);
    expect((await client.list!({ prefix: 'page/' })).objects ?? []).toEqual([]);
  });

  it('[PutObjectACL-6] gives an object an ACL of its own', async () => {
    await client.put!('shown.txt', Buffer.from('shown'));
    expect((await client.getACL!('shown.txt')).acl).toBe('default');
    await client.putACL!('shown.txt', 'public-read');
    expect((await client.getACL!('shown.txt')).acl).toBe('public-read');
    expect(await (await fetch(`${server.endpoint}/${bucket}/shown.txt`)).text()).toBe('shown');
  });

  it('[Common-6] tells what went wrong, on GET and on HEAD', async () => {
    const get = await refusal(client.get!('none'));
    expect(get).toMatchObject({ code: 'NoSuchKey', status: 404, ecCode: '0026-00000001' });
    expect(get.requestId).toMatch(/^[0-9A-F]{24}$/);
    expect(await refusal(client.head!('none'))).toMatchObject({ code: 'NoSuchKey', status: 404 });
    const wrong = clientOf({ authorizationV4, accessKeySecret: 'wrong', bucket });
    expect(await refusal(wrong.get!('none'))).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 });
    const unknown = clientOf({ authorizationV4, accessKeyId: 'nobody', bucket });
    expect(await refusal(unknown.get!('none'))).toMatchObject({ code: 'InvalidAccessKeyId', status: 403 });
    expect(await refusal(client.deleteBucket!(bucket))).toMatchObject({ code: 'BucketNotEmpty', status: 409 });
  });

  it('uploads in parts, copies, appends and keeps versions', async () => {
    const large = Buffer.alloc(1_100_000, 'p');
    const parts = await client.multipartUpload!('parts.bin', large, { partSize: 200 * 1024 });
    expect(parts.res.status).toBe(200);
    expect((await client.get!('parts.bin')).content.equals(large)).toBe(true);
    await client.copy!('copy.bin', 'parts.bin');
    expect((await client.get!('copy.bin')).content.equals(large)).toBe(true);
    const first = await client.append!('log.txt', Buffer.from('one '));
    await client.append!('log.txt', Buffer.from('two'), { position: first.nextAppendPosition });
    expect((await client.get!('log.txt')).content.toString()).toBe('one two');
    await client.putSymlink!('link.txt', 'log.txt');
    expect((await client.get!('link.txt')).content.toString()).toBe('one two');
    await client.putObjectTagging!('copy.bin', { kind: 'copy' });
    expect((await client.getObjectTagging!('copy.bin')).tag).toEqual({ kind: 'copy' });
    const versioned = `${bucket}-versions`;
    await client.putBucket!(versioned);
    await client.putBucketVersioning!(versioned, 'Enabled');
    void client.useBucket(versioned);
    try {
      const old = await client.put!('v.txt', Buffer.from('old'));
      await client.put!('v.txt', Buffer.from('new'));
      const id = old.res.headers['x-oss-version-id'];
      expect((await client.get!('v.txt', { versionId: id })).content.toString()).toBe('old');
      expect((await client.getBucketVersions!({ prefix: 'v' })).objects).toHaveLength(2);
    } finally {
      void client.useBucket(bucket);
    }
  });
});

describe('ali-oss', () => {
  const bucket = 'ali-more';
  let client: Client;

  beforeAll(async () => {
    client = clientOf();
    await client.putBucket!(bucket);
    void client.useBucket(bucket);
  });

  it('[GetService-2] [GetService-4] lists buckets page by page', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `ali-page-${i}`);
    for (const name of names) await client.putBucket!(name);
    const found: string[] = [];
    for (let marker: string | undefined, more = true; more; ) {
      const page = await client.listBuckets!({ prefix: 'ali-page-', 'max-keys': 3, ...(marker ? { marker } : {}) });
      expect(page.buckets.length).toBeLessThanOrEqual(3);
      found.push(...page.buckets.map(({ name }: { name: string }) => name));
      marker = page.nextMarker;
      more = page.isTruncated;
    }
    expect(found).toEqual(names);
    for (const name of names) expect((await client.deleteBucket!(name)).res.status).toBe(204);
  });

  it('[ObjCommon-19] gives metadata beyond ASCII back as it came', async () => {
    // It takes no characters beyond Latin-1, which it sends as UTF-8 and reads byte by byte.
    const sent = Buffer.from('测试 é').toString('latin1');
    const bytewise = clientOf({ bucket, headerEncoding: 'latin1' });
    await bytewise.put!('meta.txt', Buffer.from('m'), { meta: { name: sent } });
    const { meta } = await bytewise.head!('meta.txt');
    expect(Buffer.from(meta.name, 'latin1').toString()).toBe(sent);
  });

  it('[ObjCommon-23] streams 64 MiB up and down, with the right checksums', async () => {
    const block = Buffer.from(patternBytes(1024 * 1024));
    const sum = createHash('md5');
    const whole = Buffer.concat(Array.from({ length: 64 }, () => block));
    const put = await client.putStream!('large.bin', Readable.from([...Array(64).keys()].map(() => block)));
    expect(put.res.headers['x-oss-hash-crc64ecma']).toBe(String(crc64Table(whole)));
    const { stream, res } = await client.getStream!('large.bin');
    for await (const chunk of stream) sum.update(chunk);
    expect(sum.digest('hex')).toBe(createHash('md5').update(whole).digest('hex'));
    expect(res.headers['x-oss-hash-crc64ecma']).toBe(put.res.headers['x-oss-hash-crc64ecma']);
  }, 120_000);
});

describe.each([
  ['V1', false],
  ['V4', true],
] as const)('ali-oss in a shorter day, signing with %s', (scheme, authorizationV4) => {
  const bucket = `ali-day-${scheme.toLowerCase()}`;
  let client: Client;

  beforeAll(async () => {
    // A minute, which restoring an archived object takes, lasts 600 ms.
    const short = await startServer({ env: { DAY_SECONDS: '864' } });
    client = clientOf({ endpoint: short.endpoint, authorizationV4, bucket });
    await client.putBucket!(bucket);
  });

  it('[RestoreObject-3] [HeadObject-5] restores an archived object, then reads and copies it', async () => {
    await client.put!('cold', Buffer.from('frozen'), { headers: { 'x-oss-storage-class': 'Archive' } });
    expect(await refusal(client.get!('cold'))).toMatchObject({ code: 'InvalidObjectState', status: 403 });
    expect((await client.restore!('cold')).res.status).toBe(202);
    expect((await client.head!('cold')).res.headers['x-oss-restore']).toBe('ongoing-request="true"');
    expect(await refusal(client.restore!('cold'))).toMatchObject({ code: 'RestoreAlreadyInProgress', status: 409 });
    await expect
      .poll(async () => (await client.head!('cold')).res.headers['x-oss-restore'], { timeout: 10_000 })
      .toMatch(/^ongoing-request="false", expiry-date="/);
    expect((await client.get!('cold')).content.toString()).toBe('frozen');
    await client.copy!('warm', 'cold', { headers: { 'x-oss-storage-class': 'Standard' } });
    const warm = await client.get!('warm');
    expect([warm.content.toString(), warm.res.headers['x-oss-storage-class']]).toEqual(['frozen', 'Standard']);
  });

  it('[CopyObject-14] copies with new metadata, under conditions, and from an older version', async () => {
    await client.putBucketVersioning!(bucket, 'Enabled');
    const first = await client.put!('doc', Buffer.from('one'), { meta: { by: 'alice' } });
    await client.put!('doc', Buffer.from('two'));
    const versionId = first.res.headers['x-oss-version-id'];
    const copied = await client.copy!('doc-copy', 'doc', { versionId, meta: { by: 'bob' } });
    expect(copied.res.headers['x-oss-copy-source-version-id']).toBe(versionId);
    const copy = await client.get!('doc-copy');
    expect(copy.content.toString()).toBe('one');
    expect((await client.head!('doc-copy')).meta).toEqual({ by: 'bob' });
    const changed = client.copy!('doc-copy', 'doc', { headers: { 'If-Match': '"other"' } });
    expect(await refusal(changed)).toMatchObject({ code: 'PreconditionFailed', status: 412 });
    const same = { headers: { 'If-None-Match': (await client.head!('doc')).res.headers.etag } };
    expect((await client.copy!('doc-copy', 'doc', same)).res.status).toBe(304);
    expect((await client.get!('doc-copy')).content.toString()).toBe('one');
    await client.delete!('doc');
    expect(await refusal(client.get!('doc'))).toMatchObject({ code: 'NoSuchKey', status: 404 });
    expect((await client.get!('doc', { versionId })).content.toString()).toBe('one');
  });
});

describe('signed URLs of ali-oss', () => {
  it.each([
    [
      'V1',
      (client: Client, method: string) =>
        client.asyncSignatureUrl!('url/ü.txt', { method, expires: 60, 'Content-Type': 'text/plain' }),
    ],
    [
      'V4',
      (client: Client, method: string) =>
        client.signatureUrlV4!(method, 60, { headers: { 'Content-Type': 'text/plain' } }, 'url/ü.txt'),
    ],
  ])('%s: upload and download from anywhere, and nothing else', async (scheme, sign) => {
    const bucket = `urls-${scheme.toLowerCase()}`;
    const client = clientOf({ bucket, endpoint: `http://oss-cn-hangzhou.aliyuncs.com:${server.port}` });
    const home = clientOf();
    await home.putBucket!(bucket);
    // The client signs for its bucket's host; the signature does not cover it, so the path-style URL is as good.
    const local = (url: unknown) =>
      String(url).replace(
        `http://${bucket}.oss-cn-hangzhou.aliyuncs.com:${server.port}`,
        `${server.endpoint}/${bucket}`,
      );
    const headers = { 'content-type': 'text/plain' };
    const up = local(await sign(client, 'PUT'));
    expect((await fetch(up, { method: 'PUT', body: 'by url', headers })).status).toBe(200);
    const down = local(await sign(client, 'GET'));
    expect(await (await fetch(down, { headers })).text()).toBe('by url');
    expect((await fetch(down, { method: 'DELETE', headers })).status).toBe(403);
    expect((await fetch(down.replace('url/', 'other/'), { headers })).status).toBe(403);
  });
});
