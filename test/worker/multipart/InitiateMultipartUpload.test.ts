import { beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, complete, initiate, putPart } from '../support/multipart.ts';
import { configure, expectRefusal, newBucket, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

async function finish(path: string, id: string, content = bytesOf(10)): Promise<void> {
  const etag = await putPart(path, id, 1, content);
  const answer = await complete(path, id, [{ number: 1, etag }]);
  expect(answer.status, answer.text).toBe(200);
}

describe('InitiateMultipartUpload', () => {
  it('answers bucket, key and id in the documented shape', async () => {
    const answer = await send('POST', `/${bucket}/shape?uploads`);
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<InitiateMultipartUploadResult>' +
        `<Bucket>${bucket}</Bucket><Key>shape</Key><UploadId>${answer.one('UploadId')}</UploadId></InitiateMultipartUploadResult>`,
    );
  });

  it('[InitiateMultipartUpload-1] leaves an existing object alone until it is completed', async () => {
    const path = `/${bucket}/existing`;
    await send('PUT', path, { body: 'old' });
    const id = await initiate(path, { headers: { 'x-oss-meta-a': 'new' } });
    await putPart(path, id, 1, bytesOf(10));
    const before = await send('GET', path);
    expect(before.text).toBe('old');
    expect(before.header('x-oss-meta-a')).toBeNull();
    await finish(path, id);
    expect((await send('GET', path)).bytes).toEqual(bytesOf(10));
  });

  it('[InitiateMultipartUpload-2] [InitiateMultipartUpload-6] gives the object all that was said at its beginning', async () => {
    const path = `/${bucket}/described`;
    const id = await initiate(path, {
      headers: {
        'cache-control': 'no-cache',
        'content-disposition': 'attachment',
        'content-encoding': 'utf-8',
        'content-type': 'text/x-made-up',
        expires: 'whenever it suits',
        'x-oss-meta-Color': 'blue',
        'x-oss-storage-class': 'IA',
        'x-oss-object-acl': 'public-read',
        'x-oss-tagging': 'a=1&b=%20',
      },
    });
    await finish(path, id);
    const head = await send('HEAD', path);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'cache-control': 'no-cache',
      'content-disposition': 'attachment',
      'content-encoding': 'utf-8',
      'content-type': 'text/x-made-up',
      expires: 'whenever it suits',
      'x-oss-meta-color': 'blue',
      'x-oss-storage-class': 'IA',
    });
    expect((await send('GET', path, { as: 'anonymous' })).status).toBe(200);
    expect((await send('GET', `${path}?acl`)).one('Grant')).toBe('public-read');
    expect(head.header('x-oss-tagging-count')).toBe('2');
    const tags = await send('GET', `${path}?tagging`);
    expect([tags.all('Key'), tags.all('Value')]).toEqual([
      ['a', 'b'],
      ['1', ' '],
    ]);
  });

  it('[InitiateMultipartUpload-2] ignores metadata that comes with a part', async () => {
    const path = `/${bucket}/described-late`;
    const id = await initiate(path, { headers: { 'x-oss-meta-a': '1' } });
    const part = await send('PUT', `${path}?partNumber=1&uploadId=${id}`, {
      body: 'bytes',
      headers: { 'x-oss-meta-a': '2', 'x-oss-meta-b': '2', 'content-type': 'text/css' },
    });
    const done = await complete(path, id, [{ number: 1, etag: part.header('etag')!.replaceAll('"', '') }]);
    expect(done.status).toBe(200);
    const head = await send('HEAD', path);
    expect(head.header('x-oss-meta-a')).toBe('1');
    expect(head.header('x-oss-meta-b')).toBeNull();
    expect(head.header('content-type')).toBe('application/octet-stream');
  });

  it('[InitiateMultipartUpload-3] [InitiateMultipartUpload-E4] checks x-oss-forbid-overwrite now, and not where there are versions', async () => {
    const other = await newBucket();
    const path = `/${other}/k`;
    const forbid = { headers: { 'x-oss-forbid-overwrite': 'true' } };
    expect((await send('POST', `${path}?uploads`, forbid)).status).toBe(200);
    await send('PUT', path, { body: 'x' });
    expectRefusal(await send('POST', `${path}?uploads`, forbid), 409, 'FileAlreadyExists');
    expect((await send('POST', `${path}?uploads`, { headers: { 'x-oss-forbid-overwrite': 'false' } })).status).toBe(
      200,
    );
    for (const versioning of ['Enabled', 'Suspended'] as const) {
      await configure(other, { versioning });
      expect((await send('POST', `${path}?uploads`, forbid)).status, versioning).toBe(200);
    }
  });

  it('[InitiateMultipartUpload-4] runs several uploads of one key independently, with ids that nobody can guess', async () => {
    const path = `/${bucket}/several`;
    const ids = await Promise.all(Array.from({ length: 8 }, () => initiate(path)));
    expect(new Set(ids).size).toBe(8);
    for (const id of ids) expect(id).toMatch(/^[0-9A-F]{32}$/);
    await finish(path, ids[0]!, bytesOf(10, 1));
    await finish(path, ids[1]!, bytesOf(10, 2));
    expect((await send('GET', path)).bytes).toEqual(bytesOf(10, 2));
    expect((await send('GET', `${path}?uploadId=${ids[2]}`)).status).toBe(200);
  });

  it('[InitiateMultipartUpload-5] encodes the key on request, and knows no other encoding', async () => {
    const answer = await send('POST', `/${bucket}/${encodeURIComponent('a b/ü&<')}?uploads&encoding-type=url`);
    expect(answer.one('EncodingType')).toBe('url');
    expect(answer.one('Key')).toBe(encodeURIComponent('a b/ü&<'));
    const plain = await send('POST', `/${bucket}/${encodeURIComponent('a b/ü&<')}?uploads`);
    expect(plain.one('Key')).toBe('a b/ü&<');
    expect(plain.has('EncodingType')).toBe(false);
    expectRefusal(await send('POST', `/${bucket}/k?uploads&encoding-type=base64`), 400, 'InvalidArgument');
  });

  it('[InitiateMultipartUpload-9] needs leave to write the key', async () => {
    const open = await newBucket({ acl: 'public-read-write' });
    const path = `/${open}/guarded`;
    await send('PUT', path, { body: 'x', headers: { 'x-oss-object-acl': 'public-read' } });
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expectRefusal(await send('POST', `${path}?uploads`, { as }), 403, 'AccessDenied');
      expect((await send('POST', `/${open}/free?uploads`, { as })).status, as).toBe(200);
      expectRefusal(await send('POST', `/${bucket}/free?uploads`, { as }), 403, 'AccessDenied');
    }
  });

  it('[InitiateMultipartUpload-10] keeps an upload until somebody ends it', async () => {
    const path = `/${bucket}/patient`;
    const id = await initiate(path);
    expect((await send('GET', `${path}?uploadId=${id}`)).status).toBe(200);
    expect((await send('GET', `/${bucket}?stat`)).one('MultipartUploadCount')).not.toBe('0');
  });

  it('[InitiateMultipartUpload-E1] [InitiateMultipartUpload-E3] refuses encryption that there is none of', async () => {
    const sse = (value: string) => ({ headers: { 'x-oss-server-side-encryption': value } });
    expectRefusal(await send('POST', `/${bucket}/k?uploads`, sse('DES')), 400, 'InvalidEncryptionAlgorithmError');
    expectRefusal(await send('POST', `/${bucket}/k?uploads`, sse('KMS')), 403, 'KmsServiceNotEnabled');
  });

  it('[InitiateMultipartUpload-E2] refuses bad headers, and begins nothing', async () => {
    const other = await newBucket();
    for (const headers of [
      { 'x-oss-storage-class': 'Cold' },
      { 'x-oss-object-acl': 'mine' },
      { 'x-oss-forbid-overwrite': 'perhaps' },
      { 'x-oss-meta-a_b': '1' },
      { 'x-oss-meta-long': 'x'.repeat(9_000) },
    ]) {
      expectRefusal(await send('POST', `/${other}/k?uploads`, { headers }), 400, 'InvalidArgument');
    }
    expectRefusal(
      await send('POST', `/${other}/k?uploads`, { headers: { 'x-oss-tagging': 'a=<' } }),
      400,
      'InvalidTag',
    );
    expect((await send('GET', `/${other}?uploads`)).has('Upload')).toBe(false);
  });
});
