import { describe, expect, it } from 'vitest';
import { built } from '../../../src/oss/operations/index.ts';
import { done, listVersions, mark, newVersionedBucket, put, putVersion, setVersioning } from '../support/versions.ts';
import { newBucket, send } from '../support/wire.ts';

/** A well-formed id that names nothing. */
const UNKNOWN = `CAEQ${'0'.repeat(60)}`;
const malformed = ['', 'x', 'NULL', 'IllegalVersion', UNKNOWN.slice(1), `${UNKNOWN}0`, `${UNKNOWN.slice(0, -1)}%00`];

describe('reading versions', () => {
  it('[GetObject-16] [ObjCommon-8] reads the current version, a named one, and the null version by its name', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'null');
    await setVersioning(bucket, 'Enabled');
    const one = await putVersion(bucket, 'k', 'one');
    const two = await putVersion(bucket, 'k', 'two');
    const read = async (query: string) => (await done('GET', `/${bucket}/k${query}`)).text;
    expect(await read('')).toBe('two');
    expect(await read(`?versionId=${one}`)).toBe('one');
    expect(await read(`?versionId=${two}`)).toBe('two');
    expect(await read('?versionId=null')).toBe('null');
  });

  it('[ObjCommon-9] [GetObjectMeta-5] names the version on every read, asked for or not', async () => {
    const bucket = await newVersionedBucket();
    const old = await putVersion(bucket, 'k', 'old');
    const id = await putVersion(bucket, 'k', 'new');
    for (const [method, subresource] of [
      ['GET', ''],
      ['HEAD', ''],
      ['HEAD', 'objectMeta'],
      ['GET', 'objectMeta'],
      ['GET', 'acl'],
      ['GET', 'tagging'],
    ] as const) {
      const path = `/${bucket}/k?${subresource}`;
      expect((await done(method, path)).header('x-oss-version-id'), `${method} ${path}`).toBe(id);
      const named = await done(method, `${path}${subresource === '' ? '' : '&'}versionId=${old}`);
      expect(named.header('x-oss-version-id'), `${method} ${path}`).toBe(old);
    }
    await setVersioning(bucket, 'Suspended');
    await putVersion(bucket, 'null');
    expect((await done('HEAD', `/${bucket}/null?objectMeta`)).header('x-oss-version-id')).toBe('null');
  });

  it('[ObjCommon-10] [GetObject-17] [GetObject-E1] [HeadObject-2] [HeadObject-E1] [GetObjectMeta-6] [GetObjectMeta-E1] answers 404 and names the marker where one is current', async () => {
    for (const state of ['Enabled', 'Suspended'] as const) {
      const bucket = await newVersionedBucket(state);
      await putVersion(bucket, 'k');
      const marker = await mark(bucket, 'k');
      for (const [method, query] of [
        ['GET', ''],
        ['HEAD', ''],
        ['HEAD', '?objectMeta'],
        ['GET', '?objectMeta'],
        ['GET', '?acl'],
        ['PUT', '?acl'],
        ['GET', '?tagging'],
        ['DELETE', '?tagging'],
        ['GET', '?symlink'],
      ] as const) {
        const headers: Record<string, string> = method === 'PUT' ? { 'x-oss-object-acl': 'private' } : {};
        const answer = await send(method, `/${bucket}/k${query}`, { headers });
        expect([answer.status, answer.code], `${method} ${query}`).toEqual([404, 'NoSuchKey']);
        expect(answer.header('x-oss-delete-marker'), `${method} ${query}`).toBe('true');
        expect(answer.header('x-oss-version-id'), `${method} ${query}`).toBe(marker);
      }
      expect((await send('GET', `/${bucket}/k`)).one('Key')).toBe('k');
    }
  });

  it('[ObjCommon-11] [GetObject-18] [GetObject-E7] [HeadObject-E2] [HeadObject-2] [GetObjectMeta-6] [GetSymlink-4] answers 405 where the version is a marker', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'k');
    const marker = await mark(bucket, 'k');
    await putVersion(bucket, 'k', 'again');
    for (const [method, query] of [
      ['GET', ''],
      ['HEAD', ''],
      ['HEAD', 'objectMeta&'],
      ['GET', 'symlink&'],
    ] as const) {
      const answer = await send(method, `/${bucket}/k?${query}versionId=${marker}`);
      expect([answer.status, answer.code], `${method} ${query}`).toEqual([405, 'MethodNotAllowed']);
      expect(answer.header('allow')).toBe('DELETE');
      expect(answer.header('x-oss-delete-marker')).toBe('true');
      expect(answer.header('x-oss-version-id')).toBe(marker);
      const document = method === 'HEAD' ? atob(answer.header('x-oss-err')!) : answer.text;
      expect(document).toContain(`<Method>${method}</Method><ResourceType>DeleteMarker</ResourceType>`);
    }
  });

  it('[ObjCommon-11] [PutObjectACL-4] [GetObjectACL-3] [GetObjectACL-E3] [PutObjectTagging-5] [GetObjectTagging-2] answers 404 for ACL and tags of a marker', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'k');
    const marker = await mark(bucket, 'k');
    for (const [method, query] of [
      ['GET', 'acl'],
      ['PUT', 'acl'],
      ['GET', 'tagging'],
      ['PUT', 'tagging'],
      ['DELETE', 'tagging'],
    ] as const) {
      const answer = await send(method, `/${bucket}/k?${query}&versionId=${marker}`, {
        headers: query === 'acl' ? { 'x-oss-object-acl': 'private' } : {},
        ...(method === 'PUT' && query === 'tagging' ? { body: '<Tagging><TagSet></TagSet></Tagging>' } : {}),
      });
      expect([answer.status, answer.code], `${method} ${query}`).toEqual([404, 'NoSuchKey']);
    }
  });

  it('[ObjCommon-12] answers 404 NoSuchVersion for an id that could be, 400 for one that could not', async () => {
    const bucket = await newVersionedBucket();
    const gone = await putVersion(bucket, 'k', 'gone');
    await putVersion(bucket, 'k', 'here');
    await done('DELETE', `/${bucket}/k?versionId=${gone}`);
    const reads = [
      ['GET', ''],
      ['HEAD', ''],
      ['HEAD', 'objectMeta&'],
      ['GET', 'acl&'],
      ['GET', 'tagging&'],
      ['GET', 'symlink&'],
    ] as const;
    for (const [method, query] of reads) {
      for (const id of [gone, UNKNOWN, 'null']) {
        const answer = await send(method, `/${bucket}/k?${query}versionId=${id}`);
        expect([answer.status, answer.code], `${method} ${query} ${id}`).toEqual([404, 'NoSuchVersion']);
        expect(answer.header('x-oss-delete-marker')).toBeNull();
      }
      for (const id of malformed) {
        const answer = await send(method, `/${bucket}/k?${query}versionId=${id}`);
        expect([answer.status, answer.code], `${method} ${query} ${id}`).toEqual([400, 'InvalidArgument']);
      }
    }
    expect((await send('HEAD', `/${bucket}/k?versionId`)).status).toBe(400);
    expect((await send('GET', `/${bucket}/other?versionId=${UNKNOWN}`)).code).toBe('NoSuchVersion');
  });

  it('[GetObject-19] [GetObjectMeta-4] [Sec-24] asks for a permission of its own where a version is named', () => {
    const ofVersions = Object.fromEntries(
      built.flatMap(({ name, query = [], versionAction }) =>
        query.includes('versionId') ? [[name, versionAction]] : [],
      ),
    );
    expect(ofVersions).toMatchObject({
      GetObject: 'GetObjectVersion',
      HeadObject: 'GetObjectVersion',
      GetObjectMeta: 'GetObjectVersion',
      GetSymlink: 'GetObjectVersion',
      DeleteObject: 'DeleteObjectVersion',
      PutObjectACL: 'PutObjectVersionAcl',
      GetObjectACL: 'GetObjectVersionAcl',
      PutObjectTagging: 'PutObjectVersionTagging',
      GetObjectTagging: 'GetObjectVersionTagging',
      DeleteObjectTagging: 'DeleteObjectVersionTagging',
    });
  });

  it('[ObjCommon-26] judges a version by its own ACL, not by that of the current one', async () => {
    const bucket = await newVersionedBucket('Enabled', { acl: 'public-read' });
    const id = await putVersion(bucket, 'k');
    for (const query of ['', `?versionId=${id}`]) {
      expect((await send('GET', `/${bucket}/k${query}`, { as: 'anonymous' })).text).toBe('k');
    }
    await done('PUT', `/${bucket}/k?acl&versionId=${id}`, { headers: { 'x-oss-object-acl': 'private' } });
    const current = await putVersion(bucket, 'k', 'current');
    expect((await send('GET', `/${bucket}/k?versionId=${id}`, { as: 'anonymous' })).status).toBe(403);
    expect((await send('GET', `/${bucket}/k?versionId=${current}`, { as: 'anonymous' })).status).toBe(200);
  });

  it('[ObjCommon-13] keeps the replaced version as it was: content, metadata, class, tags and ACL', async () => {
    const bucket = await newVersionedBucket();
    const headers = {
      'content-type': 'text/x-old',
      'x-oss-meta-a': 'old',
      'x-oss-storage-class': 'IA',
      'x-oss-tagging': 'a=1&b=2',
      'x-oss-object-acl': 'public-read',
    };
    const large = 'x'.repeat(10_000);
    const old = await putVersion(bucket, 'k', large, headers);
    await putVersion(bucket, 'k', 'new');
    const read = await done('GET', `/${bucket}/k?versionId=${old}`);
    expect(read.text).toBe(large);
    expect(
      ['content-type', 'x-oss-meta-a', 'x-oss-storage-class', 'x-oss-tagging-count'].map((name) => read.header(name)),
    ).toEqual(['text/x-old', 'old', 'IA', '2']);
    expect((await done('GET', `/${bucket}/k?acl&versionId=${old}`)).one('Grant')).toBe('public-read');
  });

  it('[ObjCommon-28] gives the new version nothing of the old one', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'k', 'old', {
      'x-oss-meta-a': 'a',
      'x-oss-tagging': 'a=1',
      'x-oss-object-acl': 'private',
    });
    await putVersion(bucket, 'k', 'new');
    const head = await done('HEAD', `/${bucket}/k`);
    expect([head.header('x-oss-meta-a'), head.header('x-oss-tagging-count')]).toEqual([null, null]);
    expect((await done('GET', `/${bucket}/k?acl`)).one('Grant')).toBe('default');
  });

  it('[PutObject-9] writes `null` while suspended and says so', async () => {
    const bucket = await newVersionedBucket('Suspended');
    expect((await done('PUT', `/${bucket}/k`, { body: 'x' })).header('x-oss-version-id')).toBe('null');
    expect((await done('PUT', `/${bucket}/k`, { body: 'y' })).header('x-oss-version-id')).toBe('null');
    expect(await listVersions(bucket)).toHaveLength(1);
  });
});

describe('ACLs of versions', () => {
  it('[PutObjectACL-3] sets the ACL of the current version or of the one that is named', async () => {
    const bucket = await newVersionedBucket();
    const old = await putVersion(bucket, 'k', 'old');
    const current = await putVersion(bucket, 'k', 'new');
    const set = async (acl: string, query = '') => {
      const headers = { 'x-oss-object-acl': acl };
      return (await done('PUT', `/${bucket}/k?acl${query}`, { headers })).header('x-oss-version-id');
    };
    const grant = async (id: string) => {
      const answer = await done('GET', `/${bucket}/k?acl&versionId=${id}`);
      expect(answer.header('x-oss-version-id')).toBe(id);
      return answer.one('Grant');
    };
    expect(await set('public-read')).toBe(current);
    expect([await grant(old), await grant(current)]).toEqual(['default', 'public-read']);
    expect(await set('public-read-write', `&versionId=${old}`)).toBe(old);
    expect([await grant(old), await grant(current)]).toEqual(['public-read-write', 'public-read']);
    expect((await send('GET', `/${bucket}/k?versionId=${old}`, { as: 'anonymous' })).text).toBe('old');
    expect(await set('default', `&versionId=${old}`)).toBe(old);
    expect(await grant(old)).toBe('default');
    expect((await send('GET', `/${bucket}/k?versionId=${old}`, { as: 'anonymous' })).status).toBe(403);
  });

  it('[ObjCommon-12] refuses the ACL of a version that is not there', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'k');
    const headers = { 'x-oss-object-acl': 'private' };
    expect((await send('PUT', `/${bucket}/k?acl&versionId=${UNKNOWN}`, { headers })).code).toBe('NoSuchVersion');
    expect((await send('PUT', `/${bucket}/k?acl&versionId=x`, { headers })).code).toBe('InvalidArgument');
    expect((await send('PUT', `/${bucket}/other?acl`, { headers })).code).toBe('NoSuchKey');
  });
});
