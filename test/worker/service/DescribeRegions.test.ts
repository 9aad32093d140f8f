import { describe, expect, it } from 'vitest';
import { expectRefusal, newBucket, send } from '../support/wire.ts';

const accelerate = 'oss-accelerate.aliyuncs.com';

describe('DescribeRegions', () => {
  it('[DescribeRegions-2] [DescribeRegions-4] lists the regions of the deployment with their endpoints', async () => {
    const answer = await send('GET', '/?regions');
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.text).toMatch(/<RegionInfoList>.*<\/RegionInfoList>$/s);
    expect(answer.all('Region')).toEqual(['oss-cn-hangzhou', 'oss-cn-beijing']);
    expect(answer.all('InternetEndpoint')).toEqual(['localhost', 'oss-cn-beijing.aliyuncs.com']);
    expect(answer.all('InternalEndpoint')).toEqual(['localhost', 'oss-cn-beijing-internal.aliyuncs.com']);
    expect(answer.all('AccelerateEndpoint')).toEqual([accelerate, accelerate]);
  });

  it('[DescribeRegions-3] [DescribeRegions-5] answers for one region in the same wrapper', async () => {
    const answer = await send('GET', '/?regions=oss-cn-beijing');
    expect(answer.text).toMatch(/<RegionInfoList><RegionInfo>.*<\/RegionInfo><\/RegionInfoList>$/s);
    expect(answer.all('Region')).toEqual(['oss-cn-beijing']);
    expect((await send('GET', '/?regions=')).all('Region')).toHaveLength(2);
  });

  it('[DescribeRegions-6] knows no other region, in whatever form', async () => {
    for (const region of ['oss-cn-nowhere', 'cn-hangzhou', 'aaa', '%3Cregion%3E', 'OSS-CN-HANGZHOU']) {
      const answer = await send('GET', `/?regions=${region}`);
      expectRefusal(answer, 404, 'NoSuchRegion');
    }
  });

  it('[DescribeRegions-7] refuses anonymous callers and bad keys', async () => {
    expectRefusal(await send('GET', '/?regions', { as: 'anonymous' }), 403, 'AccessDenied');
    expectRefusal(await send('GET', '/?regions', { as: 'user' }), 403, 'AccessDenied');
    const altered = await send('GET', '/?regions', { unsigned: { headers: { 'x-oss-meta-a': '1' } } });
    expectRefusal(altered, 403, 'SignatureDoesNotMatch');
    const late = await send('GET', '/?regions', { signing: { now: Date.now() - 3_600_000 } });
    expectRefusal(late, 403, 'RequestTimeTooSkewed');
  });

  it('[DescribeRegions-1] is no operation of a bucket', async () => {
    const bucket = await newBucket();
    expectRefusal(await send('GET', `/${bucket}?regions`), 405, 'MethodNotAllowed');
    expectRefusal(await send('GET', `/${bucket}?regions`, { virtual: true }), 405, 'MethodNotAllowed');
  });
});
