import { describe, expect, it } from 'vitest';
import { configOf, configure, expectRefusal, newBucket, newName, send, shardedBucket } from '../support/wire.ts';

describe('DeleteBucket', () => {
  it('[DeleteBucket-1] answers 204 to the owner, and refuses everybody else', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const as of ['other', 'user', 'reader', 'anonymous'] as const) {
      expectRefusal(await send('DELETE', `/${bucket}`, { as }), 403, 'AccessDenied');
    }
    expect((await send('GET', `/${bucket}?bucketInfo`)).status).toBe(200);
    const answer = await send('DELETE', `/${bucket}`);
    expect(answer.status).toBe(204);
    expect(answer.bytes.length).toBe(0);
    expectRefusal(await send('GET', `/${bucket}?bucketInfo`), 404, 'NoSuchBucket');
    expect((await send('GET', '/')).all('Name')).not.toContain(bucket);
  });

  it('[DeleteBucket-1] is refused to another account even where the bucket policy grants it', async () => {
    const bucket = await newBucket();
    const grant = { Effect: 'Allow', Principal: ['*'], Action: ['oss:*'], Resource: [`acs:oss:*:*:${bucket}`] };
    await configure(bucket, { documents: { policy: JSON.stringify({ Version: '1', Statement: [grant] }) } });
    // The policy is in force: listing, which nothing else grants, works.
    expect((await send('GET', `/${bucket}`, { as: 'other' })).status).toBe(200);
    expectRefusal(await send('DELETE', `/${bucket}`, { as: 'other' }), 403, 'AccessDenied');
    expectRefusal(await send('DELETE', `/${bucket}`, { as: 'anonymous' }), 403, 'AccessDenied');
    expect((await send('GET', `/${bucket}`)).status).toBe(200);
  });

  it('[DeleteBucket-2] refuses a bucket with objects, which goes on working', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/a`, { body: 'a' });
    const answer = await send('DELETE', `/${bucket}`);
    expectRefusal(answer, 409, 'BucketNotEmpty');
    expect(answer.one('BucketName')).toBe(bucket);
    expect((await send('PUT', `/${bucket}/b`, { body: 'b' })).status).toBe(200);
    expect((await send('GET', `/${bucket}/a`)).text).toBe('a');
    for (const key of ['a', 'b']) await send('DELETE', `/${bucket}/${key}`);
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
  });

  it('[DeleteBucket-2] finds the one object in any of many shards, and opens all of them again', async () => {
    const bucket = await shardedBucket(16);
    for (const key of ['one', 'two', 'three']) {
      await send('PUT', `/${bucket}/${key}`, { body: key });
      expectRefusal(await send('DELETE', `/${bucket}`), 409, 'BucketNotEmpty');
      expect((await send('DELETE', `/${bucket}/${key}`)).status).toBe(204);
    }
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => (await send('PUT', `/${bucket}/k${i}`, { body: 'x' })).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('[DeleteBucket-3] counts older versions and delete markers as content', async () => {
    const bucket = await newBucket();
    await configure(bucket, { versioning: 'Enabled' });
    const version = (await send('PUT', `/${bucket}/a`, { body: 'a' })).header('x-oss-version-id');
    const marker = (await send('DELETE', `/${bucket}/a`)).header('x-oss-version-id');
    expect((await send('GET', `/${bucket}`)).all('Key')).toEqual([]);
    expectRefusal(await send('DELETE', `/${bucket}`), 409, 'BucketNotEmpty');
    expect((await send('DELETE', `/${bucket}/a?versionId=${version}`)).status).toBe(204);
    expectRefusal(await send('DELETE', `/${bucket}`), 409, 'BucketNotEmpty');
    expect((await send('DELETE', `/${bucket}/a?versionId=${marker}`)).status).toBe(204);
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
  });

  it('[DeleteBucket-6] answers 404 where there is no such bucket (any more)', async () => {
    const bucket = await newBucket();
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
    const answer = await send('DELETE', `/${bucket}`);
    expectRefusal(answer, 404, 'NoSuchBucket');
    expect(answer.one('BucketName')).toBe(bucket);
    expectRefusal(await send('DELETE', `/${newName()}`), 404, 'NoSuchBucket');
  });

  it('[DeleteBucket-7] takes all configuration with it: a bucket of the same name begins anew', async () => {
    const bucket = newName();
    const before = await shardedBucket(4, { name: bucket, acl: 'public-read-write', storageClass: 'IA' });
    const grant = { Effect: 'Allow', Principal: ['*'], Action: ['oss:*'], Resource: ['acs:oss:*:*:*'] };
    const policy = JSON.stringify({ Version: '1', Statement: [grant] });
    await configure(before, { versioning: 'Enabled', documents: { policy } });
    const old = await configOf(bucket);
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
    expect((await send('PUT', `/${bucket}`)).status).toBe(200);
    const info = await send('GET', `/${bucket}?bucketInfo`);
    expect(info.one('Grant')).toBe('private');
    expect(info.one('StorageClass')).toBe('Standard');
    expect(info.has('Versioning')).toBe(false);
    const config = await configOf(bucket);
    expect(config.id).not.toBe(old.id);
    expect(config.documents).toEqual({});
    expect((await send('PUT', `/${bucket}/a`, { body: 'a' })).header('x-oss-version-id')).toBe(null);
    expectRefusal(await send('GET', `/${bucket}/a`, { as: 'anonymous' }), 403, 'AccessDenied');
  });

  it('[DeleteBucket-7] can be taken by somebody else afterwards', async () => {
    const bucket = await newBucket();
    await send('DELETE', `/${bucket}`);
    expect((await send('PUT', `/${bucket}`, { as: 'other' })).status).toBe(200);
    expectRefusal(await send('GET', `/${bucket}`), 403, 'AccessDenied');
    expectRefusal(await send('PUT', `/${bucket}`), 409, 'BucketAlreadyExists');
  });
});
