import { describe, expect, it } from 'vitest';
import { putContent, query, shardOfKey } from '../support/index.ts';
import { bytesOf, initiate, md5 } from '../support/multipart.ts';
import { type Answer, accounts, configure, expectRefusal, newBucket, send, type Wish } from '../support/wire.ts';

type Caller = NonNullable<Wish['as']>;

/** A policy of one statement. */
function policy(effect: 'Allow' | 'Deny', actions: readonly string[], principal: string, resource: string): string {
  return JSON.stringify({
    Version: '1',
    Statement: [
      {
        Effect: effect,
        Action: actions.map((action) => `oss:${action}`),
        Principal: [principal],
        Resource: [`acs:oss:*:*:${resource}`],
      },
    ],
  });
}

/** Each way to copy from a source: as an object, and as a part. */
const ways = {
  CopyObject: (to: string, from: string, as: Caller): Promise<Answer> =>
    send('PUT', `/${to}/copy`, { as, headers: { 'x-oss-copy-source': from } }),
  UploadPartCopy: async (to: string, from: string, as: Caller): Promise<Answer> => {
    const id = await initiate(`/${to}/up`, { as });
    return send('PUT', `/${to}/up?partNumber=1&uploadId=${id}`, { as, headers: { 'x-oss-copy-source': from } });
  },
} as const;

describe.each(Object.entries(ways))('[Sec-16] the source of %s', (_, copy) => {
  it('[CopyObject-6] must be readable by who copies, whatever else may be written', async () => {
    const secret = await newBucket();
    await send('PUT', `/${secret}/k`, { body: bytesOf(20_000) });
    const theirs = await newBucket({ as: 'other' });
    const open = await newBucket({ acl: 'public-read-write' });
    expectRefusal(await copy(theirs, `/${secret}/k`, 'other'), 403, 'AccessDenied');
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expectRefusal(await copy(open, `/${secret}/k`, as), 403, 'AccessDenied');
      // Neither is told whether there is such an object.
      expectRefusal(await copy(open, `/${secret}/never`, as), 403, 'AccessDenied');
    }
    // Positive controls: the owner, and a user who may read.
    expect((await copy(open, `/${secret}/k`, 'owner')).status).toBe(200);
    expect((await copy(open, `/${secret}/k`, 'reader')).status).toBe(200);
    expect((await send('HEAD', `/${theirs}/copy`, { as: 'other' })).status).toBe(404);
  });

  it('[CopyObject-6] [ObjCommon-27] may be open by the ACL of its bucket, or by its own', async () => {
    const theirs = await newBucket({ as: 'other' });
    const mixed = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${mixed}/open`, { body: 'open' });
    await send('PUT', `/${mixed}/closed`, { body: 'closed', headers: { 'x-oss-object-acl': 'private' } });
    expect((await copy(theirs, `/${mixed}/open`, 'other')).status).toBe(200);
    expectRefusal(await copy(theirs, `/${mixed}/closed`, 'other'), 403, 'AccessDenied');
    const secret = await newBucket();
    await send('PUT', `/${secret}/shown`, { body: 'shown', headers: { 'x-oss-object-acl': 'public-read' } });
    await send('PUT', `/${secret}/hidden`, { body: 'hidden' });
    expect((await copy(theirs, `/${secret}/shown`, 'other')).status).toBe(200);
    expectRefusal(await copy(theirs, `/${secret}/hidden`, 'other'), 403, 'AccessDenied');
    expectRefusal(await copy(theirs, `/${secret}/never`, 'other'), 403, 'AccessDenied');
  });

  it('is judged by the policy of its own bucket, for its own key', async () => {
    const source = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${source}/a/k`, { body: 'a' });
    await send('PUT', `/${source}/b/k`, { body: 'b' });
    const theirs = await newBucket({ as: 'other' });
    await configure(source, { documents: { policy: policy('Deny', ['GetObject'], accounts.other, `${source}/a/*`) } });
    expectRefusal(await copy(theirs, `/${source}/a/k`, 'other'), 403, 'AccessDenied');
    expect((await copy(theirs, `/${source}/b/k`, 'other')).status).toBe(200);
    // The destination's policy says nothing about the source.
    const secret = await newBucket();
    await send('PUT', `/${secret}/k`, { body: 'x' });
    await configure(theirs, { documents: { policy: policy('Allow', ['*'], '*', '*') } });
    expectRefusal(await copy(theirs, `/${secret}/k`, 'other'), 403, 'AccessDenied');
    await configure(secret, { documents: { policy: policy('Allow', ['GetObject'], accounts.other, `${secret}/k`) } });
    expect((await copy(theirs, `/${secret}/k`, 'other')).status).toBe(200);
  });

  it('needs a permission of its own where a version is named', async () => {
    const source = await newBucket();
    await configure(source, { versioning: 'Enabled' });
    const id = (await send('PUT', `/${source}/k`, { body: 'x' })).header('x-oss-version-id');
    const theirs = await newBucket({ as: 'other' });
    const allow = (action: string) =>
      configure(source, { documents: { policy: policy('Allow', [action], accounts.other, `${source}/*`) } });
    await allow('GetObject');
    expect((await copy(theirs, `/${source}/k`, 'other')).status).toBe(200);
    expectRefusal(await copy(theirs, `/${source}/k?versionId=${id}`, 'other'), 403, 'AccessDenied');
    await allow('GetObjectVersion');
    expectRefusal(await copy(theirs, `/${source}/k`, 'other'), 403, 'AccessDenied');
    expect((await copy(theirs, `/${source}/k?versionId=${id}`, 'other')).status).toBe(200);
  });

  it('is judged by the configuration in force, not by an older copy of it', async () => {
    const source = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${source}/k`, { body: 'x' });
    const theirs = await newBucket({ as: 'other' });
    expect((await copy(theirs, `/${source}/k`, 'other')).status).toBe(200);
    await configure(source, { acl: 'private' });
    expectRefusal(await copy(theirs, `/${source}/k`, 'other'), 403, 'AccessDenied');
    await configure(source, { acl: 'public-read' });
    expect((await copy(theirs, `/${source}/k`, 'other')).status).toBe(200);
  });

  it('does not open the destination', async () => {
    const source = await newBucket({ acl: 'public-read-write' });
    await send('PUT', `/${source}/k`, { body: 'x' });
    const target = await newBucket();
    for (const as of ['other', 'reader', 'anonymous'] as const) {
      const answer = await send('PUT', `/${target}/copy`, { as, headers: { 'x-oss-copy-source': `/${source}/k` } });
      expectRefusal(answer, 403, 'AccessDenied');
    }
    const guarded = await newBucket({ acl: 'public-read-write' });
    await send('PUT', `/${guarded}/copy`, { body: 'mine', headers: { 'x-oss-object-acl': 'public-read' } });
    await send('PUT', `/${guarded}/up`, { body: 'mine', headers: { 'x-oss-object-acl': 'public-read' } });
    const answer = await send('PUT', `/${guarded}/copy`, {
      as: 'other',
      headers: { 'x-oss-copy-source': `/${source}/k` },
    });
    expectRefusal(answer, 403, 'AccessDenied');
    expect((await send('GET', `/${guarded}/copy`)).text).toBe('mine');
  });
});

describe('[Sec-16] what a copy does not give away', () => {
  it('is the target of a link', async () => {
    const source = await newBucket();
    await send('PUT', `/${source}/target`, { body: 'secret' });
    await putContent(source, 'link', { kind: 'Symlink', link: 'target', acl: 'public-read' });
    await configure(source, { objectAcls: true });
    const theirs = await newBucket({ as: 'other' });
    const headers = { 'x-oss-copy-source': `/${source}/link` };
    expect((await send('PUT', `/${theirs}/copy`, { as: 'other', headers })).status).toBe(200);
    const rows = await query(
      await shardOfKey(theirs, 'copy'),
      'SELECT kind, link, size, segments, inline FROM version',
    );
    expect(rows).toEqual([{ kind: 'Symlink', link: 'target', size: 0, segments: '[]', inline: null }]);
  });

  it('[ObjCommon-34] [CopyObject-16] are tags that the caller may not read', async () => {
    const source = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${source}/k`, { body: 'x', headers: { 'x-oss-tagging': 'secret=1' } });
    const theirs = await newBucket({ as: 'other' });
    const copy = () =>
      send('PUT', `/${theirs}/copy`, { as: 'other', headers: { 'x-oss-copy-source': `/${source}/k` } });
    const tags = async () => query(await shardOfKey(theirs, 'copy'), 'SELECT tags FROM version');
    expect((await copy()).status).toBe(200);
    expect(await tags()).toEqual([{ tags: null }]);
    const both = policy('Allow', ['GetObjectTagging'], accounts.other, `${source}/*`);
    await configure(source, { documents: { policy: both } });
    expect((await copy()).status).toBe(200);
    expect(await tags()).toEqual([{ tags: '[{"key":"secret","value":"1"}]' }]);
  });
});

describe('[Sec-1] [CopyObject-20] a copy source that nobody signed', () => {
  const schemes = ['V1', 'V2', 'V4'] as const;

  it.each(schemes.flatMap((scheme) => (['query', 'header'] as const).map((place) => ({ scheme, place }))))(
    'makes no copy of a request signed with $scheme in the $place',
    async ({ scheme, place }) => {
      const bucket = await newBucket();
      await send('PUT', `/${bucket}/secret`, { body: 'secret' });
      const from = { 'x-oss-copy-source': `/${bucket}/secret` };
      const added = await send('PUT', `/${bucket}/k`, { scheme, place, unsigned: { headers: from } });
      expectRefusal(added, 403, 'SignatureDoesNotMatch');
      expect((await send('HEAD', `/${bucket}/k`)).status).toBe(404);
      const changed = await send('PUT', `/${bucket}/k`, {
        scheme,
        place,
        headers: { 'x-oss-copy-source': `/${bucket}/other` },
        unsigned: { headers: from },
      });
      expectRefusal(changed, 403, 'SignatureDoesNotMatch');
      // Positive controls: the same requests as they were signed.
      const plain = await send('PUT', `/${bucket}/k`, { scheme, place, body: bytesOf(3) });
      expect(plain.status, plain.text).toBe(200);
      const signed = await send('PUT', `/${bucket}/k`, { scheme, place, headers: from });
      expect(signed.status, signed.text).toBe(200);
      expect((await send('GET', `/${bucket}/k`)).text).toBe('secret');
    },
  );

  it.each(schemes)('makes no part of a part upload signed with %s', async (scheme) => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/secret`, { body: 'secret' });
    const id = await initiate(`/${bucket}/k`);
    const path = `/${bucket}/k?partNumber=1&uploadId=${id}`;
    const from = { 'x-oss-copy-source': `/${bucket}/secret` };
    for (const place of ['query', 'header'] as const) {
      const added = await send('PUT', path, { scheme, place, unsigned: { headers: from } });
      expectRefusal(added, 403, 'SignatureDoesNotMatch');
      const ranged = await send('PUT', path, {
        scheme,
        place,
        headers: from,
        unsigned: { headers: { 'x-oss-copy-source-range': 'bytes=0-1' } },
      });
      expectRefusal(ranged, 403, 'SignatureDoesNotMatch');
      const signed = await send('PUT', path, { scheme, place, headers: from });
      expect(signed.header('etag')).toBe(`"${md5('secret')}"`);
    }
  });
});

describe('[Sec-17] a copy source on the wire', () => {
  it('means the same to whoever judges it and to whoever reads it', async () => {
    const source = await newBucket();
    const theirs = await newBucket({ as: 'other' });
    await send('PUT', `/${source}/public`, { body: 'public' });
    const odd = 'public?versionId=null';
    await send('PUT', `/${source}/${encodeURIComponent(odd)}`, { body: 'odd' });
    await send('PUT', `/${source}/public%2Fsecret`, { body: 'secret' });
    const grant = policy('Allow', ['GetObject', 'GetObjectVersion'], accounts.other, `${source}/public`);
    await configure(source, { documents: { policy: grant } });
    const copy = (from: string) =>
      send('PUT', `/${theirs}/copy`, { as: 'other', headers: { 'x-oss-copy-source': from } });
    expect((await copy(`/${source}/public`)).header('etag')).toBe(`"${md5('public')}"`);
    expect((await copy(`/${source}/public?versionId=null`)).header('etag')).toBe(`"${md5('public')}"`);
    expect((await copy(`/${source}%2Fpublic`)).header('etag')).toBe(`"${md5('public')}"`);
    for (const from of [
      `/${source}/public%3FversionId%3Dnull`,
      `/${source}/public%2Fsecret`,
      `/${source}/public/secret`,
      `/${source}/public%252Fsecret`,
    ]) {
      expectRefusal(await copy(from), 403, 'AccessDenied');
    }
    const owners = (from: string) => send('PUT', `/${source}/copy`, { headers: { 'x-oss-copy-source': from } });
    expect((await owners(`/${source}/public%3FversionId%3Dnull`)).header('etag')).toBe(`"${md5('odd')}"`);
    expect((await owners(`/${source}/public%2Fsecret`)).header('etag')).toBe(`"${md5('secret')}"`);
  });
});
