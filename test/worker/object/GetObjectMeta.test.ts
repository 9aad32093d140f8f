import { beforeAll, describe, expect, it } from 'vitest';
import { configure, expectRefusal, newBucket, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  const headers = {
    'content-type': 'text/css',
    'x-oss-meta-a': '1',
    'x-oss-storage-class': 'IA',
    'cache-control': 'no-store',
  };
  await send('PUT', `/${bucket}/a`, { headers, body: 'hello' });
});

describe('GetObjectMeta', () => {
  it('[GetObjectMeta-1] [GetObjectMeta-7] has few headers, CRC among them', async () => {
    const answer = await send('HEAD', `/${bucket}/a?objectMeta`);
    expect(answer.status).toBe(200);
    expect([...answer.headers.keys()].sort()).toEqual([
      'content-length',
      'date',
      'etag',
      'last-modified',
      'server',
      'x-oss-hash-crc64ecma',
      'x-oss-request-id',
      'x-oss-server-time',
    ]);
    expect(answer.header('content-length')).toBe('5');
    expect(answer.header('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    expect(answer.header('last-modified')).toBe((await send('HEAD', `/${bucket}/a`)).header('last-modified'));
  });

  it('[GetObjectMeta-3] may be asked with GET', async () => {
    const answer = await send('GET', `/${bucket}/a?objectMeta`);
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
    expect(answer.header('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    expect(answer.header('content-type')).toBe(null);
  });

  it('[GetObjectMeta-4] needs the permission to read', async () => {
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expectRefusal(await send('HEAD', `/${bucket}/a?objectMeta`, { as }), 403, 'AccessDenied');
    }
    expect((await send('HEAD', `/${bucket}/a?objectMeta`, { as: 'reader' })).status).toBe(200);
    const open = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${open}/a`, { body: 'x' });
    expect((await send('HEAD', `/${open}/a?objectMeta`, { as: 'anonymous' })).status).toBe(200);
  });

  it('[GetObjectMeta-5] names the version wherever there are versions', async () => {
    const own = await newBucket();
    await send('PUT', `/${own}/a`, { body: 'x' });
    expect((await send('HEAD', `/${own}/a?objectMeta`)).header('x-oss-version-id')).toBe(null);
    await configure(own, { versioning: 'Enabled' });
    expect((await send('HEAD', `/${own}/a?objectMeta`)).header('x-oss-version-id')).toBe('null');
    const id = (await send('PUT', `/${own}/a`, { body: 'yy' })).header('x-oss-version-id');
    expect((await send('HEAD', `/${own}/a?objectMeta`)).header('x-oss-version-id')).toBe(id);
    const older = await send('HEAD', `/${own}/a?objectMeta&versionId=null`);
    expect([older.header('x-oss-version-id'), older.header('content-length')]).toEqual(['null', '1']);
  });

  it('[GetObjectMeta-6] [GetObjectMeta-E1] answers 404 for what is not there or deleted, 405 for a named marker', async () => {
    expectRefusal(await send('HEAD', `/${bucket}/missing?objectMeta`), 404, 'NoSuchKey');
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    const marker = (await send('DELETE', `/${own}/a`)).header('x-oss-version-id');
    expectRefusal(await send('HEAD', `/${own}/a?objectMeta`), 404, 'NoSuchKey');
    expectRefusal(await send('HEAD', `/${own}/a?objectMeta&versionId=${marker}`), 405, 'MethodNotAllowed');
  });

  it('[GetObjectMeta-8] knows no conditions', async () => {
    for (const headers of [
      { 'if-match': 'other' },
      { 'if-none-match': '*' },
      { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
    ]) {
      expect(
        (await send('HEAD', `/${bucket}/a?objectMeta`, { headers: headers as Record<string, string> })).status,
      ).toBe(200);
    }
  });
});
