import { beforeAll, describe, expect, it } from 'vitest';
import { configure, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

describe('HeadObject', () => {
  it.each([0, 5, 10_000])(
    '[HeadObject-1] [HeadObject-7] [HeadObject-9] [HeadObject-12] [HeadObject-17] says of %i bytes what GetObject says',
    async (size) => {
      const headers = {
        'x-oss-meta-a': '1',
        'content-type': 'image/png',
        'cache-control': 'no-store',
        expires: 'never',
      };
      const path = `/${bucket}/head${size}`;
      await send('PUT', path, { headers, body: new Uint8Array(size) });
      const head = await send('HEAD', path);
      const get = await send('GET', path);
      expect(head.status).toBe(200);
      expect(head.bytes.length).toBe(0);
      expect(head.header('content-length')).toBe(String(size));
      const without = (answer: typeof head) =>
        Object.fromEntries(
          [...answer.headers].filter(([name]) => !/^(date|x-oss-request-id|x-oss-server-time)$/.test(name)),
        );
      expect(without(head)).toEqual(without(get));
      expect(head.header('content-md5')).not.toBe(null);
      expect(head.header('x-oss-object-type')).toBe('Normal');
      expect(head.header('x-oss-hash-crc64ecma')).not.toBe(null);
      expect(head.header('x-oss-next-append-position')).toBe(null);
      // There are no event rules.
      expect(head.header('x-oss-process-status')).toBe(null);
    },
  );

  it('[HeadObject-4] [HeadObject-16] answers for archived objects, whose class is one word', async () => {
    const path = `/${bucket}/cold`;
    for (const storageClass of ['Archive', 'ColdArchive', 'DeepColdArchive']) {
      await send('PUT', path, { headers: { 'x-oss-storage-class': storageClass }, body: 'x' });
      const head = await send('HEAD', path);
      expect([head.status, head.header('x-oss-storage-class')]).toEqual([200, storageClass]);
      expect(head.header('content-length')).toBe('1');
    }
  });

  it('[HeadObject-E1] [ObjCommon-5] answers 404 with the error document in x-oss-err', async () => {
    const answer = await send('HEAD', `/${bucket}/%E4%B8%AD`);
    expectRefusal(answer, 404, 'NoSuchKey');
    expect(answer.header('x-oss-ec')).toBe('0026-00000001');
    expect(answer.error).toContain('<Key>中</Key>');
    const missing = newName();
    const noBucket = await send('HEAD', `/${missing}/a`);
    expectRefusal(noBucket, 404, 'NoSuchBucket');
    expect(noBucket.header('x-oss-ec')).toBe('0015-00000101');
    expect(noBucket.error).toContain(`<BucketName>${missing}</BucketName>`);
  });

  it('[ObjCommon-5] keeps x-oss-err short enough for clients that bound their headers', async () => {
    const path = `/${bucket}/${'k'.repeat(1_000)}?x=${'v'.repeat(7_000)}`;
    const head = await send('HEAD', path, { unsigned: { headers: { 'x-oss-meta-a': '1' } } });
    expectRefusal(head, 403, 'SignatureDoesNotMatch');
    expect(head.header('x-oss-err')!.length).toBeLessThan(8_000);
    const get = await send('GET', path, { unsigned: { headers: { 'x-oss-meta-a': '1' } } });
    expectRefusal(get, 403, 'SignatureDoesNotMatch');
    expect(get.one('StringToSignBytes')).not.toBe(undefined);
  });

  it('[HeadObject-2] [HeadObject-E2] tells a delete marker, current or named, from an object', async () => {
    const own = await newBucket();
    await configure(own, { versioning: 'Enabled' });
    await send('PUT', `/${own}/a`, { body: 'x' });
    const marker = (await send('DELETE', `/${own}/a`)).header('x-oss-version-id')!;
    const current = await send('HEAD', `/${own}/a`);
    expectRefusal(current, 404, 'NoSuchKey');
    const named = await send('HEAD', `/${own}/a?versionId=${marker}`);
    expectRefusal(named, 405, 'MethodNotAllowed');
    expect(named.header('allow')).toBe('DELETE');
    for (const answer of [current, named]) {
      expect(answer.header('x-oss-delete-marker')).toBe('true');
      expect(answer.header('x-oss-version-id')).toBe(marker);
    }
  });

  it('[HeadObject-E5] [HeadObject-E6] evaluates conditions as GetObject does', async () => {
    const path = `/${bucket}/conditions`;
    const etag = (await send('PUT', path, { body: 'x' })).header('etag')!;
    const unchanged = await send('HEAD', path, { headers: { 'if-none-match': etag } });
    expect([unchanged.status, unchanged.header('x-oss-err')]).toEqual([304, null]);
    expectRefusal(await send('HEAD', path, { headers: { 'if-match': 'other' } }), 412, 'PreconditionFailed');
    expect((await send('HEAD', path, { headers: { 'if-match': etag } })).status).toBe(200);
  });
});
