import { describe, expect, it } from 'vitest';
import { expectRefusal, newBucket, newName, send } from '../support/wire.ts';

describe('GetBucketLocation', () => {
  it('[GetBucketLocation-1] answers the owner, whatever the ACL', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expectRefusal(await send('GET', `/${bucket}?location`, { as }), 403, 'AccessDenied');
    }
    expect((await send('GET', `/${bucket}?location`)).status).toBe(200);
    expectRefusal(await send('GET', `/${newName()}?location`), 404, 'NoSuchBucket');
  });

  it('[GetBucketLocation-2] [GetBucketLocation-3] holds the region, with its prefix, in the root itself', async () => {
    const answer = await send('GET', `/${await newBucket()}?location`);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint>oss-cn-hangzhou</LocationConstraint>',
    );
  });

  it('[GetBucketLocation-4] names a region that DescribeRegions knows', async () => {
    const bucket = await newBucket({ host: 'oss-cn-beijing.aliyuncs.com' });
    const location = />([^<]+)<\/LocationConstraint>/.exec((await send('GET', `/${bucket}?location`)).text)![1]!;
    expect((await send('GET', `/?regions=${location}`)).all('Region')).toEqual([location]);
  });
});
