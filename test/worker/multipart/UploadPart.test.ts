import { beforeAll, describe, expect, it } from 'vitest';
import { maintainThrough, shardOfKey, storedBlobs } from '../support/index.ts';
import { bytesOf, complete, initiate, joined, md5, PART, putPart, sendPart } from '../support/multipart.ts';
import { expectRefusal, newBucket, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

const digest = (body: Uint8Array) => Buffer.from(md5(body), 'hex').toString('base64');

describe('UploadPart', () => {
  it('[UploadPart-4] answers the MD5 of the part, and its CRC-64', async () => {
    const path = `/${bucket}/hashes`;
    const body = Uint8Array.of(97, 98, 99);
    const answer = await sendPart(path, await initiate(path), 1, body);
    expect(answer.status).toBe(200);
    expect(answer.bytes.length).toBe(0);
    expect(answer.header('etag')).toBe('"900150983CD24FB0D6963F7D28E17F72"');
    expect(answer.header('content-md5')).toBe(digest(body));
    expect(answer.header('x-oss-hash-crc64ecma')).toBe('3231342946509354535');
  });

  it('[UploadPart-1] [UploadPart-E2] takes numbers from 1 to 10,000', async () => {
    const path = `/${bucket}/numbers`;
    const id = await initiate(path);
    const body = bytesOf(3);
    for (const number of ['0', '10001', '-1', '1.5', 'one', '1e3', '', '00000000001', '99999999999999999999']) {
      const answer = await sendPart(path, id, number, body);
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('PartNumber');
    }
    for (const number of [1, 10_000]) expect((await sendPart(path, id, number, body)).status).toBe(200);
    expect((await send('GET', `${path}?uploadId=${id}`)).all('PartNumber')).toEqual(['1', '10000']);
  });

  it('[UploadPart-2] [UploadPart-8] takes parts of any size, small and empty ones too, in any order', async () => {
    const path = `/${bucket}/sizes`;
    const id = await initiate(path);
    const bodies = [bytesOf(PART + 7, 1), bytesOf(PART, 2), bytesOf(300_001, 3), bytesOf(1, 4), bytesOf(0)];
    const etags: string[] = [];
    for (const i of [3, 0, 4, 2, 1]) etags[i] = await putPart(path, id, i + 1, bodies[i]!);
    expect((await send('GET', `${path}?uploadId=${id}`)).all('Size')).toEqual(bodies.map((body) => `${body.length}`));
    // The empty one and the single byte are both smaller than a part that is not the last may be.
    const done = await complete(
      path,
      id,
      etags.slice(0, 4).map((etag, i) => ({ number: i + 1, etag })),
    );
    expect(done.status, done.text).toBe(200);
    expect((await send('GET', path)).bytes).toEqual(joined(...bodies.slice(0, 4)));
  });

  it('[UploadPart-3] replaces a part of the same number, and gives its bytes up', async () => {
    const path = `/${bucket}/replaced`;
    const id = await initiate(path);
    await putPart(path, id, 1, bytesOf(PART, 1));
    const etag = await putPart(path, id, 1, bytesOf(2 * PART, 2));
    const list = await send('GET', `${path}?uploadId=${id}`);
    expect(list.all('ETag')).toEqual([`"${etag}"`]);
    expect(list.all('Size')).toEqual([String(2 * PART)]);
    expect((await complete(path, id, [{ number: 1, etag }])).status).toBe(200);
    expect((await send('GET', path)).bytes).toEqual(bytesOf(2 * PART, 2));
  });

  it('[UploadPart-3] lets one of many replacements at once win, whole', async () => {
    const other = await newBucket();
    const path = `/${other}/raced`;
    const id = await initiate(path);
    const bodies = Array.from({ length: 12 }, (_, seed) => bytesOf(PART + seed, seed + 1));
    await Promise.all(bodies.map((body) => putPart(path, id, 1, body)));
    const list = await send('GET', `${path}?uploadId=${id}`);
    const etag = list.one('ETag')!.replaceAll('"', '');
    const winner = bodies.find((body) => md5(body) === etag)!;
    expect(list.all('Size')).toEqual([String(winner.length)]);
    expect((await complete(path, id, [{ number: 1, etag }])).status).toBe(200);
    const shard = await shardOfKey(other, 'raced');
    expect(await storedBlobs(shard)).toHaveLength(12);
    await maintainThrough(3, shard);
    expect(await storedBlobs(shard)).toHaveLength(1);
    expect((await send('GET', path)).bytes).toEqual(winner);
  });

  it('[UploadPart-5] refuses to encrypt a part otherwise than its upload', async () => {
    const path = `/${bucket}/encrypted`;
    const id = await initiate(path);
    for (const value of ['AES256', 'KMS', '']) {
      const answer = await sendPart(path, id, 1, bytesOf(3), { headers: { 'x-oss-server-side-encryption': value } });
      expectRefusal(answer, 400, 'InvalidArgument');
    }
  });

  it('[UploadPart-6] [UploadPart-E1] knows only uploads of this key that are still open', async () => {
    const path = `/${bucket}/known`;
    const id = await initiate(path);
    const body = bytesOf(3);
    const refused = async (answer: ReturnType<typeof send>, named: string) => {
      const it = await answer;
      expectRefusal(it, 404, 'NoSuchUpload');
      expect(it.one('UploadId')).toBe(named);
      expect(it.one('EC')).toBe('0042-00000104');
      expect(it.one('Message')).toBe(
        'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
      );
    };
    await refused(sendPart(`/${bucket}/unknown`, id, 1, body), id);
    for (const wrong of ['A'.repeat(32), 'x', id.toLowerCase(), `${id}0`, `${id.slice(1)}%27`]) {
      await refused(sendPart(path, wrong, 1, body), decodeURIComponent(wrong));
    }
    const etag = await putPart(path, id, 1, body);
    await complete(path, id, [{ number: 1, etag }]);
    await refused(sendPart(path, id, 2, body), id);
    const aborted = await initiate(path);
    await send('DELETE', `${path}?uploadId=${aborted}`);
    await refused(sendPart(path, aborted, 1, body), aborted);
  });

  it('[UploadPart-7] [UploadPart-E3] refuses a body that is not what its MD5 says, and keeps the part before it', async () => {
    const path = `/${bucket}/digest`;
    const id = await initiate(path);
    const body = bytesOf(PART);
    const right = await sendPart(path, id, 1, body, { headers: { 'content-md5': digest(body) } });
    expect(right.status).toBe(200);
    for (const md5 of [digest(bytesOf(4)), 'AAAA', 'not base64']) {
      const wrong = await sendPart(path, id, 1, bytesOf(PART, 2), { headers: { 'content-md5': md5 } });
      expectRefusal(wrong, 400, 'InvalidDigest');
    }
    expect((await send('GET', `${path}?uploadId=${id}`)).all('ETag')).toEqual([right.header('etag')]);
  });

  it('[UploadPart-9] wants a body, with a length or without', async () => {
    const path = `/${bucket}/framing`;
    const id = await initiate(path);
    expectRefusal(await send('PUT', `${path}?partNumber=1&uploadId=${id}`), 411, 'MissingContentLength');
    const chunked = await send('PUT', `${path}?partNumber=2&uploadId=${id}`, {
      body: new Response(bytesOf(PART)).body!.pipeThrough(new TransformStream()),
    });
    expect(chunked.status, chunked.text).toBe(200);
    expect(chunked.header('etag')).toBe(`"${md5(bytesOf(PART))}"`);
  });

  it('refuses who may not write', async () => {
    const path = `/${bucket}/private`;
    const id = await initiate(path);
    for (const as of ['other', 'user', 'reader', 'anonymous'] as const) {
      expectRefusal(await sendPart(path, id, 1, bytesOf(3), { as }), 403, 'AccessDenied');
    }
  });

  it('needs both parameters, and no others', async () => {
    const path = `/${bucket}/parameters`;
    const id = await initiate(path);
    expectRefusal(await send('PUT', `${path}?uploadId=${id}`, { body: 'x' }), 405, 'MethodNotAllowed');
    expectRefusal(await send('PUT', `${path}?partNumber=1`, { body: 'x' }), 405, 'MethodNotAllowed');
    const stray = await send('PUT', `${path}?partNumber=1&uploadId=${id}&versionId=null`, { body: 'x' });
    expectRefusal(stray, 400, 'InvalidArgument');
  });
});
