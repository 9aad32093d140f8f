import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allowedTo } from '../support/config.ts';
import { accounts, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

function put(
  bucket: string,
  acl: string | undefined,
  as: 'owner' | 'other' | 'user' | 'reader' | 'anonymous' = 'owner',
) {
  return send('PUT', `/${bucket}?acl`, { as, headers: acl === undefined ? {} : { 'x-oss-acl': acl } });
}

async function aclOf(bucket: string): Promise<string | undefined> {
  return (await send('GET', `/${bucket}?acl`)).one('Grant');
}

describe('PutBucketAcl', () => {
  it('[PutBucketAcl-1] replaces the ACL', async () => {
    const bucket = await newBucket();
    for (const acl of ['public-read', 'public-read-write', 'private']) {
      const answer = await put(bucket, acl);
      expect(answer.status).toBe(200);
      expect(answer.header('content-length')).toBe('0');
      expect(answer.bytes.length).toBe(0);
      expect((await send('GET', `/${bucket}?acl`)).all('Grant')).toEqual([acl]);
    }
  });

  it('[PutBucketAcl-2] creates a bucket that is not there, by the rules of PutBucket', async () => {
    const bucket = newName();
    expect((await put(bucket, 'public-read')).status).toBe(200);
    const info = await send('GET', `/${bucket}?bucketInfo`);
    expect(info.one('Grant')).toBe('public-read');
    expect(info.one('ID')).toBe(accounts.owner);
    expect([info.one('StorageClass'), info.one('DataRedundancyType')]).toEqual(['Standard', 'LRS']);
    expect(info.has('HierarchicalNamespace')).toBe(false);
    expect((await send('GET', '/')).all('Name')).toContain(bucket);
    const plain = newName();
    expect((await put(plain, undefined)).status).toBe(200);
    expect(await aclOf(plain)).toBe('private');
    expectRefusal(await send('PUT', '/ab?acl', { headers: { 'x-oss-acl': 'private' } }), 400, 'InvalidBucketName');
    for (const as of ['anonymous', 'user', 'reader'] as const) {
      const name = newName();
      expectRefusal(await put(name, 'private', as), 403, 'AccessDenied');
      expectRefusal(await send('GET', `/${name}?acl`), 404, 'NoSuchBucket');
    }
  });

  it('[PutBucketAcl-2] creates nothing for who may not create buckets', async () => {
    const headers = { 'x-oss-acl': 'private' };
    const [refused, made] = [newName(), newName()];
    const answer = await send('PUT', `/${refused}?acl`, { ...allowedTo('oss:PutBucketAcl'), headers });
    expectRefusal(answer, 403, 'AccessDenied');
    expect(answer.one('AuthAction')).toBe('oss:PutBucket');
    expectRefusal(await send('GET', `/${refused}?acl`), 404, 'NoSuchBucket');
    expectRefusal(
      await send('PUT', `/${refused}?acl`, { ...allowedTo('oss:PutBucket'), headers }),
      403,
      'AccessDenied',
    );
    const both = allowedTo('oss:PutBucket', 'oss:PutBucketAcl');
    expect((await send('PUT', `/${made}?acl`, { ...both, headers })).status).toBe(200);
    // The ACL of a bucket that is there takes the one permission.
    const opened = { 'x-oss-acl': 'public-read' };
    expect((await send('PUT', `/${made}?acl`, { ...allowedTo('oss:PutBucketAcl'), headers: opened })).status).toBe(200);
    expect(await aclOf(made)).toBe('public-read');
  });

  it('[PutBucketAcl-3] changes nothing without the header', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    expect((await put(bucket, undefined)).status).toBe(200);
    expect(await aclOf(bucket)).toBe('public-read');
  });

  it('[PutBucketAcl-4] is open to nobody through the ACL itself', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const as of ['anonymous', 'user', 'reader'] as const) {
      expectRefusal(await put(bucket, 'private', as), 403, 'AccessDenied');
    }
    expect(await aclOf(bucket)).toBe('public-read-write');
    expect((await put(bucket, 'private')).status).toBe(200);
    expect(await aclOf(bucket)).toBe('private');
  });

  it('[PutBucketAcl-5] refuses what is no ACL of a bucket', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    for (const acl of ['default', 'public', 'PRIVATE', 'private ,x', ' ']) {
      const answer = await put(bucket, acl);
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('Message')).toBe('no such bucket access control exists');
      expect(answer.one('ArgumentName')).toBe('x-oss-acl');
      expect(answer.one('ArgumentValue')).toBe(acl.trim());
    }
    expect(await aclOf(bucket)).toBe('public-read');
  });

  it('[PutBucketAcl-6] [PutBucketAcl-9] opens and closes objects for the very next request', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/a`, { body: 'a' });
    const read = async () => (await send('GET', `/${bucket}/a`, { as: 'anonymous' })).status;
    const write = async () => (await send('PUT', `/${bucket}/b`, { as: 'anonymous', body: 'b' })).status;
    for (const [acl, reads, writes] of [
      ['private', 403, 403],
      ['public-read', 200, 403],
      ['public-read-write', 200, 200],
      ['private', 403, 403],
      ['public-read-write', 200, 200],
      ['public-read', 200, 403],
      ['private', 403, 403],
    ] as const) {
      await put(bucket, acl);
      expect([await read(), await write()], acl).toEqual([reads, writes]);
      expect(await aclOf(bucket)).toBe(acl);
      expect((await send('GET', `/${bucket}?bucketInfo`)).one('Grant')).toBe(acl);
    }
  });

  it('[PutBucketAcl-7] creates nothing with a value that it refuses', async () => {
    const bucket = newName();
    expectRefusal(await put(bucket, 'public'), 400, 'InvalidArgument');
    expectRefusal(await send('GET', `/${bucket}?acl`), 404, 'NoSuchBucket');
  });

  it('[PutBucketAcl-8] answers 409 where the bucket is somebody else’s', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    const answer = await put(bucket, 'private', 'other');
    expectRefusal(answer, 409, 'BucketAlreadyExists');
    expect(answer.one('Message')).toMatch(
      /^The requested bucket name is not available\. The bucket namespace is shared/,
    );
    expect(await aclOf(bucket)).toBe('public-read-write');
  });

  it('[Common-16] refuses a Content-MD5 that does not fit, and changes nothing', async () => {
    const bucket = await newBucket();
    const md5 = (text: string) => createHash('md5').update(text).digest('base64');
    const headers = (text: string) => ({ 'x-oss-acl': 'public-read', 'content-md5': md5(text) });
    expectRefusal(await send('PUT', `/${bucket}?acl`, { headers: headers('x'), body: '' }), 400, 'InvalidDigest');
    expect(await aclOf(bucket)).toBe('private');
    expect((await send('PUT', `/${bucket}?acl`, { headers: headers(''), body: '' })).status).toBe(200);
    expect(await aclOf(bucket)).toBe('public-read');
  });
});
