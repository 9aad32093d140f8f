import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formBytes } from '../../support/form.ts';
import { parts, post } from '../support/form.ts';
import { configure, expectRefusal, newBucket, send, shardedBucket } from '../support/wire.ts';
import { initiate } from '../worm/support.ts';

const md5 = (data: string | Uint8Array) => createHash('md5').update(data).digest();

describe('PostObject', () => {
  it('[ObjCommon-36] stores the file, and answers 204 with what it is', async () => {
    const bucket = await newBucket();
    const answer = await post(bucket, {
      fields: { key: 'dir/测 a.txt' },
      file: { value: 'hello', type: 'text/plain' },
    });
    expect(answer.status).toBe(204);
    expect(answer.bytes).toHaveLength(0);
    expect(answer.header('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    expect(answer.header('content-md5')).toBe('XUFAKrxLKna5cZ2REBfFkg==');
    expect(answer.header('x-oss-hash-crc64ecma')).toBe('11177612005948864433');
    expect(answer.header('x-oss-version-id')).toBeNull();
    const got = await send('GET', `/${bucket}/dir/${encodeURIComponent('测 a.txt')}`);
    expect(got.text).toBe('hello');
    expect(got.header('content-type')).toBe('text/plain');
    expect(got.header('x-oss-object-type')).toBe('Normal');
    expect(got.header('etag')).toBe(answer.header('etag'));
  });

  it.each(['V1', 'V2', 'V4'] as const)('takes a form signed by %s', async (scheme) => {
    const bucket = await newBucket();
    expect((await post(bucket, { scheme })).status).toBe(204);
    expect((await send('GET', `/${bucket}/a.txt`)).text).toBe('hello');
  });

  it('is found by path with and without a slash, and by host', async () => {
    const bucket = await newBucket();
    const status = { success_action_status: '201' };
    const at = (path: string, key: string, host?: string) =>
      post(bucket, { path, fields: { key, ...status }, ...(host === undefined ? {} : { host }) });
    expect((await at(`/${bucket}`, 'a b')).one('Location')).toBe(`http://localhost/${bucket}/a%20b`);
    expect((await at(`/${bucket}/`, 'b')).one('Location')).toBe(`http://localhost/${bucket}/b`);
    const virtual = await at('/', 'c/d', `${bucket}.localhost`);
    expect(virtual.one('Location')).toBe(`http://${bucket}.localhost/c/d`);
    for (const key of ['a%20b', 'b', 'c/d']) expect((await send('GET', `/${bucket}/${key}`)).text).toBe('hello');
    expectRefusal(await post('no-such-bucket-at-all'), 404, 'NoSuchBucket');
  });

  it('takes an empty file, and one that is kept in R2', async () => {
    const bucket = await newBucket();
    const long = new Uint8Array(3 * 1024 * 1024 + 7).map((_, i) => (i * i) >> 7);
    for (const file of [new Uint8Array(0), long.subarray(0, 200_000), long]) {
      const answer = await post(bucket, { file });
      expect(answer.header('content-md5')).toBe(md5(file).toString('base64'));
      const got = await send('GET', `/${bucket}/a.txt`);
      expect(md5(got.bytes).equals(md5(file))).toBe(true);
      expect(got.header('content-length')).toBe(String(file.length));
    }
  });

  it('keeps metadata and headers from its fields, in any case of their names', async () => {
    const bucket = await newBucket();
    const fields = {
      key: 'a.txt',
      'CACHE-CONTROL': 'no-store',
      'content-disposition': 'attachment; filename="测.txt"',
      'Content-Encoding': 'identity',
      'Content-Language': 'zh-CN',
      Expires: 'whenever',
      'X-Oss-Meta-Title': ' 测试 value ',
      'x-oss-meta-empty': '',
      'x-oss-persistent-headers': 'x-other:YQ==',
      'x-oss-tagging': 'a=b',
      submit: 'Upload',
    };
    expect((await post(bucket, { fields, headers: { 'x-oss-meta-header': 'ignored' } })).status).toBe(204);
    const head = await send('HEAD', `/${bucket}/a.txt`);
    expect(head.header('cache-control')).toBe('no-store');
    expect(head.header('content-disposition')).toBe('attachment; filename="测.txt"');
    expect(head.header('content-encoding')).toBe('identity');
    expect(head.header('content-language')).toBe('zh-CN');
    expect(head.header('expires')).toBe('whenever');
    expect(head.header('x-oss-meta-title')).toBe('测试 value');
    expect(head.header('x-oss-meta-empty')).toBe('');
    for (const name of ['x-oss-meta-header', 'x-other', 'x-oss-tagging-count']) expect(head.header(name)).toBeNull();
  });

  it('stores the type of x-oss-content-type, of the file, of the form, or none', async () => {
    const bucket = await newBucket();
    const typeOf = async (fields: Record<string, string>, type?: string) => {
      await post(bucket, {
        fields: { key: 'a', ...fields },
        file: type === undefined ? {} : { type },
      });
      return (await send('HEAD', `/${bucket}/a`)).header('content-type');
    };
    const form = { 'Content-Type': 'text/form' };
    expect(await typeOf({ ...form, 'x-oss-content-type': 'text/oss' }, 'text/file')).toBe('text/oss');
    expect(await typeOf(form, 'text/file')).toBe('text/file');
    expect(await typeOf(form)).toBe('text/form');
    expect(await typeOf({})).toBe('application/octet-stream');
  });

  it('gives the object an ACL of its own, a class, and refuses what it does not know', async () => {
    const bucket = await newBucket();
    const fields = { key: 'a', 'x-oss-object-acl': 'public-read', 'x-oss-storage-class': 'IA' };
    expect((await post(bucket, { fields })).status).toBe(204);
    const read = await send('GET', `/${bucket}/a`, { as: 'anonymous' });
    expect(read.text).toBe('hello');
    expect(read.header('x-oss-storage-class')).toBe('IA');
    for (const [name, value, code] of [
      ['x-oss-object-acl', 'public', 'InvalidArgument'],
      ['x-oss-storage-class', 'Cold', 'InvalidArgument'],
      ['x-oss-forbid-overwrite', 'perhaps', 'InvalidArgument'],
      ['x-oss-meta-a_b', 'c', 'InvalidArgument'],
      ['x-oss-meta-a b', 'c', 'InvalidArgument'],
      ['x-oss-meta-a', 'b\r\nset-cookie: c', 'InvalidArgument'],
      ['Cache-Control', 'a\nb', 'InvalidArgument'],
      ['x-oss-meta-a', 'b\x01', 'InvalidArgument'],
      ['Content-Disposition', 'a\x7fb', 'InvalidArgument'],
      ['x-oss-meta-a', 'x'.repeat(8 * 1024), 'InvalidArgument'],
      ['x-oss-server-side-encryption', 'DES', 'InvalidEncryptionAlgorithmError'],
    ] as const) {
      expectRefusal(await post(bucket, { fields: { key: 'b', [name]: value } }), 400, code);
    }
    expect((await send('HEAD', `/${bucket}/b`)).status).toBe(404);
  });

  it('[ObjCommon-30] overwrites unless it is forbidden, which counts for nothing with versions', async () => {
    const bucket = await newBucket();
    const forbidden = { key: 'a', 'x-oss-forbid-overwrite': 'true' };
    expect((await post(bucket, { fields: forbidden })).status).toBe(204);
    expectRefusal(await post(bucket, { fields: forbidden, file: 'other' }), 409, 'FileAlreadyExists');
    expect((await send('GET', `/${bucket}/a`)).text).toBe('hello');
    expect((await post(bucket, { fields: { key: 'a' }, file: 'other' })).status).toBe(204);
    expect((await send('GET', `/${bucket}/a`)).text).toBe('other');
    await configure(bucket, { versioning: 'Enabled' });
    const versions = [await post(bucket, { fields: forbidden }), await post(bucket, { fields: forbidden })];
    const ids = versions.map((answer) => answer.header('x-oss-version-id'));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect((await send('GET', `/${bucket}/a?versionId=${id}`)).text).toBe('hello');
  });

  it('[ObjCommon-29] replaces nothing that a retention policy protects', async () => {
    const bucket = await newBucket();
    await post(bucket);
    await initiate(bucket, 1);
    expectRefusal(await post(bucket, { file: 'other' }), 409, 'FileImmutable');
    expect((await post(bucket, { fields: { key: 'new' } })).status).toBe(204);
    expect((await send('GET', `/${bucket}/a.txt`)).text).toBe('hello');
  });
});

describe('a form for a bucket with a hierarchical namespace', () => {
  it('[Hns-2] makes the directories of its key, and keeps to what names there may be', async () => {
    const bucket = await shardedBucket(1, { hierarchical: true });
    expect((await post(bucket, { fields: { key: 'dir/sub/${filename}' } })).status).toBe(204);
    expect((await send('GET', `/${bucket}/dir/sub/file.bin`)).text).toBe('hello');
    expectRefusal(await post(bucket, { fields: { key: 'dir//a' } }), 400, 'InvalidObjectName');
    expectRefusal(await post(bucket, { fields: { key: 'dir' } }), 409, 'FileAlreadyExists');
    expectRefusal(await post(bucket, { as: 'anonymous', fields: { key: 'b' } }), 403, 'AccessDenied');
  });
});

describe('the answer to a form', () => {
  it.each([
    ['200', 200],
    ['201', 201],
    ['204', 204],
    ['202', 204],
    ['404', 204],
    ['', 204],
    ['ok', 204],
  ])('with success_action_status "%s" is %d', async (success_action_status, status) => {
    const bucket = await newBucket();
    const answer = await post(bucket, { fields: { key: '<a>&b', success_action_status } });
    expect(answer.status).toBe(status);
    expect(answer.header('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    if (status !== 201) {
      expect(answer.bytes).toHaveLength(0);
      return;
    }
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n?<PostResponse>/);
    expect(answer.one('Bucket')).toBe(bucket);
    expect(answer.one('Key')).toBe('<a>&b');
    expect(answer.one('ETag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    expect(answer.one('Location')).toBe(`http://localhost/${bucket}/%3Ca%3E%26b`);
  });

  it('sends the browser on where the form says so, with what was stored', async () => {
    const bucket = await newBucket();
    const etag = encodeURIComponent('"5D41402ABC4B2A76B9719D911017C592"');
    const redirect = (success_action_redirect: string) =>
      post(bucket, { fields: { key: 'a b&c', success_action_redirect, success_action_status: '200' } });
    const query = `bucket=${bucket}&key=a%20b%26c&etag=${etag}`;
    for (const [target, location] of [
      ['https://example.com/done', `https://example.com/done?${query}`],
      ['http://example.com/done?x=1#end', `http://example.com/done?x=1&${query}#end`],
      ['http://例子.example.com', `http://xn--fsqu00a.example.com/?${query}`],
    ] as const) {
      const answer = await redirect(target);
      expect(answer.status).toBe(303);
      expect(answer.header('location')).toBe(location);
      expect(answer.header('x-oss-hash-crc64ecma')).toBe('11177612005948864433');
    }
  });

  it.each([
    'javascript:alert(1)',
    '//example.com/',
    '/done',
    'example.com',
    'data:text/html,x',
    'http://',
    'https://a b/',
  ])('[Sec-41] does not send it to %s', async (success_action_redirect) => {
    const bucket = await newBucket();
    const fields = { key: 'a', success_action_redirect, success_action_status: '200' };
    const answer = await post(bucket, { fields });
    expect(answer.status).toBe(200);
    expect(answer.header('location')).toBeNull();
  });

  it('is no redirect where the upload failed', async () => {
    const bucket = await newBucket();
    const fields = { key: '/a', success_action_redirect: 'https://example.com/' };
    expectRefusal(await post(bucket, { fields }), 400, 'InvalidObjectName');
  });
});

describe('the bounds of the file', () => {
  const ranged = (min: number, max: number) => [['content-length-range', min, max]];

  it.each([10, 300_000, 2_000_000])('[Sec-8] are those of the policy, at %d bytes', async (size) => {
    const bucket = await newBucket();
    const file = new Uint8Array(size);
    expect((await post(bucket, { file, conditions: ranged(size, size) })).status).toBe(204);
    const other = { fields: { key: 'other' }, file };
    expectRefusal(await post(bucket, { ...other, conditions: ranged(size + 1, size + 9) }), 400, 'EntityTooSmall');
    expectRefusal(await post(bucket, { ...other, conditions: ranged(0, size - 1) }), 400, 'EntityTooLarge');
    expect((await send('HEAD', `/${bucket}/other`)).status).toBe(404);
    // What was there stays.
    expectRefusal(await post(bucket, { file: 'x', conditions: ranged(5, 9) }), 400, 'EntityTooSmall');
    expect((await send('HEAD', `/${bucket}/a.txt`)).header('content-length')).toBe(String(size));
  });

  it('are noticed while a file that is too large is still arriving', async () => {
    const bucket = await newBucket();
    const whole = formBytes('b', parts({ conditions: ranged(0, 100_000), file: new Uint8Array(1_000_000) }));
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    // Half of it, and then nothing for ever.
    writer.write(whole.subarray(0, 500_000)).catch(() => {});
    const answer = await post(bucket, { boundary: 'b', body: readable });
    expectRefusal(answer, 400, 'EntityTooLarge');
  });
});

describe('the Content-MD5 of a form', () => {
  it('covers the whole body', async () => {
    const bucket = await newBucket();
    for (const [file, epilogue] of [
      ['hello', '\r\n'],
      [new Uint8Array(200_000), '\r\nand more'],
    ] as const) {
      const body = formBytes('b', parts({ file, behind: [{ name: 'submit', value: 'Upload' }] }), { epilogue });
      const good = md5(body).toString('base64');
      const bad = md5('other').toString('base64');
      const sent = (contentMd5: string) =>
        post(bucket, { boundary: 'b', body, headers: { 'content-md5': contentMd5 } });
      expectRefusal(await sent(bad), 400, 'InvalidDigest');
      expectRefusal(await sent('nonsense'), 400, 'InvalidDigest');
      expect((await send('HEAD', `/${bucket}/a.txt`)).status).toBe(404);
      expect((await sent(good)).status).toBe(204);
      await send('DELETE', `/${bucket}/a.txt`);
    }
  });
});
