import { describe, expect, it } from 'vitest';
import { maintainThrough, shardOfKey, storedBlobs } from '../support/index.ts';
import { bytesOf } from '../support/multipart.ts';
import { callbackParameter, jsonAnswer, useReceiver } from '../support/receiver.ts';
import { type Answer, expectRefusal, newBucket, send } from '../support/wire.ts';
import { initiate } from '../worm/support.ts';

/** Multipart uploads and copies beside the features that bind every write: directories, retention, callbacks. */

const receiver = useReceiver();
const hierarchical = { headers: { 'x-oss-hns-status': 'enabled' } };

async function uploadOf(bucket: string, key: string): Promise<string> {
  const answer = await send('POST', `/${bucket}/${key}?uploads`);
  if (answer.status !== 200) throw new Error(answer.text);
  const id = answer.one('UploadId')!;
  const part = await send('PUT', `/${bucket}/${key}?partNumber=1&uploadId=${id}`, { body: 'content' });
  expect(part.status).toBe(200);
  return id;
}

function complete(bucket: string, key: string, id: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send('POST', `/${bucket}/${key}?uploadId=${id}`, { headers: { 'x-oss-complete-all': 'yes', ...headers } });
}

describe('directories', () => {
  it('[InitiateMultipartUpload-8] [CompleteMultipartUpload-15] no upload takes the place of a directory', async () => {
    const bucket = await newBucket(hierarchical);
    const id = await uploadOf(bucket, 'later');
    expect((await send('POST', `/${bucket}/later?x-oss-dir`)).status).toBe(200);
    expectRefusal(await send('POST', `/${bucket}/later?uploads`), 409, 'FileAlreadyExists');
    expectRefusal(await complete(bucket, 'later', id), 409, 'FileAlreadyExists');
    const other = await uploadOf(bucket, 'object');
    expect((await complete(bucket, 'object', other)).status).toBe(200);
    expect((await send('GET', `/${bucket}/object`)).text).toBe('content');
  });

  it('[CopyObject-10] a directory is no source of a copy', async () => {
    const bucket = await newBucket(hierarchical);
    expect((await send('POST', `/${bucket}/dir?x-oss-dir`)).status).toBe(200);
    const copy = (key: string) =>
      send('PUT', `/${bucket}/copy`, { headers: { 'x-oss-copy-source': `/${bucket}/${key}` } });
    expectRefusal(await copy('dir'), 409, 'FileAlreadyExists');
    expect((await send('PUT', `/${bucket}/file`, { body: 'x' })).status).toBe(200);
    expect((await copy('file')).status).toBe(200);
  });

  it('[CopyObject-E6] uploads and copies make the directories above them, and overwrite none', async () => {
    const bucket = await newBucket(hierarchical);
    const id = await uploadOf(bucket, 'new/sub/file');
    expect((await complete(bucket, 'new/sub/file', id)).status).toBe(200);
    const source = { headers: { 'x-oss-copy-source': `/${bucket}/new/sub/file` } };
    expect((await send('PUT', `/${bucket}/other/copy`, source)).status).toBe(200);
    expectRefusal(await send('PUT', `/${bucket}/new/sub`, source), 409, 'FileAlreadyExists');
    const keys = ['new/', 'new/sub/', 'new/sub/file', 'other/', 'other/copy'];
    expect((await send('GET', `/${bucket}`)).all('Key')).toEqual(keys);
    expectRefusal(await complete(bucket, 'a//b', await uploadOf(bucket, 'a//b')), 400, 'InvalidObjectName');
  });
});

describe('retention', () => {
  it('[CopyObject-E7] [CompleteMultipartUpload-15] [Worm-9] protected objects are not replaced by copies and uploads', async () => {
    const bucket = await newBucket();
    for (const key of ['kept', 'source']) await send('PUT', `/${bucket}/${key}`, { body: key });
    const id = await uploadOf(bucket, 'kept');
    const free = await uploadOf(bucket, 'free');
    await initiate(bucket, 1);
    const source = { headers: { 'x-oss-copy-source': `/${bucket}/source` } };
    expectRefusal(await send('PUT', `/${bucket}/kept`, source), 409, 'FileImmutable');
    expectRefusal(await complete(bucket, 'kept', id), 409, 'FileImmutable');
    expect((await send('GET', `/${bucket}/kept`)).text).toBe('kept');
    expect((await send('PUT', `/${bucket}/new`, source)).status).toBe(200);
    expect((await complete(bucket, 'free', free)).status).toBe(200);
  });

  it('[ObjCommon-29] leaves an upload that it refused as it was, and bytes that it protects', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/kept`, { body: bytesOf(9_000) });
    const id = await uploadOf(bucket, 'kept');
    await initiate(bucket, 1);
    expectRefusal(await complete(bucket, 'kept', id), 409, 'FileImmutable');
    const edit = { headers: { 'x-oss-copy-source': `/${bucket}/kept`, 'x-oss-meta-a': '1' } };
    expectRefusal(await send('PUT', `/${bucket}/kept`, edit), 409, 'FileImmutable');
    expect((await send('GET', `/${bucket}/kept?uploadId=${id}`)).all('PartNumber')).toEqual(['1']);
    const shard = await shardOfKey(bucket, 'kept');
    await maintainThrough(3, shard);
    expect(await storedBlobs(shard)).toHaveLength(2);
    expect((await send('GET', `/${bucket}/kept`)).bytes).toEqual(bytesOf(9_000));
  });
});

describe('callbacks', () => {
  it('[CompleteMultipartUpload-12] the answer of the application server takes the place of the document', async () => {
    const bucket = await newBucket();
    const headers = { 'x-oss-callback': callbackParameter({ callbackBody: 's=${size}&op=${operation}' }) };
    const done = await complete(bucket, 'called', await uploadOf(bucket, 'called'), headers);
    expect([done.status, done.text, done.header('etag')]).toEqual([
      200,
      '{"Status":"OK"}',
      expect.stringMatching(/-1"$/),
    ]);
    expect(receiver.calls.map(({ body }) => body)).toEqual(['s=7&op=CompleteMultipartUpload']);
    receiver.answer = () => jsonAnswer('{}', {}, 500);
    const failed = await complete(bucket, 'stays', await uploadOf(bucket, 'stays'), headers);
    expect([failed.status, failed.code]).toEqual([203, 'CallbackFailed']);
    expect((await send('GET', `/${bucket}/stays`)).text).toBe('content');
  });

  it('[Callback-30] nobody is called for a part or a copy', async () => {
    const bucket = await newBucket();
    const headers = { 'x-oss-callback': callbackParameter({}) };
    const id = (await send('POST', `/${bucket}/k?uploads`, { headers })).one('UploadId');
    expect((await send('PUT', `/${bucket}/k?partNumber=1&uploadId=${id}`, { headers, body: 'x' })).status).toBe(200);
    await send('PUT', `/${bucket}/s`, { body: 'x' });
    const copied = await send('PUT', `/${bucket}/c`, { headers: { ...headers, 'x-oss-copy-source': `/${bucket}/s` } });
    expect(copied.status).toBe(200);
    expect(receiver.calls).toEqual([]);
  });
});
