import { describe, expect, it } from 'vitest';
import { makeDirectory, names, newTree } from '../hns/support.ts';
import { maintainThrough, shardOfKey, storedBlobs } from '../support/index.ts';
import { bytesOf, complete, initiate, PART, partsXml, putPart } from '../support/multipart.ts';
import { callbackParameter, jsonAnswer, useReceiver } from '../support/receiver.ts';
import { type Answer, expectRefusal, newBucket, send } from '../support/wire.ts';
import { locked } from '../worm/support.ts';

/** An upload of one part, ready to be completed. */
async function begun(path: string, size = 5) {
  const id = await initiate(path);
  return { id, parts: [{ number: 1, etag: await putPart(path, id, 1, bytesOf(size)) }] };
}

function copy(to: string, from: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send('PUT', to, { headers: { 'x-oss-copy-source': from, ...headers } });
}

describe('where a retention policy protects what is there', () => {
  it('[CompleteMultipartUpload-15] [ObjCommon-29] an upload is not completed onto it, and stays as it is', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    await send('PUT', `/${bucket}/k`, { body: 'first' });
    const { id, parts } = await begun(`/${bucket}/k`);
    expectRefusal(await complete(`/${bucket}/k`, id, parts), 409, 'FileImmutable');
    expect((await send('GET', `/${bucket}/k`)).text).toBe('first');
    expect((await send('GET', `/${bucket}/k?uploadId=${id}`)).all('PartNumber')).toEqual(['1']);
    const shard = await shardOfKey(bucket, 'k');
    await maintainThrough(3, shard);
    expect(await storedBlobs(shard)).toHaveLength(1);
    const other = await begun(`/${bucket}/new`);
    expect((await complete(`/${bucket}/new`, other.id, other.parts)).status).toBe(200);
  });

  it('[CopyObject-E7] [ObjCommon-29] nothing is copied onto it, not even itself', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    await send('PUT', `/${bucket}/k`, { body: bytesOf(9_000) });
    await send('PUT', `/${bucket}/other`, { body: 'other' });
    expectRefusal(await copy(`/${bucket}/k`, `/${bucket}/other`), 409, 'FileImmutable');
    expectRefusal(await copy(`/${bucket}/k`, `/${bucket}/k`, { 'x-oss-meta-a': '1' }), 409, 'FileImmutable');
    expect((await copy(`/${bucket}/copy`, `/${bucket}/k`)).status).toBe(200);
    const shard = await shardOfKey(bucket, 'k');
    await maintainThrough(3, shard);
    expect((await send('GET', `/${bucket}/k`)).bytes).toEqual(bytesOf(9_000));
    expect((await send('GET', `/${bucket}/copy`)).bytes).toEqual(bytesOf(9_000));
  });
});

describe('in a hierarchical namespace', () => {
  it('[InitiateMultipartUpload-8] [CompleteMultipartUpload-15] [ObjCommon-2] a directory is in the way', async () => {
    const bucket = await newTree();
    const early = await begun(`/${bucket}/dir`);
    await makeDirectory(bucket, 'dir');
    expectRefusal(await send('POST', `/${bucket}/dir?uploads`), 409, 'FileAlreadyExists');
    expectRefusal(await complete(`/${bucket}/dir`, early.id, early.parts), 409, 'FileAlreadyExists');
    const inside = await begun(`/${bucket}/new/sub/file`, PART);
    expect((await complete(`/${bucket}/new/sub/file`, inside.id, inside.parts)).status).toBe(200);
    expect(await names(bucket)).toEqual(['dir/', 'new/', 'new/sub/', 'new/sub/file']);
    const bad = await begun(`/${bucket}/a//b`);
    expectRefusal(await complete(`/${bucket}/a//b`, bad.id, bad.parts), 400, 'InvalidObjectName');
  });

  it('[CopyObject-10] [CopyObject-E6] a directory is not copied, nor overwritten', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'dir');
    await send('PUT', `/${bucket}/file`, { body: 'file' });
    for (const from of ['dir', 'dir%2F']) {
      expectRefusal(await copy(`/${bucket}/copy`, `/${bucket}/${from}`), 409, 'FileAlreadyExists');
    }
    expectRefusal(await copy(`/${bucket}/dir`, `/${bucket}/file`), 409, 'FileAlreadyExists');
    expect((await copy(`/${bucket}/other/file`, `/${bucket}/file`)).status).toBe(200);
    expect((await send('GET', `/${bucket}/other/file`)).text).toBe('file');
  });
});

describe('a completion with a callback', () => {
  const receiver = useReceiver();
  const template = {
    callbackBody: 'k=${object}&e=${etag}&s=${size}&m=${mimeType}&c=${crc64}&o=${operation}&d=${contentMd5}',
  };

  it('[CompleteMultipartUpload-12] [Callback-25] tells of the whole object, and gives the receiver’s answer', async () => {
    receiver.answer = () => jsonAnswer('{"a":"b"}');
    const bucket = await newBucket();
    const path = `/${bucket}/k`;
    const id = await initiate(path, { headers: { 'content-type': 'text/x-own' } });
    const etag = await putPart(path, id, 1, bytesOf(5));
    const body = partsXml([{ number: 1, etag }]);
    const headers = { 'x-oss-callback': callbackParameter(template) };
    const answer = await send('POST', `${path}?uploadId=${id}`, { headers, body });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"a":"b"}');
    expect(answer.header('content-type')).toBe('application/json');
    const whole = answer.header('etag')!.replaceAll('"', '');
    expect(receiver.calls.map((call) => decodeURIComponent(call.body))).toEqual([
      `k=k&e=${whole}&s=5&m=text/x-own&c=${answer.header('x-oss-hash-crc64ecma')}&o=CompleteMultipartUpload&d=`,
    ]);
  });

  it('[CompleteMultipartUpload-12] [Callback-27] is complete though the callback fails', async () => {
    receiver.answer = () => jsonAnswer('{}', {}, 500);
    const bucket = await newBucket();
    const path = `/${bucket}/k`;
    const { id, parts } = await begun(path);
    const headers = { 'x-oss-callback': callbackParameter(template) };
    const answer = await complete(path, id, parts, { headers });
    expectRefusal(answer, 203, 'CallbackFailed');
    expect((await send('GET', path)).bytes).toEqual(bytesOf(5));
  });

  it('[Callback-30] is not called for a part or a copy', async () => {
    const bucket = await newBucket();
    const headers = { 'x-oss-callback': callbackParameter(template) };
    const id = await initiate(`/${bucket}/k`, { headers });
    await send('PUT', `/${bucket}/k?partNumber=1&uploadId=${id}`, { headers, body: 'x' });
    await send('PUT', `/${bucket}/s`, { body: 'x' });
    expect((await copy(`/${bucket}/c`, `/${bucket}/s`, headers)).status).toBe(200);
    expect(receiver.calls).toEqual([]);
  });
});
