import { beforeAll, describe, expect, it } from 'vitest';
import { patternBytes } from '../../support/bodies.ts';
import { shardOfKey } from '../support/index.ts';
import { type Answer, configure, expectRefusal, newBucket, send, type Wish } from '../support/wire.ts';
import { expectCipher, inspect, KEY_ID, put, SSE, secretOf, withKms } from './support.ts';

let bucket: string;
let serial = 0;

beforeAll(async () => {
  bucket = await newBucket();
});

const fresh = () => `/${bucket}/object-${serial++}`;
const same = (answer: Answer, bytes: Uint8Array) => Buffer.compare(answer.bytes, bytes) === 0;
const copy = (from: string, to: string, headers: Record<string, string> = {}, wish: Wish = {}) =>
  send('PUT', to, { headers: { 'x-oss-copy-source': from, ...headers }, ...wish });

async function expectContent(path: string, bytes: Uint8Array, algorithm: string | null, wish: Wish = {}) {
  const answer = await send('GET', path, wish);
  expect([answer.status, same(answer, bytes)]).toEqual([200, true]);
  expectCipher(answer, algorithm, algorithm === 'KMS' ? 'default' : null);
}

/** Whether a text is anywhere in what is stored of a bucket. */
async function isStored(of: string, text: string | Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { index, blobs } = await inspect(of);
  return [index, ...blobs].some((stored) => stored.includes(Buffer.from(text as string)));
}

describe('CopyObject', () => {
  it.each([0, 100, 100_000])(
    '[CopyObject-18] [Sec-47] encrypts, decrypts and keeps as the request says, whatever the source is: %i bytes',
    async (size) => {
      const own = await newBucket();
      const bytes = patternBytes(size, size + 1);
      for (const from of [null, 'AES256', 'KMS'] as const) {
        await put(`/${own}/from-${from}`, bytes, from === null ? {} : { [SSE]: from }, withKms);
        for (const to of [null, 'AES256', 'KMS'] as const) {
          const answer = await copy(`/${own}/from-${from}`, `/${own}/to`, to === null ? {} : { [SSE]: to }, withKms);
          expect(answer.status).toBe(200);
          expectCipher(answer, to, to === 'KMS' ? 'default' : null);
          await expectContent(`/${own}/to`, bytes, to, withKms);
          const head = await send('HEAD', `/${own}/to`, withKms);
          expect(head.header('etag')).toBe(answer.header('etag'));
        }
      }
      await send('DELETE', `/${own}/from-null`);
    },
  );

  it('[CopyObject-18] [Sec-47] leaves nothing plain where the copy is encrypted', async () => {
    const own = await newBucket();
    for (const text of ['plain source', 'plain source'.repeat(1_000)]) {
      await put(`/${bucket}/plain`, text);
      await copy(`/${bucket}/plain`, `/${own}/copy`, { [SSE]: 'AES256' });
      expect(await isStored(own, 'plain source')).toBe(false);
      expect((await send('GET', `/${own}/copy`)).text === text).toBe(true);
    }
  });

  it('moves no byte between copies that are encrypted alike', async () => {
    const own = await newBucket();
    await put(`/${own}/one`, patternBytes(50_000), { [SSE]: 'AES256' });
    await copy(`/${own}/one`, `/${own}/two`, { [SSE]: 'AES256' });
    expect((await inspect(own)).blobs.length).toBe(1);
    await send('DELETE', `/${own}/one`);
    await expectContent(`/${own}/two`, patternBytes(50_000), 'AES256');
  });

  it('[CopyObject-14] keeps the encryption of an object that is only edited, and changes it where that is asked for', async () => {
    for (const size of [100, 50_000]) {
      const own = await newBucket();
      const path = `/${own}/object`;
      const bytes = patternBytes(size);
      await put(path, bytes, { [SSE]: 'AES256' });
      const edit = (headers: Record<string, string>) =>
        copy(path, path, { 'x-oss-metadata-directive': 'REPLACE', ...headers }, withKms);
      expectCipher(await edit({ 'x-oss-meta-a': '1' }), 'AES256');
      expect((await send('HEAD', path)).header('x-oss-meta-a')).toBe('1');
      await expectContent(path, bytes, 'AES256', withKms);
      expectCipher(await edit({ [SSE]: 'KMS' }), 'KMS', 'default');
      await expectContent(path, bytes, 'KMS', withKms);
    }
  });

  it('brings an object under a new master key', async () => {
    for (const size of [100, 50_000]) {
      const path = fresh();
      const bytes = patternBytes(size);
      await put(path, bytes, { [SSE]: 'AES256' }, { variables: { ENCRYPTION_KEY: secretOf(5) } });
      const both = { variables: { ENCRYPTION_KEY: `${secretOf(6)},${secretOf(5)}` } };
      await copy(path, path, { [SSE]: 'AES256' }, both);
      await expectContent(path, bytes, 'AES256', { variables: { ENCRYPTION_KEY: secretOf(6) } });
    }
  });

  it('[PutBucketEncryption-9] encrypts by the default of the destination, not of the source', async () => {
    const own = await newBucket();
    await configure(own, { documents: { encryption: { algorithm: 'AES256' } } });
    await put(`/${bucket}/source`, patternBytes(9_000));
    // The copy of the configuration may be older: then the copy is made again.
    expectCipher(await copy(`/${bucket}/source`, `/${own}/copy`), 'AES256');
    await expectContent(`/${own}/copy`, patternBytes(9_000), 'AES256');
    expectCipher(await copy(`/${own}/copy`, `/${bucket}/back`), null);
    await expectContent(`/${bucket}/back`, patternBytes(9_000), null);
  });

  it('[CopyObject-E5] is refused where its encryption cannot be done', async () => {
    const path = fresh();
    await put(path, 'x');
    expectRefusal(await copy(path, fresh(), { [SSE]: 'KMS' }), 403, 'KmsServiceNotEnabled');
    expectRefusal(await copy(path, fresh(), { [SSE]: 'DES' }), 400, 'InvalidEncryptionAlgorithmError');
  });
});

describe('uploads in parts', () => {
  const large = patternBytes(150_000);
  const small = patternBytes(3_000, 3);

  async function begin(path: string, headers: Record<string, string> = {}): Promise<{ id: string; answer: Answer }> {
    const answer = await send('POST', `${path}?uploads`, { headers });
    return { id: answer.one('UploadId') ?? '', answer };
  }

  async function complete(path: string, id: string, etags: readonly string[]): Promise<Answer> {
    const parts = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
    return send('POST', `${path}?uploadId=${id}`, { body });
  }

  it('[InitiateMultipartUpload-7] [InitiateMultipartUpload-2] [Sec-47] encrypt every part, sent or copied, and say so', async () => {
    const own = await newBucket();
    const path = `/${own}/object`;
    await put(`/${own}/plain`, large);
    await put(`/${own}/sealed`, large, { [SSE]: 'AES256' });
    const { id, answer } = await begin(path, { [SSE]: 'AES256' });
    expectCipher(answer, 'AES256');
    const sent = await send('PUT', `${path}?partNumber=1&uploadId=${id}`, { body: large });
    const copied = await copy(`/${own}/plain`, `${path}?partNumber=2&uploadId=${id}`);
    const range = { 'x-oss-copy-source-range': 'bytes=10-120009' };
    const shared = await copy(`/${own}/sealed`, `${path}?partNumber=3&uploadId=${id}`, range);
    const last = await send('PUT', `${path}?partNumber=4&uploadId=${id}`, { body: small });
    for (const part of [sent, copied, shared, last]) expectCipher(part, 'AES256');
    const etags = [sent, copied, shared, last].map((part) => part.header('etag')!);
    const done = await complete(path, id, etags);
    expect(done.status).toBe(200);
    expectCipher(done, 'AES256');
    const whole = Buffer.concat([large, large, large.subarray(10, 120_010), small]);
    await expectContent(path, whole, 'AES256');
    const cut = await send('GET', path, { headers: { range: 'bytes=149990-420500' } });
    expect(same(cut, whole.subarray(149_990, 420_501))).toBe(true);
    await send('DELETE', `/${own}/plain`);
    const { blobs } = await inspect(own);
    // The plain source, whose blob waits for its deletion, and nothing else.
    expect(blobs.filter((blob) => blob.includes(Buffer.from(large.subarray(5_000, 5_032)))).length).toBe(1);
  });

  it('[InitiateMultipartUpload-7] are plain where nobody asks for more, also of an encrypted source', async () => {
    const path = fresh();
    const source = fresh();
    await put(source, large, { [SSE]: 'AES256' });
    const { id, answer } = await begin(path);
    expectCipher(answer, null);
    const part = await copy(source, `${path}?partNumber=1&uploadId=${id}`);
    expectCipher(part, null);
    expectCipher(await complete(path, id, [part.header('etag')!]), null);
    await expectContent(path, large, null);
  });

  it('[UploadPart-5] [InitiateMultipartUpload-E2] are not encrypted part by part', async () => {
    const path = fresh();
    const { id } = await begin(path);
    const answer = await send('PUT', `${path}?partNumber=1&uploadId=${id}`, {
      body: 'x',
      headers: { [SSE]: 'AES256' },
    });
    expectRefusal(answer, 400, 'InvalidArgument');
  });

  it('[InitiateMultipartUpload-E1] [InitiateMultipartUpload-E3] [PutBucketEncryption-9] begin as the request or the bucket says', async () => {
    const own = await newBucket();
    expectRefusal((await begin(`/${own}/o`, { [SSE]: 'DES' })).answer, 400, 'InvalidEncryptionAlgorithmError');
    expectRefusal((await begin(`/${own}/o`, { [SSE]: 'KMS' })).answer, 403, 'KmsServiceNotEnabled');
    await configure(own, { documents: { encryption: { algorithm: 'AES256' } } });
    const { id, answer } = await begin(`/${own}/o`);
    expectCipher(answer, 'AES256');
    await configure(own, { documents: { encryption: null } });
    const part = await send('PUT', `/${own}/o?partNumber=1&uploadId=${id}`, { body: small });
    expectCipher(await complete(`/${own}/o`, id, [part.header('etag')!]), 'AES256');
    await expectContent(`/${own}/o`, small, 'AES256');
  });
});

describe('AppendObject', () => {
  const append = (path: string, position: number, body: Uint8Array<ArrayBuffer>, headers = {}, wish: Wish = {}) =>
    send('POST', `${path}?append&position=${position}`, { body, headers, ...wish });

  it('[AppendObject-16] [Sec-47] encrypts what an encrypted object grows by, and says so with every append', async () => {
    const own = await newBucket();
    const path = `/${own}/log`;
    const pieces = [100, 200_000, 0, 5_000, 70].map((size, i) => patternBytes(size, i + 1));
    let position = 0;
    for (const [i, piece] of pieces.entries()) {
      const answer = await append(path, position, piece, i === 0 ? { [SSE]: 'AES256' } : {});
      position += piece.length;
      expect([answer.status, answer.header('x-oss-next-append-position')]).toEqual([200, String(position)]);
      expectCipher(answer, 'AES256');
    }
    await expectContent(path, Buffer.concat(pieces), 'AES256');
    for (const piece of pieces) {
      if (piece.length > 0) expect(await isStored(own, piece.subarray(piece.length - 40))).toBe(false);
    }
  });

  it('[AppendObject-16] ignores what a later append says', async () => {
    const path = fresh();
    expectCipher(await append(path, 0, patternBytes(10)), null);
    expectCipher(await append(path, 10, patternBytes(10), { [SSE]: 'AES256' }), null);
    await expectContent(path, Buffer.concat([patternBytes(10), patternBytes(10)]), null);
  });

  it('[AppendObject-16] [AppendObject-E5] [AppendObject-15] makes an object as the request says, or refuses to', async () => {
    const path = fresh();
    expectRefusal(await append(path, 0, patternBytes(10), { [SSE]: 'DES' }), 400, 'InvalidEncryptionAlgorithmError');
    expectRefusal(await append(path, 0, patternBytes(10), { [SSE]: 'KMS' }), 403, 'KmsServiceNotEnabled');
    expectRefusal(
      await append(path, 0, patternBytes(10), { [SSE]: 'KMS', [KEY_ID]: 'key-a' }, withKms),
      400,
      'InvalidArgument',
    );
    expectCipher(await append(path, 0, patternBytes(10), { [SSE]: 'KMS' }, withKms), 'KMS', 'default');
    expectCipher(await append(path, 10, patternBytes(10), {}, withKms), 'KMS', 'default');
  });

  it('[PutBucketEncryption-9] makes an object as its bucket says', async () => {
    const own = await newBucket();
    await configure(own, { documents: { encryption: { algorithm: 'AES256' } } });
    expectCipher(await append(`/${own}/small`, 0, patternBytes(500)), 'AES256');
    await send('GET', `/${own}/small`);
    expectCipher(await append(`/${own}/large`, 0, patternBytes(200_000)), 'AES256');
    expect(await isStored(own, patternBytes(500).subarray(400))).toBe(false);
    await expectContent(`/${own}/small`, patternBytes(500), 'AES256');
    await expectContent(`/${own}/large`, patternBytes(200_000), 'AES256');
  });

  it('[AppendObject-21] keeps its encryption when its metadata is edited', async () => {
    const path = fresh();
    await append(path, 0, patternBytes(10));
    expectRefusal(await copy(path, path, { [SSE]: 'AES256' }), 400, 'OperationNotSupported');
    expect((await copy(path, path, { 'x-oss-meta-a': '1' })).status).toBe(200);
    await expectContent(path, patternBytes(10), null);
  });

  it('is compacted without being decrypted for good', { timeout: 20_000 }, async () => {
    const own = await newBucket();
    const path = `/${own}/log`;
    const pieces = Array.from({ length: 40 }, (_, i) => patternBytes(1_000, i + 1));
    for (const [i, piece] of pieces.entries()) await append(path, i * 1_000, piece, i === 0 ? { [SSE]: 'AES256' } : {});
    const before = (await inspect(own)).blobs.length;
    const { stub } = await shardOfKey(own, 'log');
    await stub.compact(Date.now() + 3_600_000);
    const after = (await inspect(own)).blobs.length;
    await expectContent(path, Buffer.concat(pieces), 'AES256');
    // The new blob, beside the old ones that wait for their deletion.
    expect([before, after]).toEqual([40, 41]);
    for (const piece of pieces) expect(await isStored(own, piece.subarray(0, 40))).toBe(false);
  });
});

describe('a link', () => {
  it('[GetObject-26] [GetObject-20] leads to the plain bytes of an encrypted object', async () => {
    for (const size of [100, 50_000]) {
      const target = fresh();
      const link = fresh();
      await put(target, patternBytes(size), { [SSE]: 'AES256' });
      const headers = { 'x-oss-symlink-target': target.split('/')[2]! };
      expect((await send('PUT', `${link}?symlink`, { headers })).status).toBe(200);
      await expectContent(link, patternBytes(size), null);
    }
  });
});
