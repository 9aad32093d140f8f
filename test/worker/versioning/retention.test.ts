import { describe, expect, it } from 'vitest';
import { TAIL_BYTES_MAX } from '../../../src/index/appends.ts';
import { DAY, stopClock } from '../support/clock.ts';
import { done, put } from '../support/versions.ts';
import { type Answer, newBucket, send } from '../support/wire.ts';
import { initiate, locked } from '../worm/support.ts';

const refused = [409, 'FileImmutable'];

function result(answer: Answer): unknown[] {
  return answer.status < 400 ? [answer.status] : [answer.status, answer.code];
}

function append(bucket: string, key: string, position: number, body: string | Uint8Array<ArrayBuffer>) {
  return send('POST', `/${bucket}/${key}?append&position=${position}`, { body });
}

describe('a retention policy', () => {
  it('[AppendObject-18] [AppendObject-E4] [ObjCommon-29] lets nothing be appended, though no byte is overwritten', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await done('POST', `/${bucket}/old?append&position=0`, { body: 'abc' });
    await locked(bucket, 1);
    expect(result(await append(bucket, 'new', 0, 'abc'))).toEqual([200]);
    for (const key of ['old', 'new']) {
      for (const body of ['def', '', new Uint8Array(TAIL_BYTES_MAX + 1)]) {
        expect(result(await append(bucket, key, 3, body)), key).toEqual(refused);
      }
      expect((await done('GET', `/${bucket}/${key}`)).text).toBe('abc');
    }
    moveOn(DAY + 1_000);
    expect(result(await append(bucket, 'old', 3, 'def'))).toEqual([200]);
    expect(result(await append(bucket, 'old', 6, 'ghi'))).toEqual(refused);
  });

  it('[PutSymlink-9] [PutSymlink-E3] lets no link take the place of what it protects', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    await put(bucket, 'k', 'content');
    const headers = { 'x-oss-symlink-target': 'other' };
    expect(result(await send('PUT', `/${bucket}/k?symlink`, { headers }))).toEqual(refused);
    expect(result(await send('PUT', `/${bucket}/link?symlink`, { headers }))).toEqual([200]);
    expect(result(await send('PUT', `/${bucket}/link?symlink`, { headers }))).toEqual(refused);
    expect(result(await send('PUT', `/${bucket}/link`, { body: 'x' }))).toEqual(refused);
    expect((await done('GET', `/${bucket}/k`)).text).toBe('content');
  });

  it('[PutBucketVersioning-7] [Worm-6] keeps a bucket from being versioned, until it lapses', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await initiate(bucket, 1);
    const enable = () =>
      send('PUT', `/${bucket}?versioning`, {
        body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
      });
    expect(result(await enable())).toEqual([400, 'InvalidArgument']);
    expect((await done('GET', `/${bucket}?versioning`)).has('Status')).toBe(false);
    moveOn(DAY);
    expect(result(await enable())).toEqual([200]);
  });

  it('[PutObjectTagging-4] lets tags be changed: they are no content', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    await put(bucket, 'k');
    const body = '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>';
    expect(result(await send('PUT', `/${bucket}/k?tagging`, { body }))).toEqual([200]);
    expect(result(await send('DELETE', `/${bucket}/k?tagging`))).toEqual([204]);
  });
});
