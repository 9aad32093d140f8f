import { beforeAll, describe, expect, it } from 'vitest';
import { accounts, configure, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket({ acl: 'public-read-write' });
  await send('PUT', `/${bucket}/a`, { as: 'other', body: 'x' });
});

describe('GetObjectACL', () => {
  it('[GetObjectACL-1] [GetObjectACL-2] [GetObjectACL-4] names the bucket’s owner, and default where the object has no ACL', async () => {
    const owner = `<Owner><ID>${accounts.owner}</ID><DisplayName>${accounts.owner}</DisplayName></Owner>`;
    for (const acl of ['default', 'public-read', 'private']) {
      const put = await send('PUT', `/${bucket}/a?acl`, { headers: { 'x-oss-object-acl': acl } });
      expect(put.status).toBe(200);
      const answer = await send('GET', `/${bucket}/a?acl`);
      expect(answer.header('content-type')).toBe('application/xml');
      expect(answer.text).toBe(
        `<?xml version="1.0" encoding="UTF-8"?>\n<AccessControlPolicy>${owner}<AccessControlList><Grant>${acl}</Grant></AccessControlList></AccessControlPolicy>`,
      );
    }
  });

  it('[GetObjectACL-3] [GetObjectACL-E1] is refused to others, also who wrote the object', async () => {
    for (const as of ['other', 'user', 'anonymous'] as const) {
      const answer = await send('GET', `/${bucket}/a?acl`, { as });
      expectRefusal(answer, 403, 'AccessDenied');
      expect(answer.one('Message')).toBe('You do not have read acl permission on this object.');
      // Whether there is such an object is not told either.
      expectRefusal(await send('GET', `/${bucket}/missing?acl`, { as }), 403, 'AccessDenied');
    }
    expect((await send('GET', `/${bucket}/a?acl`, { as: 'reader' })).status).toBe(200);
  });

  it('[GetObjectACL-3] [GetObjectACL-E3] answers 404 for what is not there, and for delete markers', async () => {
    const missing = await send('GET', `/${bucket}/missing?acl`);
    expectRefusal(missing, 404, 'NoSuchKey');
    expect(missing.one('Key')).toBe('missing');
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    const id = (await send('PUT', `/${own}/a`, { body: 'x' })).header('x-oss-version-id');
    expect((await send('GET', `/${own}/a?acl`)).header('x-oss-version-id')).toBe(id);
    const marker = (await send('DELETE', `/${own}/a`)).header('x-oss-version-id');
    expectRefusal(await send('GET', `/${own}/a?acl`), 404, 'NoSuchKey');
    expectRefusal(await send('GET', `/${own}/a?acl&versionId=${marker}`), 404, 'NoSuchKey');
    expect((await send('GET', `/${own}/a?acl&versionId=${id}`)).one('Grant')).toBe('default');
    expectRefusal(await send('GET', `/${newName()}/a?acl`), 404, 'NoSuchBucket');
  });
});
