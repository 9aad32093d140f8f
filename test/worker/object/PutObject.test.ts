import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { crc64 } from '../../support/crc64.ts';
import { bytesOf, uploadParts } from '../support/multipart.ts';
import { type Answer, configOf, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

let bucket: string;
let serial = 0;

beforeAll(async () => {
  bucket = await newBucket();
});

/** A path in the bucket that nothing lives at. */
function fresh(): string {
  return `/${bucket}/object-${serial++}`;
}

function md5(bytes: Uint8Array | string): Buffer {
  return createHash('md5').update(bytes).digest();
}

async function expectAbsent(path: string): Promise<void> {
  expectRefusal(await send('GET', path), 404, 'NoSuchKey');
}

function put(path: string, body: BodyInit | null, headers: Record<string, string> = {}): Promise<Answer> {
  return send('PUT', path, { body, headers });
}

describe('PutObject', () => {
  it('[PutObject-1] answers 200 to a first upload and to an overwrite, which replaces everything', async () => {
    const path = fresh();
    expect((await put(path, 'first', { 'x-oss-meta-a': '1', 'content-type': 'text/css' })).status).toBe(200);
    const answer = await put(path, 'second');
    expect(answer.status).toBe(200);
    expect(answer.bytes.length).toBe(0);
    const read = await send('GET', path);
    expect(read.text).toBe('second');
    expect(read.header('x-oss-meta-a')).toBe(null);
    expect(read.header('content-type')).toBe('application/octet-stream');
  });

  it.each([0, 1, 4_096, 4_097, 100_000, 400_000])(
    '[ObjCommon-22] [ObjCommon-23] [ObjCommon-25] [PutObject-8] keeps %i bytes and tells their MD5 and CRC',
    async (size) => {
      const path = fresh();
      const bytes = new Uint8Array(size).map((_, i) => (i * 31 + (i >> 8)) & 0xff);
      const digest = md5(bytes);
      const answer = await put(path, bytes);
      expect(answer.header('etag')).toBe(`"${digest.toString('hex').toUpperCase()}"`);
      expect(answer.header('content-md5')).toBe(digest.toString('base64'));
      expect(answer.header('x-oss-hash-crc64ecma')).toBe(crc64(bytes));
      expect(answer.header('x-oss-version-id')).toBe(null);
      const read = await send('GET', path);
      expect(Buffer.from(read.bytes).equals(bytes)).toBe(true);
      for (const name of ['etag', 'content-md5', 'x-oss-hash-crc64ecma'])
        expect(read.header(name)).toBe(answer.header(name));
    },
  );

  it('[ObjCommon-23] [PutObject-8] gives the values of the reference', async () => {
    const empty = await put(fresh(), '');
    expect(empty.header('content-md5')).toBe('1B2M2Y8AsgTpgAmY7PhCfg==');
    expect(empty.header('etag')).toBe('"D41D8CD98F00B204E9800998ECF8427E"');
    expect(empty.header('x-oss-hash-crc64ecma')).toBe('0');
    expect((await put(fresh(), 'abc')).header('x-oss-hash-crc64ecma')).toBe('3231342946509354535');
    expect((await put(fresh(), '123456789')).header('x-oss-hash-crc64ecma')).toBe('11051210869376104954');
  });

  it('[PutObject-2] takes a body of unknown length', async () => {
    const path = fresh();
    const chunk = new Uint8Array(10_000).fill(7);
    let left = 30;
    const body = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const answer = await put(path, body);
    expect(answer.status).toBe(200);
    const read = await send('GET', path);
    expect(read.bytes.length).toBe(300_000);
    expect(read.header('etag')).toBe(`"${md5(new Uint8Array(300_000).fill(7)).toString('hex').toUpperCase()}"`);
  });

  it('[PutObject-E1] refuses a request that says nothing of a body', async () => {
    const path = fresh();
    expectRefusal(await put(path, null), 411, 'MissingContentLength');
    await expectAbsent(path);
    expect((await put(path, null, { 'content-length': '0' })).status).toBe(200);
  });

  it('[PutObject-3] keeps exactly as many bytes as were announced', async () => {
    const path = fresh();
    const answer = await put(path, 'hello world', { 'content-length': '5' });
    expect(answer.status).toBe(200);
    expect(answer.header('etag')).toBe(`"${md5('hello').toString('hex').toUpperCase()}"`);
    expect((await send('GET', path)).text).toBe('hello');
  });

  it.each([5, 5_000, 200_000])(
    '[PutObject-4] [PutObject-E7] [Sec-37] commits nothing of a body that ends early (%i bytes)',
    async (size) => {
      const path = fresh();
      await put(path, 'before');
      const answer = await put(path, new Uint8Array(size), { 'content-length': String(size + 1) });
      expectRefusal(answer, 400, 'RequestTimeout');
      expect((await send('GET', path)).text).toBe('before');
    },
  );

  it.each([5, 5_000, 200_000])(
    '[PutObject-5] [PutObject-E8] verifies Content-MD5 before anything is visible (%i bytes)',
    async (size) => {
      const path = fresh();
      await put(path, 'before');
      const body = new Uint8Array(size).fill(1);
      const wrong = md5(new Uint8Array(size).fill(2)).toString('base64');
      expectRefusal(await put(path, body, { 'content-md5': wrong }), 400, 'InvalidDigest');
      expect((await send('GET', path)).text).toBe('before');
      const right = md5(body).toString('base64');
      expect((await put(path, body, { 'content-md5': right })).status).toBe(200);
      expect((await send('GET', path)).bytes.length).toBe(size);
      // The digest is of what is kept, not of what was sent.
      const more = new Uint8Array(size + 10).fill(1);
      expect((await put(path, more, { 'content-md5': right, 'content-length': String(size) })).status).toBe(200);
    },
  );

  it('[PutObject-5] refuses a Content-MD5 that is no MD5', async () => {
    const path = fresh();
    for (const value of [
      'nonsense',
      '5d41402abc4b2a76b9719d911017c592',
      'XUFAKrxLKna5cZ2REBfFkg',
      'XUFAKrxLKna5cZ2REBfF',
      '*',
    ]) {
      expectRefusal(await put(path, 'hello', { 'content-md5': value }), 400, 'InvalidDigest');
    }
    await expectAbsent(path);
  });

  it('[PutObject-6] [PutObject-E6] refuses more than 5 GB before it reads a byte', async () => {
    const path = fresh();
    const answer = await put(path, 'x', { 'content-length': String(5 * 1_024 ** 3 + 1) });
    expectRefusal(answer, 400, 'EntityTooLarge');
    expect(answer.one('MaxSizeAllowed')).toBe(String(5 * 1_024 ** 3));
    // That many are allowed: what is wrong here is that they do not come.
    const allowed = await put(path, 'x', { 'content-length': String(5 * 1_024 ** 3) });
    expectRefusal(allowed, 400, 'RequestTimeout');
    await expectAbsent(path);
  });

  it('[PutObject-E6] refuses a Content-Length that is no number', async () => {
    for (const value of ['abc', '-1', '1e3', '0x10', '99999999999999999999']) {
      const answer = await put(fresh(), 'x', { 'content-length': value });
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('Content-Length');
    }
  });

  it('[PutObject-7] pays no attention to an ETag of the request', async () => {
    const path = fresh();
    const answer = await put(path, 'hello', { etag: '"00000000000000000000000000000000"' });
    expect(answer.header('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    expect((await send('HEAD', path)).header('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
  });

  it('[PutObject-11] makes a normal object of whatever was there', async () => {
    const made: Record<string, (path: string) => Promise<Answer>> = {
      Appendable: (path) => send('POST', `${path}?append&position=0`, { body: 'abc' }),
      Multipart: (path) => uploadParts(path, [bytesOf(200_000), bytesOf(7)]),
      Symlink: (path) => send('PUT', `${path}?symlink`, { headers: { 'x-oss-symlink-target': 'nowhere' } }),
    };
    for (const [type, make] of Object.entries(made)) {
      const path = fresh();
      expect((await make(path)).status, type).toBe(200);
      expect((await send('GET', `/${bucket}?prefix=${path.split('/')[2]}`)).all('Type')).toEqual([type]);
      await put(path, 'normal now');
      const read = await send('GET', path);
      expect([read.text, read.header('x-oss-object-type')]).toEqual(['normal now', 'Normal']);
      expect(read.header('etag')).toBe(`"${md5('normal now').toString('hex').toUpperCase()}"`);
      expect(read.header('content-md5')).toBe(md5('normal now').toString('base64'));
      expect(read.header('x-oss-next-append-position')).toBe(null);
      expect((await send('GET', `/${bucket}?prefix=${path.split('/')[2]}`)).all('Type')).toEqual(['Normal']);
      expectRefusal(await send('GET', `${path}?symlink`), 400, 'NotSymlink');
    }
  });

  it('[PutObject-10] [PutObject-E10] [ObjCommon-30] overwrites nothing where the request forbids it', async () => {
    const path = fresh();
    expect((await put(path, 'first', { 'x-oss-forbid-overwrite': 'true' })).status).toBe(200);
    const answer = await put(path, 'second', { 'x-oss-forbid-overwrite': 'true' });
    expectRefusal(answer, 409, 'FileAlreadyExists');
    expect(answer.one('Message')).toBe('The object you specified already exists and can not be overwritten.');
    expect((await send('GET', path)).text).toBe('first');
    for (const value of ['false', 'FALSE']) {
      expect((await put(path, value, { 'x-oss-forbid-overwrite': value })).status).toBe(200);
    }
    expectRefusal(await put(path, 'x', { 'x-oss-forbid-overwrite': 'maybe' }), 400, 'InvalidArgument');
    expect((await send('GET', path)).text).toBe('FALSE');
  });

  it('[ObjCommon-30] lets exactly one of many at once win', async () => {
    for (const size of [10, 10_000]) {
      const path = fresh();
      const headers = { 'x-oss-forbid-overwrite': 'true' };
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) => put(path, new Uint8Array(size).fill(i), headers)),
      );
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
      expect((await send('GET', path)).header('etag')).toBe(winners[0]!.header('etag'));
    }
  });

  it('[PutObject-12] [ObjCommon-31] stores in the class of the header, else in the bucket’s', async () => {
    const xml = '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>';
    const infrequent = await newBucket({ body: xml });
    for (const [header, storageClass] of [
      [undefined, 'IA'],
      ['Standard', 'Standard'],
      ['Archive', 'Archive'],
      ['ColdArchive', 'ColdArchive'],
      ['DeepColdArchive', 'DeepColdArchive'],
    ] as const) {
      await put(`/${infrequent}/a`, 'x', header === undefined ? {} : { 'x-oss-storage-class': header });
      expect((await send('HEAD', `/${infrequent}/a`)).header('x-oss-storage-class')).toBe(storageClass);
    }
    const path = fresh();
    for (const value of ['Cold Archive', 'standard', 'Glacier', ' ']) {
      const answer = await put(path, 'x', { 'x-oss-storage-class': value });
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('x-oss-storage-class');
    }
    await expectAbsent(path);
  });

  it('[PutObject-16] [Common-4] takes a signed URL, and an anonymous upload where the ACL lets it', async () => {
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      const path = fresh();
      const answer = await send('PUT', path, { scheme, place: 'query', body: scheme });
      expect(answer.status).toBe(200);
      expect((await send('GET', path, { scheme, place: 'query' })).text).toBe(scheme);
    }
    const open = await newBucket({ acl: 'public-read-write' });
    expect((await send('PUT', `/${open}/a`, { as: 'anonymous', body: 'x' })).status).toBe(200);
    expectRefusal(await send('PUT', fresh(), { as: 'anonymous', body: 'x' }), 403, 'AccessDenied');
  });

  it('[PutObject-E3] refuses who may not write, and stores nothing', async () => {
    const path = fresh();
    for (const as of ['other', 'user', 'reader', 'anonymous'] as const) {
      expectRefusal(await send('PUT', path, { as, body: 'x' }), 403, 'AccessDenied');
    }
    await expectAbsent(path);
  });

  it('[PutObject-E4] answers 404 where there is no such bucket', async () => {
    const missing = newName();
    const answer = await put(`/${missing}/a`, 'x');
    expectRefusal(answer, 404, 'NoSuchBucket');
    expect(answer.one('BucketName')).toBe(missing);
  });

  it('[PutObject-E5] takes names of 1 to 1,023 bytes that begin with no slash or backslash', async () => {
    const inBucket = (name: string) => `/${bucket}/${name}`;
    for (const name of ['k'.repeat(1_023), '%E4%B8%AD'.repeat(341)]) {
      expect((await put(inBucket(name), 'x')).status).toBe(200);
      expect((await send('GET', inBucket(name))).text).toBe('x');
    }
    for (const name of ['k'.repeat(1_024), `${'%E4%B8%AD'.repeat(341)}a`, '/a', '%2Fa', '%5Ca', '%5C', '/']) {
      expectRefusal(await put(inBucket(name), 'x'), 400, 'InvalidObjectName');
    }
  });

  it('[PutObject-E5] [Sec-19] takes every other character, and keeps names apart that only look alike', async () => {
    const own = await newBucket();
    const names = [
      'a//b',
      'a/b',
      'a/',
      'a',
      'a\\b',
      'a\r\nb',
      '\u0001\u000b\u000c',
      'a b',
      'a+b',
      'a%2Fb',
      'a?b',
      'a#b',
      'a&b=c',
      'é',
      'e\u0301',
      '..',
      '.',
      'a/../b',
      'ä/..',
      "!'()*~",
      '\u{1f600}',
    ];
    // Dot segments cannot be addressed by URL: see docs/compatibility.md.
    const byUrl = names.filter((name) => !/(^|\/)\.\.?($|\/)/.test(name));
    for (const name of byUrl) expect((await put(`/${own}/${encodeURIComponent(name)}`, name)).status).toBe(200);
    for (const name of byUrl) expect((await send('GET', `/${own}/${encodeURIComponent(name)}`)).text).toBe(name);
    const listed = (await send('GET', `/${own}?encoding-type=url`)).all('Key').map(decodeURIComponent);
    expect(listed.sort()).toEqual([...byUrl].sort());
  });

  it('[ObjCommon-17] refuses conditions on a write', async () => {
    const path = fresh();
    for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']) {
      const answer = await put(path, 'x', { [name]: '*' });
      expectRefusal(answer, 400, 'NotImplemented');
      expect(answer.one('Header')).toBe(name);
    }
    await expectAbsent(path);
  });

  it('[ObjCommon-26] refuses an object ACL that is none', async () => {
    const path = fresh();
    for (const acl of ['public', 'Default', 'private,default', ' ']) {
      const answer = await put(path, 'x', { 'x-oss-object-acl': acl });
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.one('ArgumentName')).toBe('x-oss-object-acl');
    }
    await expectAbsent(path);
    expect((await configOf(bucket)).objectAcls).toBe(false);
  });

  it('[ObjCommon-28] an overwrite without ACL, tags and metadata leaves none', async () => {
    const own = await newBucket();
    const path = `/${own}/a`;
    await put(path, 'first', { 'x-oss-object-acl': 'public-read', 'x-oss-meta-a': '1', 'cache-control': 'no-store' });
    expect((await send('GET', path, { as: 'anonymous' })).text).toBe('first');
    expect((await send('GET', `${path}?acl`)).one('Grant')).toBe('public-read');
    await put(path, 'second');
    expectRefusal(await send('GET', path, { as: 'anonymous' }), 403, 'AccessDenied');
    expect((await send('GET', `${path}?acl`)).one('Grant')).toBe('default');
    const read = await send('GET', path);
    expect([read.text, read.header('x-oss-meta-a'), read.header('cache-control')]).toEqual(['second', null, null]);
  });

  it('[Sec-37] reads no byte of a body that it refuses', async () => {
    let pulled = 0;
    const body = () =>
      new ReadableStream(
        {
          pull(controller) {
            pulled++;
            controller.enqueue(new Uint8Array(1_000));
            if (pulled === 500) controller.close();
          },
        },
        { highWaterMark: 0 },
      );
    const path = fresh();
    expectRefusal(await send('PUT', path, { as: 'other', body: body() }), 403, 'AccessDenied');
    expectRefusal(await put(`/${bucket}/%2Fa`, body()), 400, 'InvalidObjectName');
    expectRefusal(await put(path, body(), { 'x-oss-object-acl': 'x' }), 400, 'InvalidArgument');
    // The runtime itself may look at the first chunk.
    expect(pulled).toBeLessThanOrEqual(3);
    pulled = 0;
    expect((await put(path, body())).status).toBe(200);
    expect(pulled).toBe(500);
  });

  it('leaves no blob behind of a body that it refused, whenever it did', async () => {
    const before = (await env.BLOBS.list()).objects.length;
    const body = new Uint8Array(200_000);
    expectRefusal(await put(fresh(), body, { 'content-md5': md5('x').toString('base64') }), 400, 'InvalidDigest');
    expectRefusal(await put(fresh(), body, { 'content-length': '300000' }), 400, 'RequestTimeout');
    expect((await env.BLOBS.list()).objects.length).toBe(before);
    const path = fresh();
    expect((await put(path, body)).status).toBe(200);
    expect((await env.BLOBS.list()).objects.length).toBe(before + 1);
    expectRefusal(await put(path, body, { 'x-oss-forbid-overwrite': 'true' }), 409, 'FileAlreadyExists');
    const gone = await newBucket();
    const copy = await configOf(gone);
    await send('DELETE', `/${gone}`);
    configCopies.set(gone, copy);
    expectRefusal(await put(`/${gone}/a`, body), 404, 'NoSuchBucket');
    expect((await env.BLOBS.list()).objects.length).toBe(before + 1);
    expect((await send('GET', path)).bytes.length).toBe(200_000);
  });
});
