import { describe, expect, it } from 'vitest';
import { accounts, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

describe('GetBucketAcl', () => {
  it('[GetBucketAcl-1] answers the owner, and whom a policy lets, whatever the ACL', async () => {
    for (const acl of ['private', 'public-read', 'public-read-write']) {
      const bucket = await newBucket({ acl });
      for (const as of ['other', 'user', 'anonymous'] as const) {
        expectRefusal(await send('GET', `/${bucket}?acl`, { as }), 403, 'AccessDenied');
      }
      for (const as of ['owner', 'reader'] as const) {
        expect((await send('GET', `/${bucket}?acl`, { as })).one('Grant')).toBe(acl);
      }
    }
  });

  it('[GetBucketAcl-2] says private where no ACL was ever set', async () => {
    const answer = await send('GET', `/${await newBucket()}?acl`);
    expect(answer.status).toBe(200);
    expect(answer.one('Grant')).toBe('private');
  });

  it('[GetBucketAcl-3] names the owner twice and one grant', async () => {
    const answer = await send('GET', `/${await newBucket({ acl: 'public-read' })}?acl=`);
    const owner = `<Owner><ID>${accounts.owner}</ID><DisplayName>${accounts.owner}</DisplayName></Owner>`;
    expect(answer.text).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<AccessControlPolicy>${owner}<AccessControlList><Grant>public-read</Grant></AccessControlList></AccessControlPolicy>`,
    );
    expect(answer.header('content-type')).toBe('application/xml');
  });

  it('[GetBucketAcl-4] creates nothing', async () => {
    const bucket = newName();
    for (let twice = 0; twice < 2; twice++) {
      const answer = await send('GET', `/${bucket}?acl`);
      expectRefusal(answer, 404, 'NoSuchBucket');
      expect(answer.one('BucketName')).toBe(bucket);
    }
  });
});
