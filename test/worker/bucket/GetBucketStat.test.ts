import { describe, expect, it } from 'vitest';
import { type Answer, configure, expectRefusal, newBucket, newName, send, shardedBucket } from '../support/wire.ts';

const elements = [
  'Storage',
  'ObjectCount',
  'MultipartUploadCount',
  'LiveChannelCount',
  'LastModifiedTime',
  'StandardStorage',
  'StandardObjectCount',
  'InfrequentAccessStorage',
  'InfrequentAccessRealStorage',
  'InfrequentAccessObjectCount',
  'ArchiveStorage',
  'ArchiveRealStorage',
  'ArchiveObjectCount',
  'ColdArchiveStorage',
  'ColdArchiveRealStorage',
  'ColdArchiveObjectCount',
  'DeepColdArchiveStorage',
  'DeepColdArchiveRealStorage',
  'DeepColdArchiveObjectCount',
];

function numbers(answer: Answer): Record<string, number> {
  expect(answer.status).toBe(200);
  return Object.fromEntries(elements.map((name) => [name, Number(answer.one(name))]));
}

async function put(bucket: string, key: string, size: number, storageClass?: string): Promise<void> {
  const headers = storageClass === undefined ? {} : { 'x-oss-storage-class': storageClass };
  const answer = await send('PUT', `/${bucket}/${key}`, { headers, body: new Uint8Array(size) });
  expect(answer.status).toBe(200);
}

describe('GetBucketStat', () => {
  it('[GetBucketStat-8] emits zeros for an empty bucket, in the order of the reference', async () => {
    const answer = await send('GET', `/${await newBucket()}?stat`);
    expect(answer.header('content-type')).toBe('application/xml');
    const leaves = elements.map((name) => `<${name}>0</${name}>`).join('');
    expect(answer.text).toBe(`<?xml version="1.0" encoding="UTF-8"?>\n<BucketStat>${leaves}</BucketStat>`);
  });

  it.each([1, 4])(
    '[GetBucketStat-1] [GetBucketStat-2] [GetBucketStat-3] [GetBucketStat-4] counts each class, colder ones by billed size too (%i shards)',
    async (shards) => {
      const bucket = await shardedBucket(shards);
      for (const [i, size] of [0, 10, 5_000].entries()) await put(bucket, `standard${i}`, size);
      await put(bucket, 'ia1', 1, 'IA');
      await put(bucket, 'ia2', 65_536, 'IA');
      await put(bucket, 'ia3', 65_537, 'IA');
      await put(bucket, 'archive', 100, 'Archive');
      await put(bucket, 'cold', 65_535, 'ColdArchive');
      await put(bucket, 'deep', 0, 'DeepColdArchive');
      const stat = numbers(await send('GET', `/${bucket}?stat`));
      expect(stat).toMatchObject({
        StandardStorage: 5_010,
        StandardObjectCount: 3,
        InfrequentAccessStorage: 65_536 + 65_536 + 65_537,
        InfrequentAccessRealStorage: 1 + 65_536 + 65_537,
        InfrequentAccessObjectCount: 3,
        ArchiveStorage: 65_536,
        ArchiveRealStorage: 100,
        ArchiveObjectCount: 1,
        ColdArchiveStorage: 65_536,
        ColdArchiveRealStorage: 65_535,
        ColdArchiveObjectCount: 1,
        DeepColdArchiveStorage: 65_536,
        DeepColdArchiveRealStorage: 0,
        DeepColdArchiveObjectCount: 1,
        ObjectCount: 9,
      });
      expect(stat.Storage).toBe(5_010 + 1 + 65_536 + 65_537 + 100 + 65_535);
    },
  );

  it('[GetBucketStat-6] [GetBucketStat-7] is exact at once, and says when it was counted in Unix seconds', async () => {
    const bucket = await newBucket();
    const before = Math.floor(Date.now() / 1_000);
    await put(bucket, 'a', 4);
    const first = numbers(await send('GET', `/${bucket}?stat`));
    expect([first.Storage, first.ObjectCount]).toEqual([4, 1]);
    expect(first.LastModifiedTime).toBeGreaterThanOrEqual(before);
    expect(first.LastModifiedTime).toBeLessThanOrEqual(Math.floor(Date.now() / 1_000));
    await put(bucket, 'a', 6);
    expect(numbers(await send('GET', `/${bucket}?stat`))).toMatchObject({ Storage: 6, ObjectCount: 1 });
    await send('DELETE', `/${bucket}/a`);
    expect(numbers(await send('GET', `/${bucket}?stat`))).toMatchObject({ Storage: 0, ObjectCount: 0 });
  });

  it('[GetBucketStat-9] counts older versions, and no delete markers', async () => {
    const bucket = await newBucket();
    await configure(bucket, { versioning: 'Enabled' });
    await put(bucket, 'a', 10);
    await put(bucket, 'a', 20);
    await send('DELETE', `/${bucket}/a`);
    expect(numbers(await send('GET', `/${bucket}?stat`))).toMatchObject({ Storage: 30, ObjectCount: 2 });
  });

  it('is refused to others', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expectRefusal(await send('GET', `/${bucket}?stat`, { as }), 403, 'AccessDenied');
    }
    expectRefusal(await send('GET', `/${newName()}?stat`), 404, 'NoSuchBucket');
  });
});
