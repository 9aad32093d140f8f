import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../src/oss/operation.ts';
import { built } from '../../../src/oss/operations/index.ts';
import { planned } from '../../../src/oss/operations/planned.ts';
import { send } from '../support/wire.ts';
import { newTree, put, result } from './support.ts';

/** What the reference (chapter 3) refuses in a bucket with a hierarchical namespace. */
const refused = `
  InitiateBucketWorm AbortBucketWorm CompleteBucketWorm ExtendBucketWorm GetBucketWorm
  PutBucketLifecycle GetBucketLifecycle DeleteBucketLifecycle
  PutBucketVersioning GetBucketVersioning ListObjectVersions
  PutBucketReplication GetBucketReplication GetBucketReplicationLocation GetBucketReplicationProgress
  DeleteBucketReplication
  PutBucketInventory GetBucketInventory ListBucketInventory DeleteBucketInventory
  PutBucketWebsite GetBucketWebsite DeleteBucketWebsite
  PutBucketCors GetBucketCors DeleteBucketCors
  AppendObject DeleteMultipleObjects RestoreObject PutSymlink GetSymlink
  PutLiveChannel ListLiveChannel DeleteLiveChannel PutLiveChannelStatus GetLiveChannelInfo GetLiveChannelStat
  GetLiveChannelHistory PostVodPlaylist GetVodPlaylist
`
  .trim()
  .split(/\s+/);

const all = [...built, ...planned];

function pathOf(bucket: string, { target, select = [] }: Operation): string {
  const query = select.map((key) => (key.includes('=') ? key : `${key}=1`)).join('&');
  return `/${bucket}${target === 'object' ? '/a' : ''}?${query}`;
}

describe('a hierarchical namespace', () => {
  it('[Hns-1] [Hns-3] [ObjCommon-1] [EdgeCommon-13] [Worm-10] [DeleteMultipleObjects-16] refuses what the reference says', async () => {
    const bucket = await newTree();
    await put(bucket, 'a');
    for (const name of refused) {
      const row = all.find((one) => one.name === name)!;
      const body = ['PUT', 'POST'].includes(row.method) ? { body: '' } : {};
      const answer = await send(row.method, pathOf(bucket, row), body);
      expect(result(answer), name).toEqual([400, 'OperationNotSupported']);
    }
  });

  it('[RestoreObject-13] restores nothing, and cleans nothing', async () => {
    const bucket = await newTree();
    await put(bucket, 'a', { headers: { 'x-oss-storage-class': 'Archive' } });
    for (const query of ['restore', 'cleanRestoredObject']) {
      expect(result(await send('POST', `/${bucket}/a?${query}`))).toEqual([400, 'OperationNotSupported']);
    }
  });

  it('[Hns-2] [Hns-4] has all the rest', async () => {
    const bucket = await newTree();
    await put(bucket, 'a');
    for (const query of ['', 'list-type=2', 'bucketInfo', 'location', 'acl', 'stat']) {
      expect(result(await send('GET', `/${bucket}?${query}`)), query).toEqual([200]);
    }
    expect((await send('GET', `/${bucket}?bucketInfo`)).one('HierarchicalNamespace')).toBe('Enabled');
    const acl = { headers: { 'x-oss-acl': 'public-read' } };
    expect(result(await send('PUT', `/${bucket}?acl`, acl))).toEqual([200]);
    for (const name of ['PutBucketPolicy', 'GetBucketPolicy', 'PutBucketLogging', 'PutBucketTags', 'PostObject']) {
      expect(all.find((row) => row.name === name)!.hierarchical, name).toBe(true);
    }
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      expect((await send(method, `/${bucket}/a`)).status, method).toBeLessThan(300);
    }
  });

  it('[ObjCommon-1] tells of it only who may ask', async () => {
    const bucket = await newTree();
    expect(result(await send('GET', `/${bucket}?worm`, { as: 'other' }))).toEqual([403, 'AccessDenied']);
  });
});
