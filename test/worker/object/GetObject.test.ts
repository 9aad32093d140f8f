import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { configure, expectRefusal, newBucket, newName, send } from '../support/wire.ts';

/** Small enough for the index row, one blob, and long enough to be compressed. */
const sizes = { inline: 1_000, blob: 10_000 } as const;
const content = (size: number) => new Uint8Array(size).map((_, i) => (i * 7 + (i >> 8)) & 0xff);

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  for (const [name, size] of Object.entries(sizes)) await put(name, content(size));
  await put('empty', new Uint8Array(0));
});

async function put(key: string, body: BodyInit, headers: Record<string, string> = {}): Promise<void> {
  expect((await send('PUT', `/${bucket}/${key}`, { body, headers })).status).toBe(200);
}

function get(key: string, headers: Record<string, string> = {}) {
  return send('GET', `/${bucket}/${key}`, { headers });
}

describe('GetObject: response-* parameters', () => {
  const overrides = {
    'response-content-type': ['content-type', 'text/html; charset=utf-8'],
    'response-content-language': ['content-language', 'zh-CN'],
    'response-expires': ['expires', 'Fri, 24 Feb 2034 17:15:00 GMT'],
    'response-cache-control': ['cache-control', 'no-cache'],
    'response-content-disposition': ['content-disposition', 'attachment; filename="a b.txt"'],
    'response-content-encoding': ['content-encoding', 'x-test'],
  } as const;
  const query = Object.entries(overrides)
    .map(([name, [, value]]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

  it('[GetObject-1] [GetObject-4] [GetObject-5] [PutObject-16] replace headers, decoded once, in every signed form', async () => {
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      for (const place of ['header', 'query'] as const) {
        const answer = await send('GET', `/${bucket}/inline?${query}`, { scheme, place });
        expect(answer.status).toBe(200);
        for (const [header, value] of Object.values(overrides)) expect(answer.header(header)).toBe(value);
      }
    }
    const twice = await get('inline?response-content-language=%2541%2B');
    expect(twice.header('content-language')).toBe('%41+');
    expect((await get('inline?response-content-language=a+b')).header('content-language')).toBe('a b');
    const plain = await get('inline');
    expect(plain.header('content-language')).toBe(null);
    expect(plain.header('content-type')).toBe('application/octet-stream');
  });

  it('[GetObject-2] [Sec-32] are refused to anonymous callers', async () => {
    const open = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${open}/a`, { body: 'x' });
    for (const name of Object.keys(overrides)) {
      expectRefusal(await send('GET', `/${open}/a?${name}=x`, { as: 'anonymous' }), 400, 'InvalidRequest');
    }
    expect((await send('GET', `/${open}/a`, { as: 'anonymous' })).text).toBe('x');
    expect((await send('GET', `/${open}/a?response-expires=x`, { as: 'other' })).header('expires')).toBe('x');
  });

  it('[GetObject-3] apply to whole objects and ranges, and to no refusal', async () => {
    const range = await get(`inline?${query}`, { range: 'bytes=0-9' });
    expect(range.status).toBe(206);
    expect(range.header('content-language')).toBe('zh-CN');
    const missing = await get(`missing?${query}`);
    expectRefusal(missing, 404, 'NoSuchKey');
    expect(missing.header('content-language')).toBe(null);
    const unchanged = await get(`inline?${query}`, { 'if-none-match': '*' });
    expect(unchanged.status).toBe(304);
    expect(unchanged.header('cache-control')).toBe(null);
  });

  it('[GetObject-4] replace nothing where they are empty', async () => {
    await put('described', 'x', { 'content-type': 'text/css', 'cache-control': 'no-store' });
    for (const query of ['response-content-type=&response-cache-control=', 'response-content-type']) {
      const answer = await get(`described?${query}`);
      expect(answer.header('content-type')).toBe('text/css');
      expect(answer.header('cache-control')).toBe('no-store');
    }
  });

  it('[GetObject-4] may have any text of Unicode, and tabs', async () => {
    const value = 'attachment;\tfilename="中 \u{1f600}.txt"';
    const answer = await get(`inline?response-content-disposition=${encodeURIComponent(value)}`);
    expect(answer.header('content-disposition')).toBe(value);
  });

  it('[Sec-32] [Sec-28] start no header of their own, and spoil no answer', async () => {
    for (const value of ['a%0D%0Ax-evil:%201', 'a%0Ab', 'a%0Db', 'a%00b', 'a%01b', '%1F', 'a%7F']) {
      for (const name of Object.keys(overrides)) {
        const answer = await get(`inline?${name}=${value}`);
        expectRefusal(answer, 400, 'InvalidArgument');
        expect(answer.header('x-evil')).toBe(null);
      }
    }
  });
});

describe('GetObject: ranges', () => {
  it.each(Object.entries(sizes))('[GetObject-7] answers one range with 206 (%s)', async (key, size) => {
    for (const [range, from, to] of [
      ['0-9', 0, 9],
      ['10-10', 10, 10],
      ['100-', 100, size - 1],
      ['-1', size - 1, size - 1],
      [`-${size}`, 0, size - 1],
      [`0-${size - 1}`, 0, size - 1],
    ] as const) {
      const answer = await get(key, { range: `bytes=${range}` });
      expect(answer.status, range).toBe(206);
      expect(answer.header('content-range')).toBe(`bytes ${from}-${to}/${size}`);
      expect(answer.header('content-length')).toBe(String(to - from + 1));
      expect(answer.bytes).toEqual(content(size).slice(from, to + 1));
    }
  });

  it.each(Object.entries(sizes))(
    '[GetObject-8] answers an invalid range with the whole object (%s)',
    async (key, size) => {
      for (const range of [
        'byte=0-9',
        'bytes 0~9/44',
        'bytes=9-0',
        `bytes=0-${size}`,
        `bytes=${size}-`,
        `bytes=${size}-${size + 10}`,
        `bytes=-${size + 1}`,
        `bytes=0-${2 * size - 1}`,
        'bytes=',
        'bytes=-',
        'bytes=a-b',
        'bytes=1.5-2',
        '0-9',
        'bytes=0-99999999999999999999999999',
      ]) {
        const answer = await get(key, { range });
        expect(answer.status, range).toBe(200);
        expect(answer.header('content-range')).toBe(null);
        expect(answer.header('content-length')).toBe(String(size));
        expect(answer.bytes.length).toBe(size);
      }
      const zero = await get(key, { range: 'bytes=-0' });
      expectRefusal(zero, 416, 'InvalidRange');
      expect(zero.header('content-range')).toBe(`bytes */${size}`);
    },
  );

  it('[GetObject-9] [GetObject-E8] clamps, and refuses what lies outside, with x-oss-range-behavior: standard', async () => {
    const standard = (range: string) => get('inline', { range, 'x-oss-range-behavior': 'standard' });
    for (const [range, from, to] of [
      ['bytes=500-2000', 500, 999],
      ['bytes=0-2000', 0, 999],
      ['bytes=-2000', 0, 999],
      ['bytes=10-19', 10, 19],
    ] as const) {
      const answer = await standard(range);
      expect(answer.header('content-range')).toBe(`bytes ${from}-${to}/1000`);
      expect(answer.bytes.length).toBe(to - from + 1);
    }
    for (const range of ['bytes=1000-', 'bytes=1000-2000', 'bytes=-0']) {
      const answer = await standard(range);
      expectRefusal(answer, 416, 'InvalidRange');
      expect(answer.header('content-range')).toBe('bytes */1000');
    }
    for (const range of ['byte=0-9', 'bytes=9-0', 'bytes=x']) expect((await standard(range)).status).toBe(200);
  });

  it('[GetObject-10] serves the first of several ranges, and none of them in standard mode', async () => {
    const answer = await get('inline', { range: 'bytes=0-4,10-14' });
    expect(answer.status).toBe(206);
    expect(answer.header('content-range')).toBe('bytes 0-4/1000');
    expect(answer.bytes).toEqual(content(1_000).slice(0, 5));
    const standard = await get('inline', { range: 'bytes=0-4,10-14', 'x-oss-range-behavior': 'standard' });
    expectRefusal(standard, 416, 'InvalidRange');
  });

  it('[GetObject-11] an object without bytes has no range', async () => {
    for (const range of ['bytes=0-', 'bytes=0-0', 'bytes=-1']) {
      const answer = await get('empty', { range });
      expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
      expectRefusal(await get('empty', { range, 'x-oss-range-behavior': 'standard' }), 416, 'InvalidRange');
    }
  });

  it('[GetObject-12] conditions come before ranges', async () => {
    const outside = { range: 'bytes=-0' };
    expect((await get('inline', { ...outside, 'if-none-match': '*' })).status).toBe(304);
    expectRefusal(await get('inline', { ...outside, 'if-match': 'x' }), 412, 'PreconditionFailed');
  });

  it('[GetObject-12] a download goes on only with the content that it began with: If-Range', async () => {
    await put('replaced', 'the first content');
    const first = await get('replaced', { range: 'bytes=0-3' });
    const etag = first.header('etag')!;
    const modified = first.header('last-modified')!;
    const rest = (ifRange: string) => get('replaced', { range: 'bytes=4-', 'if-range': ifRange });
    for (const same of [etag, etag.replaceAll('"', ''), etag.toLowerCase(), modified]) {
      const answer = await rest(same);
      expect([answer.status, answer.text], same).toEqual([206, 'first content']);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    await put('replaced', 'a second content');
    const later = new Date(Date.now() + 3_600_000).toUTCString();
    for (const other of [etag, modified, later, '"other"', 'W/"other"', '*']) {
      const answer = await rest(other);
      expect([answer.status, answer.text], other).toEqual([200, 'a second content']);
      expect(answer.header('content-range')).toBe(null);
    }
    expect((await get('replaced', { 'if-range': etag })).status).toBe(200);
    const outside = { range: 'bytes=99-', 'x-oss-range-behavior': 'standard' };
    expectRefusal(await get('replaced', outside), 416, 'InvalidRange');
    expect((await get('replaced', { ...outside, 'if-range': etag })).text).toBe('a second content');
  });

  it('[GetObject-12] If-Range has a range of the same version alone, and else all of the new one', async () => {
    for (const key of ['inline', 'blob']) {
      const whole = await get(key);
      const [etag, modified] = [whole.header('etag')!, whole.header('last-modified')!];
      for (const same of [etag, etag.toLowerCase(), etag.slice(1, -1), modified]) {
        const part = await get(key, { range: 'bytes=2-9', 'if-range': same });
        expect([same, part.status, part.bytes]).toEqual([same, 206, whole.bytes.slice(2, 10)]);
      }
      const later = new Date(Date.parse(modified) + 1_000).toUTCString();
      const earlier = new Date(Date.parse(modified) - 1_000).toUTCString();
      for (const other of ['"other"', `W/${etag}`, `${etag}, ${etag}`, '*', later, earlier]) {
        for (const range of ['bytes=2-9', 'bytes=-0']) {
          const all = await get(key, { range, 'if-range': other });
          expect([other, all.status, all.header('content-range')]).toEqual([other, 200, null]);
          expect(all.bytes).toEqual(whole.bytes);
        }
      }
      // It is nothing without a range, and comes after every other condition.
      expect((await get(key, { 'if-range': '"other"' })).status).toBe(200);
      expect((await get(key, { range: 'bytes=0-9', 'if-range': '"other"', 'if-none-match': etag })).status).toBe(304);
    }
  });

  it('a range carries the CRC and ETag of the whole object', async () => {
    const whole = await get('blob');
    const part = await get('blob', { range: 'bytes=1-2' });
    for (const name of ['etag', 'x-oss-hash-crc64ecma', 'last-modified', 'x-oss-object-type']) {
      expect(part.header(name)).toBe(whole.header(name));
      expect(part.header(name)).not.toBe(null);
    }
  });
});

describe('GetObject: compression on the way', () => {
  const types = [
    'text/cache-manifest',
    'text/xml',
    'text/plain',
    'text/css',
    'application/javascript',
    'application/x-javascript',
    'application/rss+xml',
    'application/json',
    'text/json',
  ];
  const text = 'compressible '.repeat(1_000);

  async function compressed(
    key: string,
    headers: Record<string, string> = { 'accept-encoding': 'gzip' },
  ): Promise<boolean> {
    const answer = await get(key, headers);
    expect(answer.status).toBe(200);
    // The client of the tests decodes what says that it is encoded.
    expect(answer.text).toBe(text.slice(0, answer.bytes.length));
    const packed = answer.header('content-encoding') === 'gzip';
    for (const name of ['etag', 'content-length', 'content-md5', 'x-oss-hash-crc64ecma']) {
      expect(answer.header(name) === null, name).toBe(packed);
    }
    expect(answer.header('vary')).toBe(packed ? 'Accept-Encoding' : null);
    const head = await send('HEAD', `/${bucket}/${key}`, { headers });
    expect(head.header('content-encoding') === 'gzip').toBe(packed);
    return packed;
  }

  it('[GetObject-14] compresses nine types of 1 KB and more for clients that take gzip', async () => {
    for (const type of types) {
      await put('typed', text, { 'content-type': type });
      expect(await compressed('typed'), type).toBe(true);
      expect(await compressed('typed', {})).toBe(false);
    }
    await put('typed', text, { 'content-type': 'text/plain; charset=utf-8' });
    expect(await compressed('typed')).toBe(true);
    for (const type of ['text/html', 'application/octet-stream', 'image/png', 'text/plainer']) {
      await put('typed', text, { 'content-type': type });
      expect(await compressed('typed'), type).toBe(false);
    }
    for (const [size, expected] of [
      [1_023, false],
      [1_024, true],
      [5_000, true],
    ] as const) {
      await put('sized', text.slice(0, size), { 'content-type': 'text/plain' });
      expect(await compressed('sized'), String(size)).toBe(expected);
    }
  });

  it('[GetObject-14] understands lists of encodings', async () => {
    await put('typed', text, { 'content-type': 'text/plain' });
    for (const accept of ['gzip', 'deflate, gzip', 'GZIP', 'br;q=1.0, gzip;q=0.8', 'gzip;q=1']) {
      expect(await compressed('typed', { 'accept-encoding': accept }), accept).toBe(true);
    }
    for (const accept of ['br', 'identity', 'gzip;q=0', 'gzip;q=0.000', 'x-gzipped', '']) {
      expect(await compressed('typed', { 'accept-encoding': accept }), accept).toBe(false);
    }
  });

  it('[GetObject-15] leaves alone what is encoded already, and ranges', async () => {
    await put('encoded', text, { 'content-type': 'text/plain', 'content-encoding': 'x-own' });
    const encoded = await get('encoded', { 'accept-encoding': 'gzip' });
    expect(encoded.header('content-encoding')).toBe('x-own');
    expect(encoded.text).toBe(text);
    await put('typed', text, { 'content-type': 'text/plain' });
    const range = await get('typed', { 'accept-encoding': 'gzip', range: 'bytes=0-9' });
    expect([range.status, range.header('content-encoding'), range.text]).toEqual([206, null, text.slice(0, 10)]);
    const overridden = await get('typed?response-content-encoding=x-own', { 'accept-encoding': 'gzip' });
    expect(overridden.header('content-encoding')).toBe('x-own');
    expect(overridden.header('etag')).not.toBe(null);
  });

  it('[GetObject-15] replays a stored gzip as it was sent', async () => {
    const packed = await new Response(new Response(text).body!.pipeThrough(new CompressionStream('gzip'))).bytes();
    await put('packed', packed, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
    const answer = await get('packed');
    expect(answer.header('content-encoding')).toBe('gzip');
    expect(answer.header('content-length')).toBe(String(packed.length));
    expect(answer.header('etag')).toBe(`"${createHash('md5').update(packed).digest('hex').toUpperCase()}"`);
    expect(answer.text).toBe(text);
  });
});

describe('GetObject', () => {
  it('[GetObject-13] [GetObject-E5] [GetObject-E6] answers 304 without and 412 with a document', async () => {
    const etag = (await get('inline')).header('etag')!;
    const unchanged = await get('inline', { 'if-none-match': etag });
    expect([unchanged.status, unchanged.bytes.length]).toEqual([304, 0]);
    expect(unchanged.header('etag')).toBe(etag);
    expect(unchanged.header('x-oss-err')).toBe(null);
    const failed = await get('inline', { 'if-match': '"00"' });
    expectRefusal(failed, 412, 'PreconditionFailed');
    expect(failed.one('Condition')).toBe('If-Match');
  });

  it('[GetObject-13] [HeadObject-E5] tells a cache with 304 how long it may keep what it has', async () => {
    await put('kept', 'body', { 'cache-control': 'max-age=60', 'x-oss-meta-a': '1' });
    const etag = (await get('kept')).header('etag')!;
    const headers = { 'x-oss-copy-source': `/${bucket}/kept`, 'cache-control': 'no-cache', expires: '0' };
    expect((await send('PUT', `/${bucket}/kept`, { headers })).status).toBe(200);
    for (const method of ['GET', 'HEAD']) {
      const unchanged = await send(method, `/${bucket}/kept`, { headers: { 'if-none-match': etag } });
      expect(unchanged.status).toBe(304);
      expect([unchanged.header('cache-control'), unchanged.header('expires')]).toEqual(['no-cache', '0']);
      expect(unchanged.header('x-oss-meta-a')).toBe(null);
    }
  });

  it('[GetObject-26] [GetObject-27] [ObjCommon-20] describes the object in its headers, over plain HTTP', async () => {
    await put('described', 'body', { 'content-type': 'text/css', 'x-oss-meta-a': '1' });
    const answer = await get('described');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': '4',
      'content-md5': createHash('md5').update('body').digest('base64'),
      'content-type': 'text/css',
      etag: '"841A2D689AD86BD1611447453C22C6FC"',
      'x-oss-meta-a': '1',
      'x-oss-object-type': 'Normal',
      'x-oss-storage-class': 'Standard',
    });
    expect(answer.header('x-oss-server-side-encryption')).toBe(null);
    expect(answer.header('x-oss-version-id')).toBe(null);
    expect(Date.parse(answer.header('last-modified')!)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('[GetObject-E1] answers 404 with the key where there is no such object', async () => {
    const answer = await get('mis%26sing');
    expectRefusal(answer, 404, 'NoSuchKey');
    expect(answer.one('Key')).toBe('mis&sing');
    expect(answer.header('x-oss-delete-marker')).toBe(null);
    const missing = newName();
    expectRefusal(await send('GET', `/${missing}/a`), 404, 'NoSuchBucket');
  });

  it('[ObjCommon-12] refuses a version id that can be none', async () => {
    for (const id of ['', '234', 'IllegalVersion', 'NULL', 'CAEQ']) {
      expectRefusal(await get(`inline?versionId=${id}`), 400, 'InvalidArgument');
      const head = await send('HEAD', `/${bucket}/inline?versionId=${id}`);
      expectRefusal(head, 400, 'InvalidArgument');
    }
    expectRefusal(await get('inline?versionId'), 400, 'InvalidArgument');
    expect((await get('inline?versionId=null')).status).toBe(200);
  });

  it('[GetObject-19] [GetObjectMeta-4] [Sec-24] needs another permission for a version that is named', async () => {
    const own = await newBucket();
    await send('PUT', `/${own}/a`, { body: 'x' });
    const granting = (...actions: string[]) => {
      const grant = { Effect: 'Allow', Principal: ['*'], Action: actions, Resource: [`acs:oss:*:*:${own}/*`] };
      return configure(own, { documents: { policy: JSON.stringify({ Version: '1', Statement: [grant] }) } });
    };
    const status = async (method: string, query: string) =>
      (await send(method, `/${own}/a${query}`, { as: 'other' })).status;
    for (const [actions, plain, versioned] of [
      [['oss:GetObject'], 200, 403],
      [['oss:GetObjectVersion'], 403, 200],
      [['oss:GetObject', 'oss:GetObjectVersion'], 200, 200],
      [['oss:GetObjectAcl'], 403, 403],
    ] as const) {
      await granting(...actions);
      for (const method of ['GET', 'HEAD']) {
        expect(await status(method, ''), `${method} by ${actions}`).toBe(plain);
        expect(await status(method, '?versionId=null'), `${method} of a version by ${actions}`).toBe(versioned);
      }
      expect(await status('HEAD', '?objectMeta')).toBe(plain);
      expect(await status('HEAD', '?objectMeta&versionId=null')).toBe(versioned);
    }
    await granting('oss:DeleteObject');
    expect(await status('DELETE', '?versionId=null')).toBe(403);
    await granting('oss:DeleteObjectVersion');
    expect(await status('DELETE', '')).toBe(403);
    expect(await status('DELETE', '?versionId=null')).toBe(204);
    expectRefusal(await send('GET', `/${own}/a`), 404, 'NoSuchKey');
  });

  it('a reader gets one version whole while others overwrite', async () => {
    const versions = [1, 2, 3].map((n) => new Uint8Array(300_000).fill(n));
    await put('contested', versions[0]!);
    const writes = versions.map((body) => send('PUT', `/${bucket}/contested`, { body }));
    const reads = Array.from({ length: 12 }, () => get('contested'));
    for (const answer of await Promise.all(reads)) {
      expect(answer.bytes.length).toBe(300_000);
      expect(new Set(answer.bytes).size).toBe(1);
    }
    await Promise.all(writes);
  });
});
