import { describe, expect, it } from 'vitest';
import { accounts, configOf, configure, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

function info(bucket: string, wish = {}) {
  return send('GET', `/${bucket}?bucketInfo`, wish);
}

describe('GetBucketInfo', () => {
  it('[GetBucketInfo-1] answers at any endpoint of any region', async () => {
    const bucket = await newBucket();
    for (const host of ['localhost', 'oss-cn-hangzhou.aliyuncs.com', 'oss-cn-beijing.aliyuncs.com']) {
      for (const virtual of [false, true]) {
        const answer = await info(bucket, { host, virtual });
        expect(answer.status, `${host} ${virtual}`).toBe(200);
        expect(answer.one('Name')).toBe(bucket);
        expect(answer.one('Location')).toBe('oss-cn-hangzhou');
        expect(answer.one('ExtranetEndpoint')).toBe('localhost');
      }
    }
  });

  it('[GetBucketInfo-2] has Versioning only once it was set', async () => {
    const bucket = await newBucket();
    expect((await info(bucket)).has('Versioning')).toBe(false);
    for (const versioning of ['Enabled', 'Suspended'] as const) {
      await configure(bucket, { versioning });
      expect((await info(bucket)).one('Versioning')).toBe(versioning);
    }
  });

  it('[GetBucketInfo-3] has HierarchicalNamespace only where it is on', async () => {
    expect((await info(await newBucket())).has('HierarchicalNamespace')).toBe(false);
    const tree = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await info(tree)).one('HierarchicalNamespace')).toBe('Enabled');
  });

  it('[GetBucketInfo-4] says whether acceleration and replication are on', async () => {
    const answer = await info(await newBucket());
    expect(answer.one('TransferAcceleration')).toBe('Disabled');
    expect(answer.one('CrossRegionReplication')).toBe('Disabled');
  });

  it('[GetBucketInfo-5] [GetBucketInfo-6] says None, and no key, where no encryption is set', async () => {
    const answer = await info(await newBucket());
    expect(answer.text).toContain(
      '<ServerSideEncryptionRule><SSEAlgorithm>None</SSEAlgorithm></ServerSideEncryptionRule>',
    );
    expect(answer.has('KMSMasterKeyID')).toBe(false);
  });

  it('[GetBucketInfo-7] shows owner, ACL, class and redundancy as they are', async () => {
    const xml = '<CreateBucketConfiguration><DataRedundancyType>ZRS</DataRedundancyType></CreateBucketConfiguration>';
    const bucket = await newBucket({ acl: 'public-read', body: xml });
    const answer = await info(bucket);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.all('Grant')).toEqual(['public-read']);
    expect(answer.all('ID')).toEqual([accounts.owner]);
    expect(answer.all('DisplayName')).toEqual([accounts.owner]);
    expect(answer.one('DataRedundancyType')).toBe('ZRS');
    expect(answer.one('StorageClass')).toBe('Standard');
    expect(answer.text).toMatch(/^<\?xml[^>]*>\n<BucketInfo><Bucket>.*<\/Bucket><\/BucketInfo>$/s);
  });

  it('[GetBucketInfo-7] has its elements in the order of the reference, all that there can be', async () => {
    const bucket = await newBucket();
    await configure(bucket, { versioning: 'Enabled', documents: { encryption: { algorithm: 'KMS', keyId: 'k' } } });
    const names = [...(await info(bucket)).text.matchAll(/<([A-Za-z]+)[ />]/g)].map(([, name]) => name);
    expect(names).toEqual([
      'BucketInfo',
      'Bucket',
      'AccessMonitor',
      'CreationDate',
      'ExtranetEndpoint',
      'IntranetEndpoint',
      'Location',
      'StorageClass',
      'TransferAcceleration',
      'CrossRegionReplication',
      'Name',
      'ResourceGroupId',
      'Owner',
      'ID',
      'DisplayName',
      'AccessControlList',
      'Grant',
      'DataRedundancyType',
      'Versioning',
      'ServerSideEncryptionRule',
      'SSEAlgorithm',
      'KMSMasterKeyID',
      'BucketPolicy',
      'LogBucket',
      'LogPrefix',
      'Comment',
      'BlockPublicAccess',
    ]);
  });

  it('[GetBucketInfo-8] is refused to others even where the bucket is public', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const as of ['other', 'user', 'anonymous'] as const) {
      const answer = await info(bucket, { as });
      expectRefusal(answer, 403, 'AccessDenied');
      expect(answer.has('BucketName')).toBe(false);
    }
    expect((await info(bucket, { as: 'reader' })).status).toBe(200);
    const missing = newName();
    const answer = await info(missing);
    expectRefusal(answer, 404, 'NoSuchBucket');
    expect(answer.one('BucketName')).toBe(missing);
  });

  it('[GetBucketInfo-9] always has AccessMonitor, BucketPolicy, Comment, ResourceGroupId and BlockPublicAccess', async () => {
    const answer = await info(await newBucket());
    expect(answer.one('AccessMonitor')).toBe('Disabled');
    expect(answer.has('Comment')).toBe(true);
    expect(answer.text).toContain('<BucketPolicy><LogBucket></LogBucket><LogPrefix></LogPrefix></BucketPolicy>');
    expect(answer.one('ResourceGroupId')).toBe('rg-default-id');
    expect(answer.one('BlockPublicAccess')).toBe('false');
  });

  it('[GetBucketInfo-10] [Common-14] tells the creation in UTC with milliseconds', async () => {
    const bucket = await newBucket();
    const { created } = await configOf(bucket);
    expect((await info(bucket)).one('CreationDate')).toBe(`${new Date(created).toISOString().slice(0, 19)}.000Z`);
    expect(Math.abs(Date.now() - created)).toBeLessThan(60_000);
  });
});
