import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { BucketEntry } from '../../../src/bucket/config.ts';
import { BUCKETS_PER_REGION_MAX } from '../../../src/bucket/directory.ts';
import { allowedTo } from '../support/config.ts';
import { accounts, configure, expectRefusal, newBucket, newName, send, type Wish } from '../support/wire.ts';

function body(elements: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<CreateBucketConfiguration>${elements}</CreateBucketConfiguration>`;
}

async function exists(bucket: string): Promise<boolean> {
  const answer = await send('GET', `/${bucket}?bucketInfo`);
  expect([200, 404]).toContain(answer.status);
  return answer.status === 200;
}

async function info(bucket: string, element: string): Promise<string | undefined> {
  return (await send('GET', `/${bucket}?bucketInfo`)).one(element);
}

describe('PutBucket', () => {
  it('[PutBucket-1] [PutBucket-2] creates a private Standard LRS bucket without a body', async () => {
    const bucket = newName();
    expect(await exists(bucket)).toBe(false);
    const answer = await send('PUT', `/${bucket}`);
    expect(answer.status).toBe(200);
    expect(answer.header('content-length')).toBe('0');
    expect(answer.bytes.length).toBe(0);
    expect(await info(bucket, 'StorageClass')).toBe('Standard');
    expect(await info(bucket, 'DataRedundancyType')).toBe('LRS');
    expect(await info(bucket, 'Grant')).toBe('private');
    expect((await send('GET', '/')).all('Name')).toContain(bucket);
  });

  it('[PutBucket-1] takes each element of the body by itself', async () => {
    for (const [xml, storageClass, redundancy] of [
      [body(''), 'Standard', 'LRS'],
      [body('<StorageClass>IA</StorageClass>'), 'IA', 'LRS'],
      [body('<DataRedundancyType>ZRS</DataRedundancyType>'), 'Standard', 'ZRS'],
      [body('<DataRedundancyType>ZRS</DataRedundancyType><StorageClass>Archive</StorageClass>'), 'Archive', 'ZRS'],
      [
        '<CreateBucketConfiguration><StorageClass>ColdArchive</StorageClass></CreateBucketConfiguration>',
        'ColdArchive',
        'LRS',
      ],
    ] as const) {
      const bucket = await newBucket({ body: xml });
      expect(await info(bucket, 'StorageClass')).toBe(storageClass);
      expect(await info(bucket, 'DataRedundancyType')).toBe(redundancy);
    }
  });

  it('[Common-12] takes the body with any namespace and a byte order mark', async () => {
    const xml = `\ufeff<CreateBucketConfiguration xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><StorageClass>IA</StorageClass></CreateBucketConfiguration>`;
    expect(await info(await newBucket({ body: xml }), 'StorageClass')).toBe('IA');
  });

  it('[PutBucket-2] sets the ACL that it is asked for', async () => {
    for (const acl of ['private', 'public-read', 'public-read-write']) {
      expect(await info(await newBucket({ acl }), 'Grant')).toBe(acl);
    }
  });

  it('[PutBucket-3] allows 100 buckets per account and region', async () => {
    const directory = env.DIRECTORY.get(env.DIRECTORY.idFromName(accounts.other));
    const entry = {
      created: 0,
      storageClass: 'Standard',
      resourceGroup: 'rg-default-id',
      region: 'oss-cn-hangzhou',
    } as const;
    const filling = Array.from({ length: BUCKETS_PER_REGION_MAX - 1 }, (_, i) => `filling-${i}`);
    for (const name of filling) await directory.confirm({ ...entry, name });
    await newBucket({ as: 'other' });
    const refused = newName();
    expectRefusal(await send('PUT', `/${refused}`, { as: 'other' }), 400, 'TooManyBuckets');
    expect(await exists(refused)).toBe(false);
    // Another region has room, and so does another account.
    await newBucket({ as: 'other', host: 'oss-cn-beijing.aliyuncs.com' });
    await newBucket();
    await directory.release(filling[0]!);
    expect((await send('PUT', `/${refused}`, { as: 'other' })).status).toBe(200);
    for (const name of filling) await directory.release(name);
  });

  it('[PutBucket-4] refuses a name that another account has', async () => {
    const bucket = await newBucket();
    const answer = await send('PUT', `/${bucket}`, { as: 'other', headers: { 'x-oss-acl': 'public-read-write' } });
    expectRefusal(answer, 409, 'BucketAlreadyExists');
    expect(answer.one('BucketName')).toBe(bucket);
    expect(await info(bucket, 'Grant')).toBe('private');
    expect(await info(bucket, 'ID')).toBe(accounts.owner);
    expect((await send('GET', '/', { as: 'other' })).all('Name')).not.toContain(bucket);
  });

  it('[PutBucket-5] may be repeated by the owner: objects stay, an ACL is applied', async () => {
    const bucket = await newBucket({ body: body('<StorageClass>IA</StorageClass>') });
    await send('PUT', `/${bucket}/kept`, { body: 'kept' });
    expect((await send('PUT', `/${bucket}`, { headers: { 'x-oss-acl': 'public-read' } })).status).toBe(200);
    expect((await send('GET', `/${bucket}/kept`, { as: 'anonymous' })).text).toBe('kept');
    // Without the header the ACL stays; the same class is no change.
    expect((await send('PUT', `/${bucket}`, { body: body('<StorageClass>IA</StorageClass>') })).status).toBe(200);
    expect(await info(bucket, 'Grant')).toBe('public-read');
    for (const elements of ['<StorageClass>Standard</StorageClass>', '<DataRedundancyType>ZRS</DataRedundancyType>']) {
      const headers = { 'x-oss-acl': 'private' };
      expectRefusal(await send('PUT', `/${bucket}`, { body: body(elements), headers }), 409, 'BucketAlreadyExists');
    }
    expect(await info(bucket, 'Grant')).toBe('public-read');
    expect(await info(bucket, 'StorageClass')).toBe('IA');
    expect(await info(bucket, 'DataRedundancyType')).toBe('LRS');
  });

  it('[PutBucket-5] changes the ACL of a bucket that is there only for who may change it', async () => {
    const bucket = await newBucket();
    const put = (wish: Wish, acl = 'public-read-write') =>
      send('PUT', `/${bucket}`, { ...wish, headers: { 'x-oss-acl': acl } });
    const refused = await put(allowedTo('oss:PutBucket'));
    expectRefusal(refused, 403, 'AccessDenied');
    expect([refused.one('AuthAction'), await info(bucket, 'Grant')]).toEqual(['oss:PutBucketAcl', 'private']);
    // What changes nothing needs nothing more, nor does an ACL at creation.
    expect((await put(allowedTo('oss:PutBucket'), 'private')).status).toBe(200);
    const own = newName();
    const headers = { 'x-oss-acl': 'public-read' };
    expect((await send('PUT', `/${own}`, { ...allowedTo('oss:PutBucket'), headers })).status).toBe(200);
    expect(await info(own, 'Grant')).toBe('public-read');
    expect((await put(allowedTo('oss:PutBucket', 'oss:PutBucketAcl'))).status).toBe(200);
    expect(await info(bucket, 'Grant')).toBe('public-read-write');
  });

  it('[PutBucket-5] does not get round a policy that keeps a bucket private', async () => {
    const bucket = await newBucket();
    const deny = {
      Effect: 'Deny',
      Action: ['oss:PutBucketAcl'],
      Principal: ['*'],
      Resource: [`acs:oss:*:*:${bucket}`],
      Condition: { StringNotEquals: { 'oss:x-oss-acl': ['private'] } },
    };
    await configure(bucket, { documents: { policy: JSON.stringify({ Version: '1', Statement: [deny] }) } });
    const headers = { 'x-oss-acl': 'public-read' };
    for (const path of [`/${bucket}`, `/${bucket}?acl`]) {
      const refused = await send('PUT', path, { headers });
      expectRefusal(refused, 403, 'AccessDenied');
      expect(refused.header('x-oss-ec')).toBe('0003-00000101');
    }
    expect(await info(bucket, 'Grant')).toBe('private');
    expect((await send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'private' } })).status).toBe(200);
  });

  it('[PutBucket-6] sets the hierarchical namespace at creation only', async () => {
    const tree = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    const flat = await newBucket({ headers: { 'x-oss-hns-status': 'disabled' } });
    const change = (bucket: string, status: string) =>
      send('PUT', `/${bucket}`, { headers: { 'x-oss-hns-status': status } });
    expectRefusal(await change(tree, 'disabled'), 409, 'BucketAlreadyExists');
    expectRefusal(await change(flat, 'enabled'), 409, 'BucketAlreadyExists');
    expect((await change(tree, 'enabled')).status).toBe(200);
    expect((await change(flat, 'disabled')).status).toBe(200);
    expect(await info(tree, 'HierarchicalNamespace')).toBe('Enabled');
    expect(await info(flat, 'HierarchicalNamespace')).toBe(undefined);
  });

  it('[PutBucket-7] puts a bucket into the default resource group, named or not', async () => {
    const named = await newBucket({ headers: { 'x-oss-resource-group-id': 'rg-default-id' } });
    expect(await info(named, 'ResourceGroupId')).toBe('rg-default-id');
    expect(await info(await newBucket(), 'ResourceGroupId')).toBe('rg-default-id');
  });

  it('[PutBucket-8] refuses other resource groups, by their form or because there is no such', async () => {
    const bucket = newName();
    const put = (group: string) => send('PUT', `/${bucket}`, { headers: { 'x-oss-resource-group-id': group } });
    expectRefusal(await put('invalid-rs-id'), 400, 'InvalidArgument');
    expectRefusal(await put('rg-not-exist'), 400, 'ResourceGroupIdPreCheckError');
    expect(await exists(bucket)).toBe(false);
  });

  it('[PutBucket-9] refuses anonymous callers and RAM users without permission', async () => {
    const bucket = newName();
    for (const as of ['anonymous', 'user', 'reader'] as const) {
      expectRefusal(await send('PUT', `/${bucket}`, { as }), 403, 'AccessDenied');
    }
    expect(await exists(bucket)).toBe(false);
    expect((await send('PUT', `/${bucket}`)).status).toBe(200);
  });

  it('[PutBucket-10] creates the bucket in the region of the endpoint', async () => {
    const bucket = await newBucket({ host: 'oss-cn-beijing-internal.aliyuncs.com' });
    expect((await send('GET', `/${bucket}?location`)).text).toContain('>oss-cn-beijing<');
    expect(await info(bucket, 'Location')).toBe('oss-cn-beijing');
    expect(await info(bucket, 'ExtranetEndpoint')).toBe('oss-cn-beijing.aliyuncs.com');
    expect((await send('GET', `/${await newBucket()}?location`)).text).toContain('>oss-cn-hangzhou<');
  });

  it('[PutBucket-10] checks a LocationConstraint before it looks for the bucket', async () => {
    const bucket = newName();
    const put = (region: string) =>
      send('PUT', `/${bucket}`, { body: body(`<LocationConstraint>${region}</LocationConstraint>`) });
    for (const region of ['oss-cn-beijing', 'nowhere']) {
      expectRefusal(await put(region), 400, 'InvalidLocationConstraint');
      expect(await exists(bucket)).toBe(false);
    }
    expect((await put('oss-cn-hangzhou')).status).toBe(200);
    expectRefusal(await put('oss-cn-beijing'), 400, 'InvalidLocationConstraint');
  });

  it('[PutBucket-11] refuses an ACL that is none', async () => {
    for (const acl of ['default', 'public', 'Private', 'private,public-read', ' ']) {
      const bucket = newName();
      const answer = await send('PUT', `/${bucket}`, { headers: { 'x-oss-acl': acl } });
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('x-oss-acl');
      expect(answer.one('ArgumentValue')).toBe(acl.trim());
      expect(await exists(bucket)).toBe(false);
    }
  });

  it('[PutBucket-12] refuses storage classes that there are not, and a malformed body', async () => {
    const bucket = newName();
    const put = (xml: string) => send('PUT', `/${bucket}`, { body: xml });
    for (const value of ['Cold Archive', 'STANDARD', 'Glacier', '']) {
      expectRefusal(await put(body(`<StorageClass>${value}</StorageClass>`)), 400, 'InvalidArgument');
    }
    expectRefusal(await put(body('<DataRedundancyType>RRS</DataRedundancyType>')), 400, 'InvalidArgument');
    for (const xml of ['nonsense', '<CreateBucketConfiguration>', body('<StorageClas>IA</StorageClas>'), '<Other/>']) {
      expectRefusal(await put(xml), 400, 'MalformedXML');
    }
    expect(await exists(bucket)).toBe(false);
  });

  it('[PutBucket-12] [Sec-19] takes names of 3 to 63 of a-z, 0-9 and hyphen only', async () => {
    const long = `b${newName()}${'0'.repeat(63)}`;
    for (const name of [
      'ab',
      long.slice(0, 64),
      '-abc',
      'abc-',
      'Abc',
      'a_c',
      'a.c',
      'a%2Fc',
      '%E4%B8%AD%E6%96%87',
      '..a',
    ]) {
      const answer = await send('PUT', `/${name}`, { as: 'anonymous' });
      expectRefusal(answer, 400, 'InvalidBucketName');
    }
    for (const name of [long.slice(0, 63), newName().slice(-3).replace('-', '0')]) {
      expect((await send('PUT', `/${name}`)).status).toBe(200);
    }
  });

  it('[PutBucket-13] gives a name to exactly one of two accounts that want it at once', async () => {
    for (let round = 0; round < 5; round++) {
      const bucket = newName();
      const statuses = await Promise.all(
        (['owner', 'other', 'owner', 'other'] as const).map(
          async (as) => (await send('PUT', `/${bucket}`, { as })).status,
        ),
      );
      expect([...statuses].sort()).toEqual([200, 200, 409, 409]);
      const winner = statuses[0] === 200 ? 'owner' : 'other';
      expect((await send('GET', `/${bucket}?bucketInfo`, { as: winner })).one('ID')).toBe(accounts[winner]);
      const mine = (await send('GET', '/', { as: winner })).all('Name');
      const theirs = (await send('GET', '/', { as: winner === 'owner' ? 'other' : 'owner' })).all('Name');
      expect(mine).toContain(bucket);
      expect(theirs).not.toContain(bucket);
    }
  });

  it('[PutBucket-13] lets no more buckets come to be at once than there is room for', async () => {
    const directory = env.DIRECTORY.get(env.DIRECTORY.idFromName(accounts.other));
    const { buckets } = await directory.list({ prefix: '', marker: '', limit: 1_000 });
    const here = buckets.filter(({ region }) => region === 'oss-cn-hangzhou').length;
    const filling = Array.from({ length: BUCKETS_PER_REGION_MAX - 2 - here }, (_, i) => `filling-${i}`);
    const entry = { created: 0, storageClass: 'Standard', resourceGroup: 'rg-default-id', region: 'oss-cn-hangzhou' };
    await Promise.all(filling.map((name) => directory.confirm({ ...entry, name } as BucketEntry)));
    const names = Array.from({ length: 6 }, () => newName());
    const answers = await Promise.all(names.map((name) => send('PUT', `/${name}`, { as: 'other' })));
    expect(answers.map(({ code }) => code ?? 'made').sort()).toEqual([
      ...Array(4).fill('TooManyBuckets'),
      ...Array(2).fill('made'),
    ]);
    for (const [i, name] of names.entries()) {
      const expected = answers[i]!.status === 200 ? 200 : 404;
      expect((await send('GET', `/${name}?acl`, { as: 'other' })).status).toBe(expected);
    }
    await Promise.all(filling.map((name) => directory.release(name)));
  });

  it('[PutBucket-14] refuses a namespace status that is none', async () => {
    for (const status of ['Enabled', 'true', ' ']) {
      const bucket = newName();
      const answer = await send('PUT', `/${bucket}`, { headers: { 'x-oss-hns-status': status } });
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('x-oss-hns-status');
      expect(await exists(bucket)).toBe(false);
    }
  });
});
