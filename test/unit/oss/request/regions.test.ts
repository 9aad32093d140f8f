import { describe, expect, it } from 'vitest';
import { endpointsOf, regionsOf } from '../../../../src/oss/request/regions.ts';
import { readSettings } from '../../../../src/settings.ts';

function settings(domains: string, more: Record<string, string> = {}) {
  return readSettings({
    OSS_ACCESS_KEY_ID: 'a',
    OSS_ACCESS_KEY_SECRET: 'b',
    OSS_ACCOUNT_ID: 'c',
    SERVICE_DOMAIN: domains,
    ...more,
  });
}

describe('regions', () => {
  it('[GetBucketLocation-4] are the deployment’s own, and those of its domains', () => {
    expect(regionsOf(settings('localhost'))).toEqual(['oss-cn-hangzhou']);
    const several = settings(
      'localhost,oss-cn-beijing-internal.aliyuncs.com,oss-cn-hangzhou.aliyuncs.com,oss-accelerate.aliyuncs.com,oss-cn-beijing.aliyuncs.com',
    );
    expect(regionsOf(several)).toEqual(['oss-cn-hangzhou', 'oss-cn-beijing']);
  });

  it('[GetService-9] have endpoints of their own where there is a domain for them', () => {
    const both = settings(
      'localhost,oss-cn-beijing-internal.aliyuncs.com,oss-cn-beijing.aliyuncs.com,oss-cn-hangzhou.aliyuncs.com',
      {
        EXTRANET_ENDPOINT: 'localhost:9000',
      },
    );
    expect(endpointsOf('oss-cn-hangzhou', both)).toEqual({ extranet: 'localhost:9000', intranet: 'localhost:9000' });
    expect(endpointsOf('oss-cn-beijing', both)).toEqual({
      extranet: 'oss-cn-beijing.aliyuncs.com',
      intranet: 'oss-cn-beijing-internal.aliyuncs.com',
    });
    const one = settings('localhost,oss-cn-beijing-internal.aliyuncs.com');
    expect(endpointsOf('oss-cn-beijing', one).extranet).toBe('oss-cn-beijing-internal.aliyuncs.com');
    expect(endpointsOf('oss-cn-shanghai', one)).toEqual({ extranet: 'localhost', intranet: 'localhost' });
  });
});
