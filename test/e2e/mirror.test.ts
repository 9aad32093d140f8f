import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../support/sign.ts';
import { after } from './support/cleanup.ts';
import { type Answer, request } from './support/http.ts';
import { type Server, startServer } from './support/server.ts';
import { until } from './support/wait.ts';

const mib = 1024 * 1024;
const bucket = 'mirror-bucket';

/** What the origin has, by path; and what it was asked for. */
const pages: Record<string, (response: ServerResponse, incoming: IncomingMessage) => unknown> = {};
const asked: string[] = [];

let server: Server;
let origin: string;

beforeAll(async () => {
  const listener = createServer((incoming, response) => {
    asked.push(incoming.url ?? '');
    const page = pages[incoming.url ?? ''];
    if (page === undefined) response.writeHead(404).end('no such page');
    else void page(response, incoming);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  after(() => {
    listener.closeAllConnections();
    listener.close();
  });
  origin = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  server = await startServer({ env: { ALLOW_PRIVATE_ORIGINS: 'true' } });
  expect((await api('PUT', `/${bucket}`, '', { 'x-oss-acl': 'public-read' })).status).toBe(200);
  await configure(rule(`${origin}/`));
});

function rule(url: string, more = ''): string {
  return `<RoutingRule><RuleNumber>1</RuleNumber><Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><RedirectType>Mirror</RedirectType><MirrorURL>${url}</MirrorURL><MirrorCheckMd5>true</MirrorCheckMd5>${more}</Redirect></RoutingRule>`;
}

async function configure(rules: string): Promise<void> {
  const body = `<WebsiteConfiguration><RoutingRules>${rules}</RoutingRules></WebsiteConfiguration>`;
  expect((await api('PUT', `/${bucket}?website`, body)).status).toBe(200);
}

function api(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<Answer> {
  const { accessKeyId, accessKeySecret, port } = server;
  const key = path.split('?')[0]!.split('/').slice(2).join('/');
  const signed = sign({
    method,
    url: `http://127.0.0.1:${port}${path}`,
    headers,
    bucket,
    ...(key === '' ? {} : { key }),
    accessKeyId,
    accessKeySecret,
    region: 'cn-hangzhou',
    scheme: 'V4',
    place: 'header',
  });
  return request(port, { method, path, headers: signed.headers, ...(body === '' ? {} : { body }) });
}

const visit = (key: string, headers = {}) => request(server.port, { path: `/${bucket}/${key}`, headers });
const stored = async (key: string) => (await api('HEAD', `/${bucket}/${key}`)).status === 200;
const failsWith = async (key: string) => {
  const { status, body } = await visit(key);
  return [status, /<Code>(\w+)</.exec(body.toString())?.[1]];
};

/** A body that is long, and different everywhere. */
function content(bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4)).map((_, i) => Math.imul(i, 2_654_435_761));
  return Buffer.from(words.buffer, 0, bytes);
}

describe('a mirror of a real origin', () => {
  it('[WebsiteServing-37] answers and stores bodies of any size and framing', async () => {
    const sizes = [0, 1, 5_000, 256 * 1024, 256 * 1024 + 4, 3 * mib, 9 * mib];
    for (const size of sizes) {
      for (const framed of [true, false]) {
        const key = `size-${size}-${framed}`;
        const body = content(size);
        pages[`/${key}`] = (response) => {
          response.writeHead(200, { 'content-type': 'image/png', ...(framed ? { 'content-length': size } : {}) });
          response.end(body);
        };
        for (const time of ['first', 'second']) {
          const answer = await visit(key);
          expect([key, time, answer.status, answer.headers['content-type']]).toEqual([key, time, 200, 'image/png']);
          expect(answer.body.equals(body), `${key} ${time}`).toBe(true);
        }
        const head = await api('HEAD', `/${bucket}/${key}`);
        expect(head.headers.etag).toBe(`"${createHash('md5').update(body).digest('hex').toUpperCase()}"`);
        expect(asked.filter((path) => path === `/${key}`)).toHaveLength(1);
      }
    }
  });

  it('keeps an encoded body as it came, with its encoding', async () => {
    const packed = gzipSync(content(10_000));
    pages['/packed'] = (response) => {
      response.writeHead(200, {
        'content-type': 'text/plain',
        'content-encoding': 'gzip',
        'content-length': packed.length,
      });
      response.end(packed);
    };
    pages['/packed-again'] = (response) => response.writeHead(303, { location: '/packed' }).end();
    for (const key of ['packed', 'packed', 'packed-again', 'packed-again']) {
      const answer = await visit(key);
      expect([answer.status, answer.headers['content-encoding']]).toEqual([200, 'gzip']);
      expect(answer.body.equals(packed)).toBe(true);
      expect(gunzipSync(answer.body)).toHaveLength(10_000);
    }
  });

  it('[WebsiteServing-49] asks plainly', async () => {
    let seen: IncomingMessage['headers'] = {};
    pages['/plain'] = (response, incoming) => {
      seen = incoming.headers;
      response.end('x');
    };
    await visit('plain', {
      cookie: 'a=b',
      range: 'bytes=0-0',
      'accept-encoding': 'gzip',
      'x-mine': '1',
      referer: 'http://a.example/',
    });
    expect(seen).toMatchObject({ host: origin.slice(7), 'accept-encoding': 'identity' });
    expect(seen['user-agent']).toContain('aliyun-oss-mirror');
    for (const name of ['cookie', 'range', 'x-mine', 'referer', 'authorization']) expect(seen).not.toHaveProperty(name);
  });

  it('[WebsiteServing-43] says so where the origin has nothing of use', async () => {
    for (const status of [400, 401, 403, 405, 410, 500, 502, 503]) {
      pages[`/status-${status}`] = (response) => response.writeHead(status).end('no');
      expect(await failsWith(`status-${status}`)).toEqual([424, 'MirrorFailed']);
    }
    expect(await failsWith('missing')).toEqual([404, 'NoSuchKey']);
    pages['/gone'] = (response) => response.socket?.destroy();
    expect(await failsWith('gone')).toEqual([424, 'MirrorFailed']);
  });

  it('[WebsiteServing-39] [Sec-42] does not go round in circles', async () => {
    pages['/circle'] = (response) => response.writeHead(302, { location: '/circle' }).end();
    const before = asked.length;
    expect(await failsWith('circle')).toEqual([424, 'MirrorFailed']);
    expect(asked.length - before).toBe(11);
    pages['/round'] = (response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${server.port}/${bucket}/round` }).end();
    expect(await failsWith('round')).toEqual([424, 'MirrorFailed']);
  });

  it('[Sec-42] [WebsiteServing-50] refuses its own request that an origin sends back', async () => {
    let back: Answer | undefined;
    pages['/boomerang'] = async (response, incoming) => {
      // A proxy in front of the gateway, which passes on what it is sent.
      const { host: _host, ...headers } = incoming.headers;
      const passed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      back = await request(server.port, { path: `/${bucket}/a-page`, headers: passed });
      response.writeHead(back.status, { 'content-length': back.body.length }).end(back.body);
    };
    expect((await api('PUT', `/${bucket}/a-page`, 'a page')).status).toBe(200);
    expect(await failsWith('boomerang')).toEqual([424, 'MirrorFailed']);
    expect([back?.status, /<Code>(\w+)</.exec(back!.body.toString())?.[1]]).toEqual([403, 'AccessDenied']);
    expect((await visit('a-page')).body.toString()).toBe('a page');
  });

  it('[WebsiteServing-44] [WebsiteServing-43] stores nothing that is not what it should be', async () => {
    const long = content(2 * mib);
    const wrong = createHash('md5').update('other').digest('base64');
    pages['/short'] = (response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('abc');
      setTimeout(() => response.socket?.destroy(), 50);
    };
    pages['/md5'] = (response) => response.writeHead(200, { 'content-md5': wrong }).end('hello');
    for (const key of ['short', 'md5']) expect(await failsWith(key)).toEqual([424, 'MirrorFailed']);
    pages['/long-short'] = (response) => {
      response.writeHead(200, { 'content-length': 4 * mib });
      response.write(long, () => setTimeout(() => response.socket?.destroy(), 50));
    };
    pages['/long-chunked'] = (response) => {
      response.write(long, () => setTimeout(() => response.socket?.destroy(), 50));
    };
    pages['/long-md5'] = (response) =>
      response.writeHead(200, { 'content-md5': wrong, 'content-length': long.length }).end(long);
    for (const key of ['long-short', 'long-chunked', 'long-md5']) {
      await expect(visit(key), key).rejects.toThrow();
    }
    for (const key of ['short', 'md5', 'long-short', 'long-chunked', 'long-md5']) expect(await stored(key)).toBe(false);
    // The controls: what is as it should be is stored.
    const right = createHash('md5').update(long).digest('base64');
    pages['/long-md5'] = (response) =>
      response.writeHead(200, { 'content-md5': right, 'content-length': long.length }).end(long);
    expect((await visit('long-md5')).body.equals(long)).toBe(true);
    expect(await stored('long-md5')).toBe(true);
  });

  it('refuses an object that announces to be too long', async () => {
    pages['/huge'] = (response) => {
      response.writeHead(200, { 'content-length': 5 * 1024 ** 3 + 1 });
      response.write('x');
    };
    expect(await failsWith('huge')).toEqual([424, 'MirrorFailed']);
  });

  it('streams: the client has the beginning while the origin still has the end', async () => {
    const body = content(mib);
    let finish = () => {};
    pages['/slow'] = (response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 600_000));
      finish = () => response.end(body.subarray(600_000));
    };
    const response = await fetch(`http://127.0.0.1:${server.port}/${bucket}/slow`);
    const reader = response.body!.getReader();
    const first = await reader.read();
    expect(first.value!.length).toBeGreaterThan(0);
    expect(await stored('slow')).toBe(false);
    finish();
    let length = first.value!.length;
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) length += chunk.value.length;
    expect(length).toBe(body.length);
    expect(await stored('slow')).toBe(true);
  });

  it('stores all or nothing where the client leaves in the middle', async () => {
    const body = content(3 * mib);
    let finish = () => {};
    pages['/left'] = (response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 2 * mib));
      finish = () => response.end(body.subarray(2 * mib));
    };
    const aborted = new AbortController();
    const response = await fetch(`http://127.0.0.1:${server.port}/${bucket}/left`, { signal: aborted.signal });
    await response.body!.getReader().read();
    aborted.abort();
    finish();
    await new Promise((resolve) => setTimeout(resolve, 300));
    pages['/left'] = (response) => response.writeHead(200, { 'content-length': body.length }).end(body);
    await until('the object is there, and whole', async () => (await visit('left')).body.equals(body));
    expect((await api('HEAD', `/${bucket}/left`)).headers['content-length']).toBe(String(body.length));
  });

  it('[WebsiteServing-38] sends one request for a crowd', async () => {
    const body = content(400_000);
    pages['/crowd'] = (response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 300_000));
      setTimeout(() => response.end(body.subarray(300_000)), 200);
    };
    const answers = await Promise.all(Array.from({ length: 8 }, () => visit('crowd')));
    expect(answers.every((answer) => answer.body.equals(body))).toBe(true);
    expect(asked.filter((path) => path === '/crowd')).toHaveLength(1);
  });

  it('gives up on an origin that does not answer', { timeout: 30_000 }, async () => {
    pages['/silent'] = () => {};
    pages['/stuck'] = (response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('abc');
    };
    const began = performance.now();
    expect(await Promise.all([failsWith('silent'), failsWith('stuck')])).toEqual([
      [424, 'MirrorFailed'],
      [424, 'MirrorFailed'],
    ]);
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(await stored('stuck')).toBe(false);
  });
});

describe('private origins', () => {
  it('[Sec-42] [WebsiteServing-50] are closed unless the deployment opens them', async () => {
    const closed = await startServer();
    const open = server;
    try {
      server = closed;
      expect((await api('PUT', `/${bucket}`, '', { 'x-oss-acl': 'public-read' })).status).toBe(200);
      pages['/secret'] = (response) => response.end('secret');
      const before = asked.length;
      for (const url of [
        `${origin}/`,
        origin.replace('127.0.0.1', 'localhost').concat('/'),
        origin.replace('127.0.0.1', '[::ffff:127.0.0.1]').concat('/'),
      ]) {
        await configure(rule(url));
        expect(await failsWith('secret')).toEqual([424, 'MirrorFailed']);
      }
      expect(asked.length).toBe(before);
    } finally {
      server = open;
    }
    // The control.
    expect((await visit('secret')).body.toString()).toBe('secret');
  });
});
