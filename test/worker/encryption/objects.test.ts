import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { patternBytes } from '../../support/bodies.ts';
import { crc64 } from '../../support/crc64.ts';
import { type Answer, configOf, configure, expectRefusal, newBucket, send } from '../support/wire.ts';
import { expectCipher, inspect, KEY_ID, KMS_KEYS, put, SSE, secretOf, withKms } from './support.ts';

let bucket: string;
let serial = 0;

beforeAll(async () => {
  bucket = await newBucket();
});

const fresh = () => `/${bucket}/object-${serial++}`;

async function expectAbsent(path: string): Promise<void> {
  expectRefusal(await send('GET', path), 404, 'NoSuchKey');
}

const same = (answer: Answer, bytes: Uint8Array) => Buffer.compare(answer.bytes, bytes) === 0;

describe('encrypted objects', () => {
  it.each([0, 1, 4_096, 4_097, 65_536, 65_537, 200_000, 700_000])(
    '[ObjCommon-32] [PutObject-13] [GetObject-26] [HeadObject-10] are kept with %i bytes, and told on PUT, GET and HEAD',
    async (size) => {
      const path = fresh();
      const bytes = patternBytes(size, size);
      const written = await put(path, bytes, { [SSE]: 'AES256' });
      expect(written.status).toBe(200);
      expectCipher(written, 'AES256');
      const md5 = createHash('md5').update(bytes).digest();
      expect(written.header('etag')).toBe(`"${md5.toString('hex').toUpperCase()}"`);
      expect(written.header('x-oss-hash-crc64ecma')).toBe(crc64(bytes));
      const read = await send('GET', path);
      expect([read.status, same(read, bytes), read.header('content-length')]).toEqual([200, true, String(size)]);
      expectCipher(read, 'AES256');
      expect(read.header('etag')).toBe(written.header('etag'));
      const head = await send('HEAD', path);
      expect(head.header('content-length')).toBe(String(size));
      expectCipher(head, 'AES256');
    },
  );

  it('[GetObject-26] are read in ranges as if they were plain', async () => {
    for (const size of [3_000, 200_000]) {
      const path = fresh();
      const bytes = patternBytes(size);
      await put(path, bytes, { [SSE]: 'AES256' });
      for (const [from, to] of [
        [0, 0],
        [5, 17],
        [size - 10, size - 1],
        [65_530, 65_541],
        [1, size - 1],
      ] as const) {
        if (to >= size) continue;
        const answer = await send('GET', path, { headers: { range: `bytes=${from}-${to}` } });
        expect(answer.status).toBe(206);
        expect(answer.header('content-range')).toBe(`bytes ${from}-${to}/${size}`);
        expect(answer.header('content-length')).toBe(String(to - from + 1));
        expect(same(answer, bytes.subarray(from, to + 1))).toBe(true);
        expectCipher(answer, 'AES256');
      }
    }
  });

  it('are compressed on the way where a client wants that', async () => {
    for (const size of [2_000, 300_000]) {
      const path = fresh();
      const text = 'compress me '.repeat(size / 12);
      await put(path, text, { [SSE]: 'AES256', 'content-type': 'text/plain' });
      const answer = await send('GET', path, { headers: { 'accept-encoding': 'gzip' } });
      expect(answer.header('content-encoding')).toBe('gzip');
      // Unpacked by `fetch`.
      expect(answer.text === text).toBe(true);
    }
  });

  it('are taken with a Content-MD5 of the plain body, and refused with a wrong one', async () => {
    for (const size of [100, 100_000, 800_000]) {
      const path = fresh();
      const bytes = patternBytes(size);
      const right = createHash('md5').update(bytes).digest('base64');
      const wrong = createHash('md5').update('else').digest('base64');
      expectRefusal(await put(path, bytes, { [SSE]: 'AES256', 'content-md5': wrong }), 400, 'InvalidDigest');
      await expectAbsent(path);
      expect((await put(path, bytes, { [SSE]: 'AES256', 'content-md5': right })).status).toBe(200);
    }
  });

  it('become plain by a plain overwrite, and the other way round', async () => {
    const path = fresh();
    for (const algorithm of ['AES256', null, 'AES256'] as const) {
      await put(path, `as ${algorithm}`, algorithm === null ? {} : { [SSE]: algorithm });
      const answer = await send('GET', path);
      expect(answer.text).toBe(`as ${algorithm}`);
      expectCipher(answer, algorithm);
    }
  });
});

describe('[Sec-47] an inspection of what is stored', () => {
  const marker = 'the plain text that must not be found';
  const bodies = { inline: marker, blob: `${marker}\n`.repeat(2_000), streamed: `${marker}\n`.repeat(20_000) };

  it.each(Object.entries(bodies))('finds the plain text of an object that is not encrypted: %s', async (kind, body) => {
    const own = await newBucket();
    await put(`/${own}/plain`, body);
    const { index, blobs } = await inspect(own);
    expect(index.includes('plain')).toBe(true);
    expect([index.includes(marker), blobs.some((blob) => blob.includes(marker))]).toEqual([
      kind === 'inline',
      kind !== 'inline',
    ]);
  });

  it.each(Object.entries(bodies))('finds none of an encrypted one: %s', async (kind, body) => {
    const own = await newBucket();
    expect((await put(`/${own}/sealed`, body, { [SSE]: 'AES256' })).status).toBe(200);
    const { index, blobs } = await inspect(own);
    expect(index.includes('sealed')).toBe(true);
    expect(blobs.length).toBe(kind === 'inline' ? 0 : 1);
    for (const stored of [index, ...blobs]) {
      for (let at = 0; at < marker.length; at += 8) expect(stored.includes(marker.slice(at, at + 8))).toBe(false);
    }
    // Nor what would open it.
    const secret = Buffer.from((env as unknown as { ENCRYPTION_KEY: string }).ENCRYPTION_KEY, 'base64');
    for (const stored of [index, ...blobs]) expect(stored.includes(secret)).toBe(false);
    expect((await send('GET', `/${own}/sealed`)).text === body).toBe(true);
  });

  it('and a change of it is answered with an error, not with other bytes', async () => {
    const own = await newBucket();
    await put(`/${own}/one`, 'a'.repeat(10_000), { [SSE]: 'AES256' });
    await put(`/${own}/two`, 'b'.repeat(10_000), { [SSE]: 'AES256' });
    const { id } = await configOf(own);
    const [one, two] = (await env.BLOBS.list({ prefix: id })).objects.map(({ key }) => key);
    const raw = await (await env.BLOBS.get(one!))!.arrayBuffer();
    await env.BLOBS.put(one!, await (await env.BLOBS.get(two!))!.arrayBuffer());
    await env.BLOBS.put(two!, raw);
    for (const key of ['one', 'two']) expectRefusal(await send('GET', `/${own}/${key}`), 500, 'InternalError');
  });
});

describe('encryption that cannot be done', () => {
  it('[ObjCommon-32] [PutObject-E2] is refused by another name of an algorithm', async () => {
    const path = fresh();
    for (const algorithm of ['AES128', 'aes256', 'SM4', 'none', ' ']) {
      expectRefusal(await put(path, 'x', { [SSE]: algorithm }), 400, 'InvalidEncryptionAlgorithmError');
    }
    await expectAbsent(path);
  });

  it('[ObjCommon-32] [PutObject-E9] is refused without KMS keys', async () => {
    const path = fresh();
    expectRefusal(await put(path, 'x', { [SSE]: 'KMS' }), 403, 'KmsServiceNotEnabled');
    expectRefusal(await put(path, 'x', { [SSE]: 'KMS', [KEY_ID]: 'key-a' }), 403, 'KmsServiceNotEnabled');
    await expectAbsent(path);
  });

  it('[ObjCommon-32] is refused with a key id where KMS is not meant', async () => {
    const path = fresh();
    for (const headers of [{ [KEY_ID]: 'key-a' }, { [SSE]: 'AES256', [KEY_ID]: 'key-a' }]) {
      const answer = await put(path, 'x', headers, withKms);
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe(KEY_ID);
    }
    await expectAbsent(path);
  });

  it('is refused for data by another algorithm', async () => {
    const path = fresh();
    for (const algorithm of ['SM4', 'AES256']) {
      const headers = { [SSE]: 'KMS', 'x-oss-server-side-data-encryption': algorithm };
      expectRefusal(await put(path, 'x', headers, withKms), 400, 'InvalidDataEncryptionAlgorithmError');
    }
    await expectAbsent(path);
  });

  it('[Sec-47] is refused by a gateway without a key, and nothing is stored', async () => {
    const own = await newBucket();
    const without = { variables: { ENCRYPTION_KEY: undefined } };
    const answer = await put(`/${own}/object`, 'in the clear?'.repeat(1_000), { [SSE]: 'AES256' }, without);
    expectRefusal(answer, 400, 'NotImplemented');
    expect(answer.one('Header')).toBe(SSE);
    const { index, blobs } = await inspect(own);
    expect([index.includes('in the clear?'), blobs.length]).toEqual([false, 0]);
    expect((await put(`/${own}/object`, 'plain', {}, without)).status).toBe(200);
  });

  it.each([
    ['ENCRYPTION_KEY', { ENCRYPTION_KEY: 'c2hvcnQ=' }],
    ['ENCRYPTION_KEY', { ENCRYPTION_KEY: `${secretOf(1)},x` }],
    ['KMS_KEYS', { KMS_KEYS: '{' }],
    ['KMS_KEYS', { KMS_KEYS: '[]' }],
    ['KMS_KEYS', { KMS_KEYS: JSON.stringify({ default: 'x' }) }],
    ['KMS_KEYS', { KMS_KEYS: JSON.stringify({ default: '' }) }],
    ['KMS_KEYS', { KMS_KEYS: JSON.stringify({ 'key-a': secretOf(1) }) }],
    ['KMS_KEYS', { KMS_KEYS: JSON.stringify({ default: secretOf(1), 'a b': secretOf(1) }) }],
  ])('is not begun with a key that is none, which the gateway names: %s', async (name, variables) => {
    const answer = await send('GET', `/${bucket}`, { variables });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain(name);
    expect(answer.text).not.toContain(secretOf(1));
  });
});

describe('KMS keys', () => {
  it('[ObjCommon-32] [HeadObject-10] encrypt by the key that the request names, and are named by every answer', async () => {
    for (const [keyId, size] of [
      ['key-a', 100],
      ['default', 10_000],
    ] as const) {
      const path = fresh();
      const bytes = patternBytes(size);
      const headers = { [SSE]: 'KMS', ...(keyId === 'default' ? {} : { [KEY_ID]: keyId }) };
      const written = await put(path, bytes, headers, withKms);
      expect(written.status).toBe(200);
      for (const answer of [written, await send('GET', path, withKms), await send('HEAD', path, withKms)])
        expectCipher(answer, 'KMS', keyId);
      expect(same(await send('GET', path, withKms), bytes)).toBe(true);
      // Only that key opens it.
      const { [keyId]: _, ...others } = JSON.parse(KMS_KEYS) as Record<string, string>;
      const variables = { KMS_KEYS: JSON.stringify({ default: secretOf(9), ...others }) };
      expectRefusal(await send('GET', path, { variables }), 403, 'InvalidObjectState');
    }
  });

  it('that do not exist are refused', async () => {
    const path = fresh();
    const answer = await put(path, 'x', { [SSE]: 'KMS', [KEY_ID]: 'key-z' }, withKms);
    expectRefusal(answer, 400, 'InvalidArgument');
    expect(answer.one('ArgumentName')).toBe(KEY_ID);
    await expectAbsent(path);
  });
});

describe('a rotated key', () => {
  it('still opens what it encrypted, and encrypts nothing more', async () => {
    const [old, path, inline] = [{ ENCRYPTION_KEY: secretOf(3) }, fresh(), fresh()];
    const [both, next] = [{ ENCRYPTION_KEY: `${secretOf(4)},${secretOf(3)}` }, { ENCRYPTION_KEY: secretOf(4) }];
    const text = 'older'.repeat(2_000);
    await put(path, text, { [SSE]: 'AES256' }, { variables: old });
    await put(inline, 'older', { [SSE]: 'AES256' }, { variables: old });
    expect((await send('GET', path, { variables: both })).text === text).toBe(true);
    expect((await send('GET', inline, { variables: both })).text).toBe('older');
    expectRefusal(await send('GET', path, { variables: next }), 403, 'InvalidObjectState');
    await put(inline, 'newer', { [SSE]: 'AES256' }, { variables: both });
    expect((await send('GET', inline, { variables: next })).text).toBe('newer');
    expectRefusal(await send('GET', inline, { variables: old }), 403, 'InvalidObjectState');
  });

  it('[Sec-47] may go once every object that needs it is copied onto itself', async () => {
    const [old, both, next] = [secretOf(5), `${secretOf(6)},${secretOf(5)}`, secretOf(6)].map((key) => ({
      ENCRYPTION_KEY: key,
    }));
    for (const text of ['older', 'older'.repeat(2_000)]) {
      const path = fresh();
      await put(path, text, { [SSE]: 'AES256', 'x-oss-meta-a': 'b', 'x-oss-tagging': 'a=b' }, { variables: old! });
      const headers = { 'x-oss-copy-source': path, [SSE]: 'AES256' };
      expect((await send('PUT', path, { headers, variables: both! })).status).toBe(200);
      const read = await send('GET', path, { variables: next! });
      expect([read.status, read.text === text, read.header('x-oss-meta-a')]).toEqual([200, true, 'b']);
      expect((await send('GET', `${path}?tagging`, { variables: next! })).one('Value')).toBe('b');
    }
  });

  it('[Sec-47] that is gone makes every use of the content a clear refusal, and nothing else', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const [old, next] = [{ ENCRYPTION_KEY: secretOf(7) }, { ENCRYPTION_KEY: secretOf(8) }];
    for (const text of ['older', 'older'.repeat(2_000)]) {
      const path = fresh();
      await put(path, text, { [SSE]: 'AES256' }, { variables: old });
      for (const wish of [{}, { headers: { range: 'bytes=1-2' } }]) {
        const refused = await send('GET', path, { ...wish, variables: next });
        expectRefusal(refused, 403, 'InvalidObjectState');
        expect(refused.one('Message')).toContain('encrypted with a key');
      }
      const copy = { headers: { 'x-oss-copy-source': path, [SSE]: 'AES256' }, variables: next };
      expectRefusal(await send('PUT', fresh(), copy), 403, 'InvalidObjectState');
      expectRefusal(await send('PUT', path, copy), 403, 'InvalidObjectState');
      const begun = await send('POST', `${path}-part?uploads`, { variables: next });
      const part = `${path}-part?uploadId=${begun.one('UploadId')}&partNumber=1`;
      const partCopy = { headers: { 'x-oss-copy-source': path }, variables: next };
      expectRefusal(await send('PUT', part, partCopy), 403, 'InvalidObjectState');
      expect((await send('HEAD', path, { variables: next })).header('content-length')).toBe(String(text.length));
      expect((await send('GET', path, { variables: old })).text === text).toBe(true);
      // It can be replaced and deleted like any other.
      expect((await put(path, 'newer', { [SSE]: 'AES256' }, { variables: next })).status).toBe(200);
      expect((await send('GET', path, { variables: next })).text).toBe('newer');
      expect((await send('DELETE', path, { variables: next })).status).toBe(204);
    }
    const lines = logged.mock.calls.map(([line]) => String(line));
    expect(lines.some((line) => line.includes('"encryption-key-missing"'))).toBe(true);
    expect(lines.filter((line) => line.includes('"internal-error"'))).toEqual([]);
    for (const secret of [secretOf(7), secretOf(8)]) expect(lines.join()).not.toContain(secret);
    logged.mockRestore();
  });

  it('[Sec-47] that only the end of an object needs is missed before its first byte', async () => {
    const [old, next] = [{ ENCRYPTION_KEY: secretOf(7) }, { ENCRYPTION_KEY: `${secretOf(8)},${secretOf(7)}` }];
    const path = fresh();
    const id = (await send('POST', `${path}?uploads`, { headers: { [SSE]: 'AES256' }, variables: old })).one(
      'UploadId',
    );
    const etags: string[] = [];
    for (const [i, variables] of [next, old].entries()) {
      const part = await put(`${path}?uploadId=${id}&partNumber=${i + 1}`, 'x'.repeat(102_400), {}, { variables });
      etags.push(part.header('etag')!);
    }
    const parts = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join('');
    const body = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
    expect((await send('POST', `${path}?uploadId=${id}`, { body, variables: next })).status).toBe(200);
    expect((await send('GET', path, { variables: next })).bytes.length).toBe(204_800);
    const newer = { ENCRYPTION_KEY: secretOf(8) };
    expectRefusal(await send('GET', path, { variables: newer }), 403, 'InvalidObjectState');
  });
});

describe('the default of a bucket', () => {
  it('[PutObject-13] [PutBucketEncryption-8] [DeleteBucketEncryption-3] encrypts what comes later, as long as it stands', async () => {
    const own = await newBucket();
    await put(`/${own}/before`, 'x');
    await configure(own, { documents: { encryption: { algorithm: 'AES256' } } });
    await send('GET', `/${own}/before`);
    const written = await put(`/${own}/during`, 'x');
    expectCipher(written, 'AES256');
    await configure(own, { documents: { encryption: null } });
    await send('GET', `/${own}/before`);
    expectCipher(await put(`/${own}/after`, 'x'), null);
    for (const [key, algorithm] of [
      ['before', null],
      ['during', 'AES256'],
      ['after', null],
    ] as const) {
      const read = await send('GET', `/${own}/${key}`);
      expect(read.text).toBe('x');
      expectCipher(read, algorithm);
    }
  });

  it('[PutBucketEncryption-8] [PutBucketEncryption-4] yields to what the request says', async () => {
    const own = await newBucket();
    await configure(own, { documents: { encryption: { algorithm: 'KMS', keyId: 'key-a' } } });
    await send('GET', `/${own}`, withKms);
    expectCipher(await put(`/${own}/default`, 'x', {}, withKms), 'KMS', 'key-a');
    expectCipher(await put(`/${own}/named`, 'x', { [SSE]: 'KMS' }, withKms), 'KMS', 'default');
    expectCipher(await put(`/${own}/other`, 'x', { [SSE]: 'AES256' }, withKms), 'AES256');
  });

  it('[Sec-47] that cannot be honoured refuses every object that does not say otherwise', async () => {
    const own = await newBucket();
    for (const [encryption, status, code] of [
      [{ algorithm: 'KMS', keyId: 'key-z' }, 400, 'InvalidArgument'],
      [{ algorithm: 'KMS', dataAlgorithm: 'SM4' }, 400, 'InvalidDataEncryptionAlgorithmError'],
    ] as const) {
      await configure(own, { documents: { encryption } });
      await send('GET', `/${own}`, withKms);
      expectRefusal(await put(`/${own}/object`, 'x', {}, withKms), status, code);
    }
    expectRefusal(await send('GET', `/${own}/object`, withKms), 404, 'NoSuchKey');
    expect((await put(`/${own}/object`, 'x', { [SSE]: 'AES256' }, withKms)).status).toBe(200);
  });

  it('[Sec-47] that was set before the request began is not missed because a copy of the configuration is older', async () => {
    for (const body of ['plain text', 'plain text'.repeat(1_000)]) {
      const own = await newBucket();
      expectCipher(await put(`/${own}/warm`, 'x'), null);
      await configure(own, { documents: { encryption: { algorithm: 'AES256' } } });
      const first = await put(`/${own}/object`, body);
      expectRefusal(first, 503, 'ServiceUnavailable');
      expect(first.header('retry-after')).toBe('1');
      expectRefusal(await send('GET', `/${own}/object`), 404, 'NoSuchKey');
      expectCipher(await put(`/${own}/object`, body), 'AES256');
      const { index, blobs } = await inspect(own);
      for (const stored of [index, ...blobs]) expect(stored.includes('plain text')).toBe(false);
    }
  });
});
