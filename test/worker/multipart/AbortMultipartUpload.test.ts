import { beforeAll, describe, expect, it } from 'vitest';
import { maintainThrough, shardOfKey, storedBlobs } from '../support/index.ts';
import { bytesOf, complete, initiate, PART, putPart, sendPart } from '../support/multipart.ts';
import { expectRefusal, newBucket, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

describe('AbortMultipartUpload', () => {
  it('[AbortMultipartUpload-1] frees all parts, and ends the upload for every operation', async () => {
    const other = await newBucket();
    const path = `/${other}/k`;
    const id = await initiate(path);
    const etag = await putPart(path, id, 1, bytesOf(PART));
    await putPart(path, id, 2, bytesOf(PART, 2));
    const answer = await send('DELETE', `${path}?uploadId=${id}`);
    expect(answer.status).toBe(204);
    expect(answer.bytes.length).toBe(0);
    for (const refused of [
      await sendPart(path, id, 3, bytesOf(3)),
      await complete(path, id, [{ number: 1, etag }]),
      await send('GET', `${path}?uploadId=${id}`),
    ]) {
      expectRefusal(refused, 404, 'NoSuchUpload');
    }
    expect((await send('GET', `/${other}?uploads`)).has('Upload')).toBe(false);
    const shard = await shardOfKey(other, 'k');
    expect(await storedBlobs(shard)).toHaveLength(2);
    await maintainThrough(3, shard);
    expect(await storedBlobs(shard)).toHaveLength(0);
  });

  it('[AbortMultipartUpload-2] is not undone by a part that arrives late, and the part leaves nothing', async () => {
    const other = await newBucket();
    const path = `/${other}/k`;
    const id = await initiate(path);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const late = send('PUT', `${path}?partNumber=1&uploadId=${id}`, { body: readable });
    void writer.write(bytesOf(2 * PART));
    // The part has been admitted and is being read when the upload ends.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await send('DELETE', `${path}?uploadId=${id}`)).status).toBe(204);
    void writer.write(bytesOf(PART, 2));
    void writer.close();
    expectRefusal(await late, 404, 'NoSuchUpload');
    expect((await send('GET', `/${other}?uploads`)).has('Upload')).toBe(false);
    const shard = await shardOfKey(other, 'k');
    await expect.poll(() => storedBlobs(shard)).toHaveLength(0);
  });

  it('[AbortMultipartUpload-3] [AbortMultipartUpload-E1] is not repeatable', async () => {
    const path = `/${bucket}/twice`;
    const id = await initiate(path);
    expect((await send('DELETE', `${path}?uploadId=${id}`)).status).toBe(204);
    const again = await send('DELETE', `${path}?uploadId=${id}`);
    expectRefusal(again, 404, 'NoSuchUpload');
    expect(again.one('EC')).toBe('0042-00000002');
    expect(again.one('UploadId')).toBe(id);
  });

  it('[AbortMultipartUpload-4] leaves an existing object alone', async () => {
    const path = `/${bucket}/existing`;
    await send('PUT', path, { body: 'old' });
    const id = await initiate(path);
    await putPart(path, id, 1, bytesOf(10));
    expect((await send('DELETE', `${path}?uploadId=${id}`)).status).toBe(204);
    expect((await send('GET', path)).text).toBe('old');
  });

  it('[AbortMultipartUpload-5] knows its parameter as uploadId only', async () => {
    const path = `/${bucket}/parameter`;
    const id = await initiate(path);
    expectRefusal(await send('DELETE', `${path}?uploadid=${id}`), 400, 'InvalidArgument');
    expect((await send('GET', `${path}?uploadId=${id}`)).status).toBe(200);
  });

  it('[AbortMultipartUpload-6] knows uploads of this key and bucket only', async () => {
    const path = `/${bucket}/place`;
    const id = await initiate(path);
    const other = await newBucket();
    expectRefusal(await send('DELETE', `/${bucket}/elsewhere?uploadId=${id}`), 404, 'NoSuchUpload');
    expectRefusal(await send('DELETE', `/${other}/place?uploadId=${id}`), 404, 'NoSuchUpload');
    expect((await send('GET', `${path}?uploadId=${id}`)).status).toBe(200);
  });

  it('refuses who may not write', async () => {
    const path = `/${bucket}/guarded`;
    const id = await initiate(path);
    for (const as of ['other', 'user', 'reader', 'anonymous'] as const) {
      expectRefusal(await send('DELETE', `${path}?uploadId=${id}`, { as }), 403, 'AccessDenied');
    }
  });

  it('[DeleteBucket-4] stands in the way of a bucket that still has uploads', async () => {
    const other = await newBucket();
    const id = await initiate(`/${other}/k`);
    expectRefusal(await send('DELETE', `/${other}`), 409, 'BucketNotEmpty');
    await send('DELETE', `/${other}/k?uploadId=${id}`);
    expect((await send('DELETE', `/${other}`)).status).toBe(204);
  });
});
