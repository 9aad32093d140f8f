import { describe, expect, it } from 'vitest';
import {
  brief,
  deleteAll,
  deletedOf,
  done,
  listVersions,
  mark,
  md5,
  newVersionedBucket,
  put,
  putVersion,
  setVersioning,
} from '../support/versions.ts';
import { newBucket, send, shardedBucket } from '../support/wire.ts';

const UNKNOWN = `CAEQ${'0'.repeat(60)}`;
const briefly = async (bucket: string) => (await listVersions(bucket)).map(brief);

async function remove(bucket: string, key: string, versionId?: string) {
  const answer = await send('DELETE', `/${bucket}/${key}${versionId === undefined ? '' : `?versionId=${versionId}`}`);
  return [answer.status, answer.header('x-oss-delete-marker'), answer.header('x-oss-version-id')];
}

describe('DeleteObject and versions', () => {
  it('[DeleteObject-2] hides the object behind a marker with an id of its own, and removes nothing', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'k');
    const marker = await mark(bucket, 'k');
    expect(marker).toMatch(/^[A-Za-z0-9_.~-]{64}$/);
    expect(await briefly(bucket)).toEqual([`k@${marker}!*`, `k@${id}`]);
    expect((await done('GET', `/${bucket}/k?versionId=${id}`)).text).toBe('k');
  });

  it('[DeleteObject-2] stacks markers, also over a key that never existed', async () => {
    const bucket = await newVersionedBucket();
    const ids = [await mark(bucket, 'k'), await mark(bucket, 'k')];
    expect(await briefly(bucket)).toEqual([`k@${ids[1]}!*`, `k@${ids[0]}!`]);
  });

  it('[DeleteObject-3] replaces the null version with a null marker while suspended; others stay', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'k', 'real');
    await setVersioning(bucket, 'Suspended');
    await putVersion(bucket, 'k', 'null');
    expect(await mark(bucket, 'k')).toBe('null');
    expect(await briefly(bucket)).toEqual(['k@null!*', `k@${id}`]);
    expect(await mark(bucket, 'k')).toBe('null');
    expect(await mark(bucket, 'never')).toBe('null');
    expect(await briefly(bucket)).toEqual(['k@null!*', `k@${id}`, 'never@null!*']);
    await putVersion(bucket, 'k', 'back');
    expect(await briefly(bucket)).toEqual(['k@null*', `k@${id}`, 'never@null!*']);
  });

  it('[DeleteObject-3] removes an older null version while suspended, too', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'null');
    await setVersioning(bucket, 'Enabled');
    const id = await putVersion(bucket, 'k', 'real');
    await setVersioning(bucket, 'Suspended');
    expect(await mark(bucket, 'k')).toBe('null');
    expect(await briefly(bucket)).toEqual(['k@null!*', `k@${id}`]);
  });

  it('[DeleteObject-4] removes a named version for good', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k', 'null');
    await setVersioning(bucket, 'Enabled');
    const one = await putVersion(bucket, 'k', 'one');
    const two = await putVersion(bucket, 'k', 'two');
    expect(await remove(bucket, 'k', one)).toEqual([204, null, one]);
    expect(await remove(bucket, 'k', 'null')).toEqual([204, null, 'null']);
    expect(await briefly(bucket)).toEqual([`k@${two}*`]);
    expect((await send('GET', `/${bucket}/k?versionId=${one}`)).code).toBe('NoSuchVersion');
  });

  it('[DeleteObject-5] removes a marker by its id and says that it was one', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'k', 'content');
    const marker = await mark(bucket, 'k');
    expect(await remove(bucket, 'k', marker)).toEqual([204, 'true', marker]);
    expect((await done('GET', `/${bucket}/k`)).text).toBe('content');
  });

  it('[DeleteObject-6] promotes the next newest version, or marker', async () => {
    const bucket = await newVersionedBucket();
    const one = await putVersion(bucket, 'k', 'one');
    const marker = await mark(bucket, 'k');
    const three = await putVersion(bucket, 'k', 'three');
    expect(await remove(bucket, 'k', three)).toEqual([204, null, three]);
    expect(await briefly(bucket)).toEqual([`k@${marker}!*`, `k@${one}`]);
    expect((await send('GET', `/${bucket}/k`)).status).toBe(404);
    await remove(bucket, 'k', marker);
    expect((await done('GET', `/${bucket}/k`)).header('x-oss-version-id')).toBe(one);
    await remove(bucket, 'k', one);
    expect(await briefly(bucket)).toEqual([]);
    const missing = await send('GET', `/${bucket}/k`);
    expect([missing.code, missing.header('x-oss-delete-marker')]).toEqual(['NoSuchKey', null]);
  });

  it('[DeleteObject-7] has neither header where versioning was never set', async () => {
    const bucket = await newBucket();
    await put(bucket, 'k');
    await put(bucket, 'l');
    expect(await remove(bucket, 'k')).toEqual([204, null, null]);
    expect(await remove(bucket, 'l', 'null')).toEqual([204, null, null]);
    expect(await remove(bucket, 'l', 'null')).toEqual([204, null, null]);
    expect(await briefly(bucket)).toEqual([]);
  });

  it('[DeleteObject-1] [ObjCommon-12] is content with a version that is not there, but not with nonsense', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'k');
    expect(await remove(bucket, 'k', UNKNOWN)).toEqual([204, null, UNKNOWN]);
    expect(await remove(bucket, 'never', UNKNOWN)).toEqual([204, null, UNKNOWN]);
    for (const odd of ['234', '', 'NULL', UNKNOWN.slice(1)]) expect((await remove(bucket, 'k', odd))[0], odd).toBe(400);
    expect(await briefly(bucket)).toEqual([`k@${id}*`]);
  });

  it('[Sec-24] lets nobody remove a version who may not write', async () => {
    const bucket = await newVersionedBucket('Enabled', { acl: 'public-read' });
    const id = await putVersion(bucket, 'k');
    for (const as of ['anonymous', 'other', 'user'] as const) {
      expect((await send('DELETE', `/${bucket}/k?versionId=${id}`, { as })).status).toBe(403);
      expect((await send('DELETE', `/${bucket}/k`, { as })).status).toBe(403);
    }
    expect(await briefly(bucket)).toEqual([`k@${id}*`]);
  });
});

describe('DeleteMultipleObjects and versions', () => {
  it('[DeleteMultipleObjects-6] [DeleteMultipleObjects-9] writes markers where no version is named', async () => {
    const bucket = await newVersionedBucket();
    await putVersion(bucket, 'a');
    const answer = await deleteAll(bucket, [{ key: 'a' }, { key: 'never' }]);
    const entries = await listVersions(bucket);
    const markers = entries.filter(({ element }) => element === 'DeleteMarker');
    expect(deletedOf(answer)).toEqual(
      markers.map(({ key, version }) => ({ Key: key, DeleteMarker: 'true', DeleteMarkerVersionId: version })),
    );
    expect(markers).toHaveLength(2);
  });

  it('[DeleteMultipleObjects-7] [DeleteMultipleObjects-8] tells versions and markers that are gone apart', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'a');
    const marker = await mark(bucket, 'a');
    const answer = await deleteAll(bucket, [
      { key: 'a', versionId: id },
      { key: 'a', versionId: marker },
      { key: 'a', versionId: UNKNOWN },
    ]);
    expect(deletedOf(answer)).toEqual([
      { Key: 'a', VersionId: id },
      { Key: 'a', VersionId: marker, DeleteMarker: 'true', DeleteMarkerVersionId: marker },
      { Key: 'a', VersionId: UNKNOWN },
    ]);
    expect(answer.text).not.toContain('<DeleteMarker>false');
    expect(await briefly(bucket)).toEqual([]);
  });

  it('[DeleteMultipleObjects-6] writes null markers while suspended', async () => {
    const bucket = await newVersionedBucket('Suspended');
    await putVersion(bucket, 'a');
    const answer = await deleteAll(bucket, [{ key: 'a' }]);
    expect(deletedOf(answer)).toEqual([{ Key: 'a', DeleteMarker: 'true', DeleteMarkerVersionId: 'null' }]);
    expect(await briefly(bucket)).toEqual(['a@null!*']);
  });

  it('[DeleteMultipleObjects-17] takes several entries of one key in their order', async () => {
    const bucket = await newVersionedBucket();
    const one = await putVersion(bucket, 'a', 'one');
    const two = await putVersion(bucket, 'a', 'two');
    const answer = await deleteAll(bucket, [{ key: 'a' }, { key: 'a', versionId: two }, { key: 'a' }]);
    const [first, second, third] = deletedOf(answer);
    expect([first?.DeleteMarker, second?.VersionId, third?.DeleteMarker]).toEqual(['true', two, 'true']);
    expect(await briefly(bucket)).toEqual([
      `a@${third?.DeleteMarkerVersionId}!*`,
      `a@${first?.DeleteMarkerVersionId}!`,
      `a@${one}`,
    ]);
  });

  it('[ObjCommon-12] [DeleteMultipleObjects-12] refuses the whole batch for one odd version id', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'a');
    for (const versionId of ['234', '', 'NULL']) {
      const answer = await deleteAll(bucket, [
        { key: 'a', versionId: id },
        { key: 'a', versionId },
      ]);
      expect([answer.status, answer.code], versionId).toEqual([400, 'InvalidArgument']);
    }
    const body = `<Delete><Object><VersionId>${id}</VersionId></Object></Delete>`;
    const keyless = await send('POST', `/${bucket}?delete`, { body, headers: { 'content-md5': md5(body) } });
    expect([keyless.status, keyless.code]).toEqual([400, 'MalformedXML']);
    expect(await briefly(bucket)).toEqual([`a@${id}*`]);
  });

  it('[DeleteMultipleObjects-2] says nothing in quiet mode, and deletes all the same', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'a');
    const answer = await deleteAll(bucket, [{ key: 'a', versionId: id }], { quiet: true });
    expect([answer.status, answer.text, answer.header('content-length')]).toEqual([200, '', '0']);
    expect(await briefly(bucket)).toEqual([]);
  });

  it('[DeleteMultipleObjects-10] encodes keys beside their versions', async () => {
    const bucket = await newVersionedBucket();
    const id = await putVersion(bucket, 'a%20b', 'x');
    const answer = await deleteAll(bucket, [{ key: 'a b', versionId: id }], { query: '&encoding-type=url' });
    expect(deletedOf(answer)).toEqual([{ Key: 'a%20b', VersionId: id }]);
  });

  it('[DeleteMultipleObjects-3] answers in the order of the request, whatever the shards', async () => {
    const bucket = await shardedBucket(4);
    await setVersioning(bucket, 'Enabled');
    const doomed = [];
    for (const key of ['d', 'a', 'c', 'b', 'e']) doomed.push({ key, versionId: await putVersion(bucket, key) });
    const answer = await deleteAll(bucket, doomed);
    expect(deletedOf(answer)).toEqual(doomed.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })));
    expect(await briefly(bucket)).toEqual([]);
  });
});
