import { describe, expect, it } from 'vitest';
import { policy } from '../hns/support.ts';
import { done, newVersionedBucket, put, putVersion } from '../support/versions.ts';
import { accounts, newBucket, send } from '../support/wire.ts';

/** Lets the RAM user do some things with some objects. */
function allow(bucket: string, actions: readonly string[], key = '*') {
  return {
    Effect: 'Allow',
    Principal: [accounts.other],
    Action: actions.map((action) => `oss:${action}`),
    Resource: [`acs:oss:*:${accounts.owner}:${bucket}/${key}`],
  };
}

const status = async (method: string, path: string, headers: Record<string, string> = {}) =>
  (await send(method, path, { as: 'other', headers, ...(method === 'PUT' || method === 'POST' ? { body: 'x' } : {}) }))
    .status;

describe('permissions by policy', () => {
  it('[GetObject-19] [GetObjectMeta-4] [Sec-24] are others for a version than for the object', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'k');
    const reads = [
      ['GET', ''],
      ['HEAD', ''],
      ['HEAD', 'objectMeta'],
    ] as const;
    const statuses = (version: string) =>
      Promise.all(
        reads.map(([method, query]) => status(method, `/${bucket}/k?${query}${query && version ? '&' : ''}${version}`)),
      );
    await policy(bucket, [allow(bucket, ['GetObject'])]);
    expect(await statuses('')).toEqual([200, 200, 200]);
    expect(await statuses(`versionId=${id}`)).toEqual([403, 403, 403]);
    await policy(bucket, [allow(bucket, ['GetObjectVersion'])]);
    expect(await statuses('')).toEqual([403, 403, 403]);
    expect(await statuses(`versionId=${id}`)).toEqual([200, 200, 200]);
  });

  it('[Sec-24] lets nobody delete a version who may only hide the object', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'k');
    await policy(bucket, [allow(bucket, ['DeleteObject'])]);
    expect(await status('DELETE', `/${bucket}/k?versionId=${id}`)).toBe(403);
    expect(await status('DELETE', `/${bucket}/k`)).toBe(204);
    expect((await done('GET', `/${bucket}/k?versionId=${id}`)).text).toBe('k');
  });

  it('[ObjCommon-33] [Sec-2] want PutObjectTagging for tags in a header, beside the upload', async () => {
    const bucket = await newBucket();
    const uploads = [
      ['PUT', `/${bucket}/put`, {}],
      ['POST', `/${bucket}/log?append&position=0`, {}],
      ['PUT', `/${bucket}/link?symlink`, { 'x-oss-symlink-target': 'put' }],
    ] as const;
    await policy(bucket, [allow(bucket, ['PutObject'])]);
    for (const [method, path, headers] of uploads) {
      expect(await status(method, path, { ...headers, 'x-oss-tagging': 'a=1' }), path).toBe(403);
    }
    await policy(bucket, [allow(bucket, ['PutObject', 'PutObjectTagging'])]);
    for (const [method, path, headers] of uploads) {
      expect(await status(method, path, { ...headers, 'x-oss-tagging': 'a=1' }), path).toBe(200);
    }
  });

  it('[ObjCommon-34] show the number of tags to whom they let read tags', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'k', 'x', { 'x-oss-tagging': 'a=1&b=2' });
    const count = async (query = '') =>
      (await send('HEAD', `/${bucket}/k${query}`, { as: 'other' })).header('x-oss-tagging-count');
    const read = ['GetObject', 'GetObjectVersion'];
    await policy(bucket, [allow(bucket, read)]);
    expect([await count(), await count(`?versionId=${id}`)]).toEqual([null, null]);
    await policy(bucket, [allow(bucket, [...read, 'GetObjectTagging'])]);
    expect([await count(), await count(`?versionId=${id}`)]).toEqual(['2', null]);
    await policy(bucket, [allow(bucket, [...read, 'GetObjectVersionTagging'])]);
    expect([await count(), await count(`?versionId=${id}`)]).toEqual([null, '2']);
  });

  it('[GetObject-22] [Sec-16] must open both a link and its target', async () => {
    const bucket = await newBucket();
    await put(bucket, 'target', 'content');
    await done('PUT', `/${bucket}/link?symlink`, { headers: { 'x-oss-symlink-target': 'target' } });
    const reads = async () => [
      await status('GET', `/${bucket}/link`),
      await status('HEAD', `/${bucket}/link`),
      await status('GET', `/${bucket}/link?symlink`),
    ];
    await policy(bucket, [allow(bucket, ['GetObject'], 'link')]);
    expect(await reads()).toEqual([403, 403, 200]);
    await policy(bucket, [allow(bucket, ['GetObject'], 'target')]);
    expect(await reads()).toEqual([403, 403, 403]);
    await policy(bucket, [allow(bucket, ['GetObject'], 'link'), allow(bucket, ['GetObject'], 'target')]);
    expect(await reads()).toEqual([200, 200, 200]);
  });

  it('[GetBucketVersions-17] open the listing of versions apart from that of objects', async () => {
    const bucket = await newVersionedBucket();
    const ofBucket = (action: string) => ({ ...allow(bucket, [action]), Resource: [`acs:oss:*:*:${bucket}`] });
    await policy(bucket, [ofBucket('ListObjects')]);
    expect([await status('GET', `/${bucket}`), await status('GET', `/${bucket}?versions`)]).toEqual([200, 403]);
    await policy(bucket, [ofBucket('ListObjectVersions')]);
    expect([await status('GET', `/${bucket}`), await status('GET', `/${bucket}?versions`)]).toEqual([403, 200]);
  });
});
