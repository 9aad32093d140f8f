import { beforeAll, describe, expect, it } from 'vitest';
import { maintainThrough, putContent, query, shardOfKey, storedBlobs } from '../support/index.ts';
import {
  bytesOf,
  complete,
  initiate,
  joined,
  md5,
  multipartEtag,
  PART,
  putPart,
  uploadParts,
} from '../support/multipart.ts';
import { type Answer, configure, expectRefusal, newBucket, send, shardedBucket } from '../support/wire.ts';

let bucket: string;
const large = bytesOf(3 * PART + 17, 5);

beforeAll(async () => {
  bucket = await newBucket();
  await send('PUT', `/${bucket}/large`, { body: large });
});

function copyPart(
  path: string,
  id: string,
  number: number | string,
  from: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return send('PUT', `${path}?partNumber=${number}&uploadId=${id}`, {
    headers: { 'x-oss-copy-source': from, ...headers },
  });
}

const range = (value: string) => ({ 'x-oss-copy-source-range': value });
const etagOf = (answer: Answer) => answer.header('etag')!.replaceAll('"', '');

describe('UploadPartCopy', () => {
  it('[UploadPartCopy-1] [UploadPartCopy-10] makes a part of an object, without a body', async () => {
    const path = `/${bucket}/whole`;
    const id = await initiate(path);
    const answer = await copyPart(path, id, 3, `/${bucket}/large`);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.header('etag')).toBe(`"${md5(large)}"`);
    expect(answer.header('content-range')).toBeNull();
    expect(answer.header('x-oss-copy-source-version-id')).toBeNull();
    expect(answer.text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<CopyPartResult>' +
        `<LastModified>${answer.one('LastModified')}</LastModified><ETag>"${md5(large)}"</ETag></CopyPartResult>`,
    );
    expect(answer.one('LastModified')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    const list = await send('GET', `${path}?uploadId=${id}`);
    expect(list.all('PartNumber')).toEqual(['3']);
    expect(list.all('Size')).toEqual([String(large.length)]);
    expect(list.all('ETag')).toEqual([`"${md5(large)}"`]);
  });

  it('[UploadPartCopy-2] [UploadPartCopy-9] copies a range, and says which', async () => {
    const path = `/${bucket}/ranges`;
    const id = await initiate(path);
    const cases = [
      { asked: `bytes=0-${PART - 1}`, from: 0, to: PART },
      { asked: `bytes=${PART}-${2 * PART + 4}`, from: PART, to: 2 * PART + 5 },
      { asked: `bytes=${2 * PART + 5}-`, from: 2 * PART + 5, to: large.length },
      { asked: 'bytes=-9', from: large.length - 9, to: large.length },
    ];
    const parts = [];
    for (const [i, { asked, from, to }] of cases.entries()) {
      const answer = await copyPart(path, id, i + 1, `/${bucket}/large`, range(asked));
      expect(answer.status, answer.text).toBe(200);
      expect(answer.header('content-range')).toBe(`bytes ${from}-${to - 1}/${large.length}`);
      expect(etagOf(answer)).toBe(md5(large.subarray(from, to)));
      parts.push({ number: i + 1, etag: etagOf(answer) });
    }
    const done = await complete(path, id, parts);
    expect(done.one('ETag')).toBe(`"${multipartEtag(parts.map(({ etag }) => etag))}"`);
    const expected = joined(large, large.subarray(-9));
    const plain = await send('PUT', `/${bucket}/ranges-plain`, { body: expected });
    expect(done.header('x-oss-hash-crc64ecma')).toBe(plain.header('x-oss-hash-crc64ecma'));
    expect((await send('GET', path)).bytes).toEqual(expected);
  });

  it.each([
    'bytes=5-1',
    'bytes=0-999999999',
    'bytes=999999999-',
    'bytes=-999999999',
    'bytes=-0',
    'bytes=a-b',
    '0-9, 20-30',
    'items=0-9',
    '',
  ])('[UploadPartCopy-2] copies all where the range is %s', async (value) => {
    const path = `/${bucket}/no-range`;
    const id = await initiate(path);
    const answer = await copyPart(path, id, 1, `/${bucket}/large`, range(value));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.header('content-range')).toBeNull();
    expect(etagOf(answer)).toBe(md5(large));
  });

  it('[UploadPartCopy-3] [UploadPartCopy-E2] [UploadPartCopy-E3] checks conditions on the source', async () => {
    const path = `/${bucket}/conditions`;
    const id = await initiate(path);
    const head = await send('HEAD', `/${bucket}/large`);
    const etag = head.header('etag')!;
    const modified = head.header('last-modified')!;
    const before = 'Mon, 11 May 2020 08:16:23 GMT';
    const when = (name: string, value: string) =>
      copyPart(path, id, 1, `/${bucket}/large`, { [`x-oss-copy-source-${name}`]: value });
    expectRefusal(await when('if-match', md5('other')), 412, 'PreconditionFailed');
    expectRefusal(await when('if-unmodified-since', before), 412, 'PreconditionFailed');
    for (const answer of [await when('if-none-match', etag), await when('if-modified-since', modified)]) {
      expect(answer.status).toBe(304);
      expect(answer.bytes.length).toBe(0);
    }
    expect((await send('GET', `${path}?uploadId=${id}`)).has('Part')).toBe(false);
    expect((await when('if-match', etag)).status).toBe(200);
    expect((await when('if-unmodified-since', modified)).status).toBe(200);
    expect((await when('if-none-match', md5('other'))).status).toBe(200);
    expect((await when('if-modified-since', before)).status).toBe(200);
  });

  it('[UploadPartCopy-4] [UploadPartCopy-E4] [UploadPartCopy-E5] copies versions, and tells markers apart', async () => {
    const versioned = await newBucket();
    await configure(versioned, { versioning: 'Enabled' });
    const from = `/${versioned}/k`;
    const one = (await send('PUT', from, { body: 'one' })).header('x-oss-version-id')!;
    const two = (await send('PUT', from, { body: 'two' })).header('x-oss-version-id')!;
    const path = `/${versioned}/up`;
    const id = await initiate(path);
    const current = await copyPart(path, id, 1, from);
    expect(current.header('x-oss-copy-source-version-id')).toBe(two);
    expect(current.header('x-oss-version-id')).toBeNull();
    expect(etagOf(current)).toBe(md5('two'));
    const older = await copyPart(path, id, 1, `${from}?versionId=${one}`);
    expect(older.header('x-oss-copy-source-version-id')).toBe(one);
    expect(etagOf(older)).toBe(md5('one'));
    const marker = (await send('DELETE', from)).header('x-oss-version-id')!;
    expectRefusal(await copyPart(path, id, 1, from), 404, 'NoSuchKey');
    const named = await copyPart(path, id, 1, `${from}?versionId=${marker}`);
    expectRefusal(named, 400, 'InvalidArgument');
    expect([named.one('ArgumentName'), named.one('ArgumentValue')]).toEqual(['versionId', marker]);
    expectRefusal(await copyPart(path, id, 1, `/${versioned}/never`), 404, 'NoSuchKey');
    const unknown = `CAEQ${'0'.repeat(60)}`;
    expectRefusal(await copyPart(path, id, 1, `${from}?versionId=${unknown}`), 404, 'NoSuchVersion');
  });

  it('[UploadPartCopy-5] [UploadPartCopy-E1] refuses an archived source that is not restored', async () => {
    const path = `/${bucket}/from-archive`;
    const id = await initiate(path);
    for (const storageClass of ['Archive', 'ColdArchive', 'DeepColdArchive']) {
      const headers = { 'x-oss-storage-class': storageClass };
      await send('PUT', `/${bucket}/archived`, { body: 'frozen', headers });
      expectRefusal(await copyPart(path, id, 1, `/${bucket}/archived`), 400, 'OperationNotSupported');
    }
    const restored = JSON.stringify({ requested: 0, ready: 0, expires: Date.now() + 1e9, tier: 'Standard' });
    const shard = await shardOfKey(bucket, 'archived');
    await query(shard, "UPDATE version SET restore = ? WHERE key = 'archived' RETURNING 1", restored);
    expect((await copyPart(path, id, 1, `/${bucket}/archived`)).status).toBe(200);
  });

  it('[UploadPartCopy-6] [UploadPartCopy-11] refuses appendable objects and links', async () => {
    const path = `/${bucket}/kinds`;
    const id = await initiate(path);
    await putContent(bucket, 'log', { kind: 'Appendable', size: 3, inline: bytesOf(3) });
    await putContent(bucket, 'link', { kind: 'Symlink', link: 'large' });
    expectRefusal(await copyPart(path, id, 1, `/${bucket}/log`), 400, 'OperationNotSupported');
    expectRefusal(await copyPart(path, id, 1, `/${bucket}/link`), 400, 'OperationNotSupported');
    // The same of those that the operations make.
    await send('POST', `/${bucket}/appended?append&position=0`, { body: 'abc' });
    await send('PUT', `/${bucket}/linked?symlink`, { headers: { 'x-oss-symlink-target': 'large' } });
    expectRefusal(await copyPart(path, id, 1, `/${bucket}/appended`), 400, 'OperationNotSupported');
    expectRefusal(await copyPart(path, id, 1, `/${bucket}/linked`), 400, 'OperationNotSupported');
    expect((await send('GET', `${path}?uploadId=${id}`)).has('Part')).toBe(false);
  });

  it('[UploadPartCopy-8] takes any size, and leaves small ones to the completion', async () => {
    const path = `/${bucket}/small`;
    const id = await initiate(path);
    await send('PUT', `/${bucket}/empty`, { body: '' });
    await send('PUT', `/${bucket}/inline`, { body: bytesOf(1_000) });
    const parts = [];
    for (const [i, from] of ['empty', 'inline', 'large'].entries()) {
      const answer = await copyPart(path, id, i + 1, `/${bucket}/${from}`);
      expect(answer.status, answer.text).toBe(200);
      parts.push({ number: i + 1, etag: etagOf(answer) });
    }
    expect(parts.map(({ etag }) => etag)).toEqual([md5(''), md5(bytesOf(1_000)), md5(large)]);
    expectRefusal(await complete(path, id, parts), 400, 'EntityTooSmall');
    const ranged = await copyPart(path, id, 9, `/${bucket}/inline`, range('bytes=10-19'));
    expect(etagOf(ranged)).toBe(md5(bytesOf(1_000).subarray(10, 20)));
    const last = [parts[2]!, { number: 9, etag: etagOf(ranged) }];
    expect((await complete(path, id, last)).status).toBe(200);
    expect((await send('GET', path)).bytes).toEqual(joined(large, bytesOf(1_000).subarray(10, 20)));
  });

  it('[UploadPartCopy-11] checks number and upload as UploadPart does', async () => {
    const path = `/${bucket}/checks`;
    const id = await initiate(path);
    expectRefusal(await copyPart(path, id, 0, `/${bucket}/large`), 400, 'InvalidArgument');
    expectRefusal(await copyPart(path, id, 10_001, `/${bucket}/large`), 400, 'InvalidArgument');
    const unknown = await copyPart(path, 'C'.repeat(32), 1, `/${bucket}/large`);
    expectRefusal(unknown, 404, 'NoSuchUpload');
    expect(unknown.one('EC')).toBe('0042-00000311');
    expectRefusal(await copyPart(path, id, 1, '/no-such-bucket-to-copy-from/k'), 404, 'NoSuchBucket');
    expectRefusal(await copyPart(path, id, 1, 'nonsense'), 400, 'InvalidArgument');
    const sse = { 'x-oss-server-side-encryption': 'AES256' };
    expectRefusal(await copyPart(path, id, 1, `/${bucket}/large`, sse), 400, 'InvalidArgument');
  });

  it('[UploadPartCopy-7] copies from any shard of any bucket, and keeps what the source gives up', async () => {
    const [from, to] = await Promise.all([shardedBucket(4), shardedBucket(4)]);
    const path = `/${to}/k`;
    const id = await initiate(path);
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const parts = [];
    for (const [i, key] of keys.entries()) {
      await send('PUT', `/${from}/${key}`, { body: bytesOf(2 * PART, i + 1) });
      const answer = await copyPart(path, id, i + 1, `/${from}/${key}`, range(`bytes=10-${PART + 9}`));
      expect(answer.status, answer.text).toBe(200);
      parts.push({ number: i + 1, etag: etagOf(answer) });
      await send('DELETE', `/${from}/${key}`);
    }
    expect((await complete(path, id, parts)).status).toBe(200);
    const expected = joined(...keys.map((_, i) => bytesOf(2 * PART, i + 1).subarray(10, PART + 10)));
    expect((await send('GET', path)).bytes).toEqual(expected);
  });

  it('writes a range over many segments anew, as one blob', async () => {
    const contents = Array.from({ length: 5 }, (_, i) => bytesOf(PART, i + 1));
    await uploadParts(`/${bucket}/pieces`, contents);
    const whole = joined(...contents);
    const path = `/${bucket}/from-pieces`;
    const id = await initiate(path);
    const over = await copyPart(path, id, 1, `/${bucket}/pieces`, range(`bytes=5-${4 * PART + 4}`));
    expect(etagOf(over)).toBe(md5(whole.subarray(5, 4 * PART + 5)));
    const within = await copyPart(path, id, 2, `/${bucket}/pieces`, range(`bytes=${PART - 5}-${2 * PART - 1}`));
    expect(etagOf(within)).toBe(md5(whole.subarray(PART - 5, 2 * PART)));
    const shard = await shardOfKey(bucket, 'from-pieces');
    const rows = await query<{ segments: string }>(
      shard,
      'SELECT segments FROM part WHERE upload = (SELECT id FROM upload WHERE upload = ?) ORDER BY number',
      id,
    );
    expect(rows.map(({ segments }) => JSON.parse(segments).length)).toEqual([1, 2]);
    const parts = [over, within].map((answer, i) => ({ number: i + 1, etag: etagOf(answer) }));
    const done = await complete(path, id, parts);
    const expected = joined(whole.subarray(5, 4 * PART + 5), whole.subarray(PART - 5, 2 * PART));
    expect((await send('GET', path)).bytes).toEqual(expected);
    const plain = await send('PUT', `/${bucket}/from-pieces-plain`, { body: expected });
    expect(done.header('x-oss-hash-crc64ecma')).toBe(plain.header('x-oss-hash-crc64ecma'));
  });

  it('leaves nothing of a part whose upload was aborted meanwhile', async () => {
    const other = await newBucket();
    await uploadParts(
      `/${other}/pieces`,
      Array.from({ length: 4 }, (_, i) => bytesOf(PART, i + 1)),
    );
    const path = `/${other}/k`;
    const id = await initiate(path);
    await putPart(path, id, 7, bytesOf(10));
    const [copied] = await Promise.all([
      copyPart(path, id, 1, `/${other}/pieces`),
      send('DELETE', `${path}?uploadId=${id}`),
    ]);
    expect([200, 404]).toContain(copied.status);
    const shard = await shardOfKey(other, 'k');
    await expect
      .poll(async () => {
        await maintainThrough(3, shard);
        return (await storedBlobs(shard)).length;
      })
      .toBe(4);
    expect(await query(shard, 'SELECT count(*) AS n FROM part')).toEqual([{ n: 0 }]);
  });
});
