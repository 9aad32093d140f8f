import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, configOf, configure, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

type Caller = 'owner' | 'other' | 'user' | 'reader' | 'anonymous';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  await send('PUT', `/${bucket}/a`, { body: 'x' });
});

function put(path: string, acl: string, as: Caller = 'owner', query = ''): Promise<Answer> {
  return send('PUT', `${path}?acl${query}`, { as, headers: { 'x-oss-object-acl': acl } });
}

async function grant(path: string, query = ''): Promise<string | undefined> {
  return (await send('GET', `${path}?acl${query}`)).one('Grant');
}

describe('PutObjectACL', () => {
  it('[PutObjectACL-1] [PutObjectACL-E1] is the owner’s, whatever the ACLs', async () => {
    const own = await newBucket({ acl: 'public-read-write' });
    const path = `/${own}/a`;
    await send('PUT', path, { headers: { 'x-oss-object-acl': 'public-read-write' }, body: 'x' });
    for (const as of ['other', 'user', 'reader', 'anonymous'] as const) {
      expectRefusal(await put(path, 'private', as), 403, 'AccessDenied');
    }
    expect(await grant(path)).toBe('public-read-write');
    expect((await put(path, 'private')).status).toBe(200);
  });

  it('[PutObjectACL-2] [PutObjectACL-E2] needs one of four values', async () => {
    const missing = await send('PUT', `/${bucket}/a?acl`);
    expectRefusal(missing, 400, 'MissingArgument');
    expect(missing.one('ArgumentName')).toBe('x-oss-object-acl');
    for (const acl of ['public', 'Private', 'private,public-read']) {
      const answer = await put(`/${bucket}/a`, acl);
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('x-oss-object-acl');
      expect(answer.one('ArgumentValue')).toBe(acl);
    }
    // A bucket's header does not set an object's ACL.
    expectRefusal(
      await send('PUT', `/${bucket}/a?acl`, { headers: { 'x-oss-acl': 'public-read' } }),
      400,
      'MissingArgument',
    );
    expect(await grant(`/${bucket}/a`)).toBe('default');
    for (const acl of ['public-read', 'public-read-write', 'private', 'default']) {
      const answer = await put(`/${bucket}/a`, acl);
      expect([answer.status, answer.bytes.length, answer.header('x-oss-version-id')]).toEqual([200, 0, null]);
      expect(await grant(`/${bucket}/a`)).toBe(acl);
    }
  });

  it('[PutObjectACL-3] changes the current version, or the one that is named', async () => {
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    const path = `/${own}/a`;
    const first = (await send('PUT', path, { body: '1' })).header('x-oss-version-id')!;
    const second = (await send('PUT', path, { body: '2' })).header('x-oss-version-id')!;
    const answer = await put(path, 'public-read');
    expect(answer.header('x-oss-version-id')).toBe(second);
    expect(await grant(path)).toBe('public-read');
    expect(await grant(path, `&versionId=${first}`)).toBe('default');
    expect((await put(path, 'private', 'owner', `&versionId=${first}`)).header('x-oss-version-id')).toBe(first);
    expect(await grant(path, `&versionId=${first}`)).toBe('private');
    expect(await grant(path, `&versionId=${second}`)).toBe('public-read');
  });

  it('[PutObjectACL-4] answers 404 where there is nothing but a delete marker', async () => {
    expectRefusal(await put(`/${bucket}/missing`, 'private'), 404, 'NoSuchKey');
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    await send('PUT', `/${own}/a`, { body: 'x' });
    const marker = (await send('DELETE', `/${own}/a`)).header('x-oss-version-id');
    expectRefusal(await put(`/${own}/a`, 'private'), 404, 'NoSuchKey');
    expectRefusal(await put(`/${own}/a`, 'private', 'owner', `&versionId=${marker}`), 404, 'NoSuchKey');
    expectRefusal(await put(`/${newName()}/a`, 'private'), 404, 'NoSuchBucket');
  });

  it('[PutObjectACL-5] [ObjCommon-26] default inherits the bucket’s ACL as it is, not as it was', async () => {
    const own = await newBucket({ acl: 'public-read' });
    const path = `/${own}/a`;
    await send('PUT', path, { headers: { 'x-oss-object-acl': 'private' }, body: 'x' });
    const anonymous = async () => (await send('GET', path, { as: 'anonymous' })).status;
    expect(await anonymous()).toBe(403);
    await put(path, 'default');
    expect(await anonymous()).toBe(200);
    await send('PUT', `/${own}?acl`, { headers: { 'x-oss-acl': 'private' } });
    expect(await anonymous()).toBe(403);
    await send('PUT', `/${own}?acl`, { headers: { 'x-oss-acl': 'public-read-write' } });
    expect(await anonymous()).toBe(200);
  });

  it('[PutObjectACL-6] [ObjCommon-26] decides from the next request on, and beats the bucket’s ACL in both directions', async () => {
    const path = `/${bucket}/immediate`;
    const before = await send('PUT', path, { body: 'x' });
    const head = await send('HEAD', path);
    const anonymous = async (method: string) =>
      (await send(method, path, { as: 'anonymous', ...(method === 'PUT' ? { body: 'y' } : {}) })).status;
    expect([await anonymous('GET'), await anonymous('PUT')]).toEqual([403, 403]);
    await put(path, 'public-read');
    expect([await anonymous('GET'), await anonymous('PUT')]).toEqual([200, 403]);
    const after = await send('HEAD', path);
    expect(after.header('etag')).toBe(before.header('etag'));
    expect(after.header('last-modified')).toBe(head.header('last-modified'));
    await put(path, 'private');
    expect([await anonymous('GET'), await anonymous('PUT')]).toEqual([403, 403]);
    await put(path, 'public-read-write');
    expect([await anonymous('GET'), await anonymous('PUT')]).toEqual([200, 200]);
    // The overwrite has taken the ACL away.
    expect([await grant(path), await anonymous('GET')]).toEqual(['default', 403]);
    expect((await configOf(bucket)).objectAcls).toBe(true);
  });
});
