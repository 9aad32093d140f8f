import { request } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../support/sign.ts';
import { type Server, startServer } from './support/server.ts';

/** What no client library sends, byte by byte. */

const BUCKET = 'raw-http';
let server: Server;

beforeAll(async () => {
  server = await startServer();
  expect(await statusOf(head('PUT', '', { 'content-length': '0' }))).toBe(200);
});
afterAll(() => server.stop());

/** Request line and signed headers; the empty line and the body are the caller's. */
function head(method: string, target: string, headers: Record<string, string>): string {
  const path = `/${BUCKET}${target === '' ? '' : `/${target}`}`;
  const [key = ''] = target.split('?');
  const signed = sign({
    method,
    url: `${server.endpoint}${path}`,
    bucket: BUCKET,
    ...(key === '' ? {} : { key }),
    accessKeyId: server.accessKeyId,
    accessKeySecret: server.accessKeySecret,
    region: 'cn-hangzhou',
    scheme: 'V4',
    place: 'header',
  });
  const lines = Object.entries({ host: `127.0.0.1:${server.port}`, ...signed.headers, ...headers });
  return [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}

/** Sends bytes, ends or stays open, and returns all that comes back until the peer closes or is silent. */
function exchange(text: string, options: { readonly end?: boolean; readonly waitMs?: number } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(text, 'latin1');
      if (options.end) socket.end();
    });
    socket.setTimeout(options.waitMs ?? 1_500, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => ('code' in error && error.code === 'ECONNRESET' ? resolve(answer) : reject(error)));
  });
}

/** Sends bytes, and breaks the connection off so many milliseconds later. */
function leave(text: string, afterMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(text, 'latin1', () => setTimeout(() => socket.destroy(), afterMs));
    });
    socket.on('close', () => resolve());
    socket.on('error', reject);
  });
}

async function statusOf(text: string, options = {}): Promise<number> {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(await exchange(text, options))?.[1]);
}

async function stored(key: string): Promise<string | undefined> {
  const answer = await exchange(head('GET', key, { connection: 'close' }));
  return answer.startsWith('HTTP/1.1 200') ? answer.slice(answer.indexOf('\r\n\r\n') + 4) : undefined;
}

/** Sends an upload as fast as it can be taken, as Node's clients do. @returns the status, or why there was no answer */
function streamed(bytes: number, headers: Record<string, string>): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const options = { method: 'PUT', headers: { 'content-length': String(bytes), ...headers } };
    const upload = request(`${server.endpoint}/${BUCKET}/refused`, options, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    upload.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    const block = Buffer.alloc(50_000);
    Readable.from(Array.from({ length: bytes / block.length }, () => block)).pipe(upload);
  });
}

describe('bodies on the wire', () => {
  it('[PutObject-2] takes a chunked body without a length', async () => {
    const body = '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n';
    expect(await statusOf(head('PUT', 'chunked', { 'transfer-encoding': 'chunked' }) + body)).toBe(200);
    expect(await stored('chunked')).toBe('hello world');
  });

  it('[PutObject-3] stores exactly as many bytes as the length says', async () => {
    expect(await statusOf(`${head('PUT', 'cut', { 'content-length': '5', connection: 'close' })}hello and more`)).toBe(
      200,
    );
    expect(await stored('cut')).toBe('hello');
  });

  it('[PutObject-4] [PutObject-E7] stores nothing of a body that ends too early', async () => {
    await exchange(`${head('PUT', 'short', { 'content-length': '100' })}only this`, { end: true });
    expect(await stored('short')).toBeUndefined();
    await exchange(`${head('PUT', 'broken', { 'transfer-encoding': 'chunked' })}5\r\nhel`, { end: true });
    expect(await stored('broken')).toBeUndefined();
    await exchange(`${head('PUT', 'nonsense', { 'transfer-encoding': 'chunked' })}zz\r\nhello\r\n0\r\n\r\n`, {
      end: true,
    });
    expect(await stored('nonsense')).toBeUndefined();
  });

  it('an upload that breaks off leaves what was there before', async () => {
    expect(await statusOf(`${head('PUT', 'kept', { 'content-length': '3' })}old`)).toBe(200);
    await exchange(`${head('PUT', 'kept', { 'content-length': '500000' })}${'n'.repeat(100_000)}`, { end: true });
    expect(await stored('kept')).toBe('old');
  });

  it('[PutBucketTags-2] a document that breaks off changes nothing, and is no fault of the gateway', async () => {
    const tags = '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>';
    for (const headers of [{ 'content-length': '100' }, { 'transfer-encoding': 'chunked' }] as Record<
      string,
      string
    >[]) {
      const framed = 'content-length' in headers ? tags : `${tags.length.toString(16)}\r\n${tags}\r\n`;
      await exchange(head('PUT', '?tagging', headers) + framed, { end: true });
    }
    const answer = await exchange(head('GET', '?tagging', { connection: 'close' }));
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(answer).not.toContain('<Key>');
    expect(server.output()).not.toContain('internal-error');
  });

  it('takes the body that arrives where both framings are given, or refuses the request; never a part of another', async () => {
    const status = await statusOf(
      `${head('PUT', 'both', { 'content-length': '5', 'transfer-encoding': 'chunked' })}b\r\nhello world\r\n0\r\n\r\n`,
    );
    expect([200, 400]).toContain(status);
    expect(await stored('both')).toBe(status === 200 ? 'hello world' : undefined);
  });

  it('answers a client that waits for 100 Continue once it sends its body', async () => {
    const text = `${head('PUT', 'expected', { 'content-length': '5', expect: '100-continue' })}hello`;
    expect(await exchange(text)).toMatch(/HTTP\/1\.1 200/);
    expect(await stored('expected')).toBe('hello');
  });
});

describe('clients that go away', () => {
  it('[CompleteMultipartUpload-6] complete their upload all the same', async () => {
    for (const patience of [0, 0, 1, 2, 5]) {
      const key = `left-${patience}`;
      const begun = await exchange(head('POST', `${key}?uploads`, { 'content-length': '0', connection: 'close' }));
      const id = /<UploadId>(.*?)</.exec(begun)![1];
      const part = head('PUT', `${key}?uploadId=${id}&partNumber=1`, { 'content-length': '4', connection: 'close' });
      const etag = /etag: "(.*?)"/i.exec(await exchange(`${part}part`))![1];
      const list = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
      const text = head('POST', `${key}?uploadId=${id}`, { 'content-length': String(list.length) }) + list;
      await leave(text, patience);
      await expect.poll(() => stored(key)).toBe('part');
    }
  });
});

describe('answers on the wire', () => {
  it('[HeadObject-1] tells the length of an object on HEAD without sending a body', async () => {
    expect(await statusOf(`${head('PUT', 'headed', { 'content-length': '7' })}content`)).toBe(200);
    const answer = await exchange(head('HEAD', 'headed', { connection: 'close' }));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(answer).toMatch(/\r\ncontent-length: 7\r\n/i);
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });

  it('answers pipelined requests one after another', async () => {
    const answer = await exchange(head('GET', 'headed', {}) + head('GET', 'none', {}) + head('GET', 'headed', {}));
    expect([...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)).toEqual(['200', '404', '200']);
  });

  it('refuses before it reads: a refused upload needs no body', async () => {
    const text = head('PUT', 'refused', { 'content-length': '1000000', 'x-oss-unsigned': '1' });
    expect(await statusOf(text)).toBe(403);
    expect(await stored('refused')).toBeUndefined();
  });

  it('tells a client that sends on and on why it is refused', async () => {
    for (const bytes of [200_000, 4_000_000]) {
      const answers = new Set<unknown>();
      for (let i = 0; i < 12; i++) answers.add(await streamed(bytes, { 'x-oss-unsigned': '1' }));
      expect([...answers], `${bytes} bytes`).toEqual([403]);
    }
    expect(await stored('refused')).toBeUndefined();
  });

  it('survives absurd requests', async () => {
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n',
      'PATCH / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
      `GET / HTTP/1.1\r\nhost: localhost\r\nx-long: ${'h'.repeat(50_000)}\r\n\r\n`,
      'GET /%zz/%ff HTTP/1.1\r\nhost: localhost\r\n\r\n',
      'GET http://other.example/ HTTP/1.1\r\nhost: localhost\r\n\r\n',
      '\0\0\0\0\r\n\r\n',
    ]) {
      const answer = await exchange(text);
      expect(answer.slice(0, 12), JSON.stringify(text.slice(0, 40))).not.toMatch(/ 5\d\d$/);
    }
    expect(await stored('headed')).toBe('content');
  });
});

describe('a connection', () => {
  /** Writes pieces with pauses between them, and returns all that comes back. */
  function dribble(pieces: readonly string[], pauseMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(server.port, '127.0.0.1', async () => {
        for (const piece of pieces) {
          socket.write(piece, 'latin1');
          await new Promise((written) => setTimeout(written, pauseMs));
        }
      });
      socket.setTimeout(2_000, () => socket.destroy());
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
        if (answer.includes('HTTP/1.1 200')) socket.end();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  }

  it('takes a body that comes slowly', async () => {
    const pieces = ['he', 'll', 'o', ' wo', 'rld'];
    const answer = await dribble([head('PUT', 'slow', { 'content-length': '11' }), ...pieces], 120);
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(await stored('slow')).toBe('hello world');
  });

  it('[PutObject-E1] learns that an upload must say how long it is, or come in chunks', async () => {
    const answer = await exchange(head('PUT', 'lengthless', { connection: 'close' }));
    expect(answer).toMatch(/^HTTP\/1\.1 411/);
    expect(answer).toContain('<Code>MissingContentLength</Code>');
    expect(await stored('lengthless')).toBeUndefined();
  });

  it('never takes the body of a refused upload for another request', async () => {
    const smuggled = head('PUT', 'smuggled', { 'content-length': '2' });
    const body = `${smuggled}xx`.padEnd(100_000, ' ');
    for (const headers of [{ 'x-oss-unsigned': '1' }, { 'content-md5': 'bm9uZQ==' }]) {
      const refused = head('PUT', 'refused', { 'content-length': String(body.length), ...headers });
      const answer = await exchange(refused + body + head('GET', 'headed', { connection: 'close' }));
      // Either the connection ends with the refusal, or what follows the body is answered.
      expect(['403', '400 200', '403 200', '400']).toContain(
        [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status).join(' '),
      );
    }
    expect(await stored('smuggled')).toBeUndefined();
  });

  it('refuses two lengths that differ', async () => {
    const text = head('PUT', 'twice', { 'content-length': '5' }).replace('\r\n\r\n', '\r\ncontent-length: 3\r\n\r\n');
    expect(await statusOf(`${text}hello`)).not.toBe(200);
    expect(await stored('twice')).toBeUndefined();
  });

  it('that goes away in the middle of a download or an upload disturbs nobody', async () => {
    expect(await statusOf(`${head('PUT', 'large', { 'content-length': '3000000' })}${'l'.repeat(3_000_000)}`)).toBe(
      200,
    );
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => {
        const text = i % 2 === 0 ? head('GET', 'large', {}) : head('PUT', 'gone', { 'content-length': '3000000' });
        return new Promise<void>((resolve) => {
          const socket = connect(server.port, '127.0.0.1', () => {
            socket.write(text + (i % 2 === 0 ? '' : 'g'.repeat(100_000)));
            setTimeout(() => socket.resetAndDestroy(), 20 + 10 * i);
          });
          socket.on('error', () => {});
          socket.on('close', () => resolve());
        });
      }),
    );
    expect((await stored('large'))?.length).toBe(3_000_000);
    expect(await stored('gone')).toBeUndefined();
  });
});
