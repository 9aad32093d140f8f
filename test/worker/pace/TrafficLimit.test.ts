import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { pacedStream } from '../../../src/blob/paced.ts';
import { BodySource } from '../../../src/blob/source.ts';
import { handle } from '../../../src/gateway.ts';
import { Pace } from '../../../src/lib/pace.ts';
import { WHOLE_BYTES } from '../../../src/website/mirror.ts';
import { counted } from '../support/counted.ts';
import { post } from '../support/form.ts';
import { shardOfKey, storedBlobs } from '../support/index.ts';
import { bytesOf, complete, initiate, joined, putPart, sendPart } from '../support/multipart.ts';
import { type Answer, expectRefusal, newBucket, send, type Wish } from '../support/wire.ts';
import { mirror, on404, putWebsite, rule, rules, visit } from '../website/support.ts';

/**
 * Nobody's time is measured from above: these machines are busy. 400 KiB/s, and what takes a quarter of a second then.
 */
const LIMIT = 'x-oss-traffic-limit';
const RATE = 409_600;
const limited = { [LIMIT]: String(8 * RATE) };
const BYTES = 102_400;
const content = bytesOf(BYTES, 7);

/** How long it took, ms: timers may be early by less than one. */
async function timed<T>(run: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const began = performance.now();
  const result = await run();
  return { result, ms: performance.now() - began + 1 };
}

const msOf = (bytes: number) => (bytes * 1000) / RATE;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('x-oss-traffic-limit that is none', () => {
  let bucket: string;
  beforeAll(async () => {
    bucket = await newBucket();
    await send('PUT', `/${bucket}/there`, { body: content });
  });

  const bad = ['', 'abc', '819199', '838860801', '0', '-819200', '1e6', '8192000.5', '0x100000', '9'.repeat(30)];

  async function expectBad(answer: Answer, ec: string): Promise<void> {
    expectRefusal(answer, 400, 'InvalidArgument');
    expect([answer.one('ArgumentName'), answer.one('EC')]).toEqual([LIMIT, ec]);
  }

  it('is refused before anything is read or stored', async () => {
    const id = await initiate(`/${bucket}/parts`);
    const copy = { 'x-oss-copy-source': `/${bucket}/there` };
    const requests: [string, string, Record<string, string>, boolean][] = [
      ['GET', 'there', {}, false],
      ['PUT', 'new', {}, true],
      ['POST', 'new?append&position=0', {}, true],
      ['PUT', `parts?partNumber=1&uploadId=${id}`, {}, true],
      ['PUT', 'new', copy, false],
      ['PUT', `parts?partNumber=1&uploadId=${id}`, copy, false],
    ];
    for (const [method, path, headers, sends] of requests) {
      const wish: Wish = { headers: { ...headers, [LIMIT]: 'abc' }, ...(sends ? { body: 'hello' } : {}) };
      const { answer, calls } = await counted(method, `/${bucket}/${path}`, wish);
      await expectBad(answer, '0004-00000502');
      expect(answer.one('ArgumentValue')).toBe('abc');
      expect([method, path, calls.index, calls.blobs]).toEqual([method, path, 0, 0]);
    }
    for (const value of bad) {
      await expectBad(await send('GET', `/${bucket}/there`, { headers: { [LIMIT]: value } }), '0004-00000502');
      const url = `/${bucket}/there?${LIMIT}=${value}`;
      await expectBad(await send('GET', url, { place: 'query' }), '0004-00000502');
    }
    expect((await send('GET', `/${bucket}/new`)).status).toBe(404);
  });

  it('is refused in a form too', async () => {
    for (const value of ['abc', '819199', '838860801']) {
      await expectBad(await post(bucket, { fields: { key: 'form', [LIMIT]: value } }), '0004-00000502');
    }
    expect((await send('GET', `/${bucket}/form`)).status).toBe(404);
    // A field that nobody filled in says nothing, and so do headers beside a form.
    expect((await post(bucket, { fields: { key: 'form', [LIMIT]: '' }, headers: { [LIMIT]: 'x' } })).status).toBe(204);
  });

  it('is refused in header and query at once, as by the service', async () => {
    const path = `/${bucket}/there?${LIMIT}=838860800`;
    await expectBad(await send('GET', path, { headers: { [LIMIT]: '838860800' } }), '0004-00000501');
    expect((await send('GET', path)).bytes).toEqual(content);
  });

  it('does not matter to who cannot set a pace, nor at the ends of its range', async () => {
    for (const method of ['HEAD', 'DELETE']) {
      const answer = await send(method, `/${bucket}/${method}`, { headers: { [LIMIT]: 'abc' } });
      expect([method, answer.status]).toEqual([method, method === 'HEAD' ? 404 : 204]);
    }
    await send('PUT', `/${bucket}/short`, { body: 'hello' });
    for (const value of ['819200', '838860800']) {
      expect((await send('GET', `/${bucket}/short`, { headers: { [LIMIT]: value } })).text).toBe('hello');
    }
  });
});

describe('a limited download', () => {
  let bucket: string;
  /** Cannot be compressed to less than half. */
  const text = Buffer.from(crypto.getRandomValues(new Uint8Array(BYTES / 2))).toString('hex');

  beforeAll(async () => {
    bucket = await newBucket({ acl: 'public-read' });
    const put = (key: string, body: BodyInit, headers = {}) => send('PUT', `/${bucket}/${key}`, { body, headers });
    await put('blob', content);
    await put('sealed', content, { 'x-oss-server-side-encryption': 'AES256' });
    await put('inline', content.slice(0, 4_000));
    await put('empty', '');
    await put('text', text, { 'content-type': 'text/plain' });
    await send('PUT', `/${bucket}/link?symlink`, { headers: { 'x-oss-symlink-target': 'blob' } });
    const id = await initiate(`/${bucket}/parts`);
    const etag = await putPart(`/${bucket}/parts`, id, 1, content);
    const last = await putPart(`/${bucket}/parts`, id, 2, content.slice(0, 10));
    const parts = [etag, last].map((etag, i) => ({ number: i + 1, etag }));
    expect((await complete(`/${bucket}/parts`, id, parts)).status).toBe(200);
  });

  it.each<[string, string, Record<string, string>, Uint8Array, number]>([
    ['of a blob', 'blob', {}, content, 200],
    ['of a range', 'blob', { range: 'bytes=10-51209' }, content.slice(10, 51_210), 206],
    ['of several segments', 'parts', {}, joined(content, content.slice(0, 10)), 200],
    ['of what is encrypted', 'sealed', {}, content, 200],
    ['of what lives in the index', 'inline', {}, content.slice(0, 4_000), 200],
    ['of nothing', 'empty', {}, new Uint8Array(), 200],
    ['of a link', 'link', {}, content, 200],
  ])('%s takes its time, and says how long it is', async (_, key, headers, expected, status) => {
    const { result, ms } = await timed(() => send('GET', `/${bucket}/${key}`, { headers: { ...headers, ...limited } }));
    expect([result.status, result.header('content-length')]).toEqual([status, String(expected.length)]);
    expect(result.bytes).toEqual(expected);
    expect(ms).toBeGreaterThanOrEqual(msOf(expected.length));
  });

  it('by a signed URL, or one that needs no signature, takes its time', async () => {
    const path = `/${bucket}/blob?${LIMIT}=${limited[LIMIT]}`;
    const ways: Wish[] = [{ place: 'query' }, { place: 'query', scheme: 'V1' }, { as: 'anonymous' }];
    const answers = await Promise.all(ways.map((wish) => timed(() => send('GET', path, wish))));
    for (const { result, ms } of answers) {
      expect(result.bytes).toEqual(content);
      expect(ms).toBeGreaterThanOrEqual(msOf(BYTES));
    }
  });

  it('by a V1-signed URL is not taken where the signature leaves it out, as nothing else is', async () => {
    const unsigned = { query: `${LIMIT}=${limited[LIMIT]}` };
    expectRefusal(
      await send('GET', `/${bucket}/blob`, { place: 'query', scheme: 'V1', unsigned }),
      403,
      'SignatureDoesNotMatch',
    );
  });

  it('[GetObject-14] that is compressed takes the time of its compressed bytes', async () => {
    const headers = { 'accept-encoding': 'gzip', ...limited };
    const { result, ms } = await timed(() => send('GET', `/${bucket}/text`, { headers }));
    expect([result.status, result.header('content-encoding')]).toEqual([200, 'gzip']);
    // The client of the tests decodes it.
    expect(result.text).toBe(text);
    expect(ms).toBeGreaterThanOrEqual(msOf(text.length / 2));
  });

  it('from the origin of a mirror takes its time, and stores all the same', async () => {
    await putWebsite(bucket, rules(rule(1, on404, mirror())));
    // Longer than what is stored before it is shown.
    const long = bytesOf(WHOLE_BYTES + 20_000, 3);
    const length = { 'content-length': String(long.length) };
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response(long, { headers: length }));
    const { result, ms } = await timed(() => visit(bucket, '/mirrored', { headers: limited }));
    expect([result.status, result.header('content-length')]).toEqual([200, String(long.length)]);
    expect(result.bytes).toEqual(long);
    expect(ms).toBeGreaterThanOrEqual(msOf(long.length));
    vi.restoreAllMocks();
    expect((await send('GET', `/${bucket}/mirrored`)).bytes).toEqual(long);
  });

  it('alone has bytes pass through JavaScript', async () => {
    const read = vi.spyOn(BodySource.prototype, 'read');
    const via = (request: Request) => handle(request, env, createExecutionContext());
    for (const key of ['blob', 'parts', 'inline', 'link']) {
      expect((await send('GET', `/${bucket}/${key}`, { via })).status).toBe(200);
    }
    expect(read).not.toHaveBeenCalled();
    await send('GET', `/${bucket}/inline`, { via, headers: limited });
    expect(read).toHaveBeenCalled();
  });

  it('ends where its reader goes away, or its source breaks off', async () => {
    const request = (pull: (to: { enqueue(bytes: Uint8Array): void }) => void, cancel = (_: unknown) => {}) =>
      pacedStream(new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 }), 102_400);
    let pulled = 0;
    const cancelled = new Promise<unknown>((resolve) => {
      const stream = request((controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(10_240));
      }, resolve);
      const reader = stream.getReader();
      void reader.read().then(() => reader.cancel('enough'));
    });
    expect(await cancelled).toBe('enough');
    // Nothing is read ahead of a reader that does not read.
    expect(pulled).toBe(1);
    const broken = request(() => {
      throw new Error('broke off');
    });
    await expect(new Response(broken).arrayBuffer()).rejects.toThrow();
  });
});

describe('a limited upload', () => {
  let bucket: string;
  beforeAll(async () => {
    bucket = await newBucket();
  });

  const ways: [string, (key: string) => Promise<Answer>][] = [
    ['PutObject', (key) => send('PUT', key, { body: content, headers: limited })],
    [
      'PutObject by a signed URL',
      (key) => send('PUT', `${key}?${LIMIT}=${limited[LIMIT]}`, { body: content, place: 'query' }),
    ],
    [
      'PutObject, encrypted',
      (key) => send('PUT', key, { body: content, headers: { ...limited, 'x-oss-server-side-encryption': 'AES256' } }),
    ],
    ['AppendObject', (key) => send('POST', `${key}?append&position=0`, { body: content, headers: limited })],
    ['PostObject', (key) => post(bucket, { fields: { key: key.split('/')[2]!, ...limited }, file: content })],
    [
      'UploadPart',
      async (key) => {
        const id = await initiate(key);
        const part = await sendPart(key, id, 1, content, { headers: limited });
        await complete(key, id, [{ number: 1, etag: part.header('etag')!.replaceAll('"', '') }]);
        return part;
      },
    ],
  ];

  it.each(ways)('by %s takes its time', async (name, upload) => {
    const path = `/${bucket}/${name.replaceAll(/\W/g, '')}`;
    const { result, ms } = await timed(() => upload(path));
    expect([200, 204]).toContain(result.status);
    expect(ms).toBeGreaterThanOrEqual(msOf(BYTES));
    expect((await send('GET', path)).bytes).toEqual(content);
  });

  it('of a copy moves nothing and takes none', async () => {
    const wait = vi.spyOn(scheduler, 'wait');
    await send('PUT', `/${bucket}/source`, { body: content });
    const headers = { 'x-oss-copy-source': `/${bucket}/source`, [LIMIT]: '819200' };
    expect((await send('PUT', `/${bucket}/copy`, { headers })).status).toBe(200);
    expect(wait).not.toHaveBeenCalled();
  });

  it('[PutObject-4] that breaks off leaves nothing', async () => {
    const shard = await shardOfKey(bucket, 'broken');
    const before = await storedBlobs(shard);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (sent === BYTES) return controller.error(new Error('gone'));
          controller.enqueue(content.slice(sent, sent + 10_240));
          sent += 10_240;
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { ...limited, 'content-length': '1000000' };
    const { result, ms } = await timed(() => send('PUT', `/${bucket}/broken`, { body, headers }));
    expectRefusal(result, 400, 'RequestTimeout');
    expect(ms).toBeGreaterThanOrEqual(msOf(BYTES));
    expect((await send('GET', `/${bucket}/broken`)).status).toBe(404);
    expect(await storedBlobs(shard)).toEqual(before);
  });

  it('does not find its sender idle for its own pauses', async () => {
    const body = new Blob([content]).stream();
    // Each pause is longer than the sender may make.
    const source = new BodySource(body, 20, Date.now, new Pace(RATE));
    expect(await source.fill(new Uint8Array(BYTES))).toEqual(content);
    source.close();
  });
});
