import { beforeAll, describe, expect, it } from 'vitest';
import { configure, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

describe('DeleteObject', () => {
  it.each([10, 10_000])(
    '[DeleteObject-1] [DeleteObject-7] [DeleteObject-11] removes an object of %i bytes, and says the same where there is none',
    async (size) => {
      const path = `/${bucket}/gone${size}`;
      await send('PUT', path, { body: new Uint8Array(size) });
      await send('PUT', `${path}0`, { body: 'neighbour' });
      for (let twice = 0; twice < 2; twice++) {
        const answer = await send('DELETE', path);
        expect(answer.status).toBe(204);
        expect(answer.bytes.length).toBe(0);
        expect(answer.header('x-oss-delete-marker')).toBe(null);
        expect(answer.header('x-oss-version-id')).toBe(null);
        expectRefusal(await send('GET', path), 404, 'NoSuchKey');
        expect((await send('GET', `/${bucket}`)).all('Key')).not.toContain(`gone${size}`);
      }
      expect((await send('GET', `${path}0`)).text).toBe('neighbour');
      // The name is free again.
      expect((await send('PUT', path, { headers: { 'x-oss-forbid-overwrite': 'true' }, body: 'new' })).status).toBe(
        200,
      );
      expect((await send('GET', path)).text).toBe('new');
    },
  );

  it('[DeleteObject-1] needs the bucket and the permission to write', async () => {
    const path = `/${bucket}/kept`;
    await send('PUT', path, { body: 'kept' });
    for (const as of ['other', 'user', 'reader', 'anonymous'] as const) {
      expectRefusal(await send('DELETE', path, { as }), 403, 'AccessDenied');
      expectRefusal(await send('DELETE', `/${bucket}/missing`, { as }), 403, 'AccessDenied');
    }
    expect((await send('GET', path)).text).toBe('kept');
    expectRefusal(await send('DELETE', `/${newName()}/a`), 404, 'NoSuchBucket');
  });

  it('[DeleteObject-7] takes versionId=null for the object of a bucket without versions', async () => {
    const path = `/${bucket}/null`;
    await send('PUT', path, { body: 'x' });
    const answer = await send('DELETE', `${path}?versionId=null`);
    expect([answer.status, answer.header('x-oss-version-id')]).toEqual([204, null]);
    expectRefusal(await send('GET', path), 404, 'NoSuchKey');
    expectRefusal(await send('DELETE', `${path}?versionId=234`), 400, 'InvalidArgument');
    expectRefusal(await send('DELETE', `${path}?versionId`), 400, 'InvalidArgument');
  });

  it('[DeleteObject-12] removes archived objects as they are', async () => {
    const path = `/${bucket}/archived`;
    for (const storageClass of ['Archive', 'ColdArchive', 'DeepColdArchive']) {
      await send('PUT', path, { headers: { 'x-oss-storage-class': storageClass }, body: 'x' });
      expect((await send('DELETE', path)).status).toBe(204);
      expectRefusal(await send('HEAD', path), 404, 'NoSuchKey');
    }
  });

  it('[ObjCommon-12] removes nothing, and says 204, for a version that there is not', async () => {
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    await send('PUT', `/${own}/a`, { body: 'x' });
    const unknown = `CAEQ${'0'.repeat(60)}`;
    expect((await send('DELETE', `/${own}/a?versionId=${unknown}`)).status).toBe(204);
    expect((await send('GET', `/${own}/a`)).text).toBe('x');
    expectRefusal(await send('GET', `/${own}/a?versionId=${unknown}`), 404, 'NoSuchVersion');
  });
});
