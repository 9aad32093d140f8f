import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bundleWorker } from '../../scripts/start/bundle.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../scripts/start/runtime.ts';
import { request } from './support/http.ts';
import { temporaryFolder } from './support/server.ts';
import { until } from './support/wait.ts';

const logs: string[] = [];

async function start(options: Partial<RuntimeOptions> = {}): Promise<Runtime> {
  return startRuntime({
    name: 'echo',
    host: '127.0.0.1',
    port: 0,
    storageDir: temporaryFolder(),
    modules: await bundleWorker(join(import.meta.dirname, 'support/echo-worker.ts')),
    worker: { compatibilityDate: '2026-10-01', r2Buckets: ['STORE'] },
    variables: () => ({}),
    allowPrivateOrigins: false,
    onLog: (level, message) => logs.push(`${level} ${message}`),
    onFailure: (error) => logs.push(`failure ${error.message}`),
    ...options,
  });
}

describe('the socket of npm start', () => {
  let runtime: Runtime;
  const seen = async (headers: Record<string, string>) => {
    const { body } = await request(runtime.port, { path: '/seen?a=%2f+b', headers });
    return JSON.parse(body.toString()) as { url: string; cf: { clientIp?: string }; headers: Record<string, string> };
  };
  beforeAll(async () => {
    runtime = await start();
  });
  afterAll(() => runtime.stop(0));

  it('passes the Host, the target and the encodings that a client accepts unchanged', async () => {
    const { url, headers } = await seen({ host: 'bucket.oss-cn-hangzhou.aliyuncs.com', 'accept-encoding': 'deflate' });
    expect(url).toBe('http://bucket.oss-cn-hangzhou.aliyuncs.com/seen?a=%2f+b');
    expect(headers['accept-encoding']).toBe('deflate');
    expect((await seen({})).headers['accept-encoding']).toBeUndefined();
  });

  it('tells the address of the client, whatever headers say', async () => {
    const forged = {
      'mf-cf-blob': '{"clientIp":"192.0.2.1"}',
      'cf-connecting-ip': '192.0.2.1',
      'x-forwarded-for': '192.0.2.1',
    };
    expect((await seen(forged)).cf.clientIp).toMatch(/^127\.0\.0\.1:[0-9]+$/);
  });

  it('opens no way to the methods of the Worker', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(runtime.port, '127.0.0.1');
      const host = 'miniflare-unsafe-internal-capnp-connect';
      socket.write(`CONNECT ${host}:80 HTTP/1.1\r\nHost: ${host}:80\r\n\r\n`);
      socket.once('data', (data) => resolve(data.toString('latin1').split('\r\n')[0]!));
      socket.once('error', reject);
      socket.once('close', () => resolve('closed'));
      onTestFinished(() => void socket.destroy());
    });
    expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
  });

  it('compresses nothing and keeps lengths', async () => {
    const { headers, body } = await request(runtime.port, {
      path: '/text',
      headers: { 'accept-encoding': 'gzip, br' },
    });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['content-length']).toBe('5000');
    expect(body).toHaveLength(5_000);
  });

  it('passes a stored encoding on, also to a client that did not ask for it', async () => {
    const { headers, body } = await request(runtime.port, { path: '/encoded' });
    expect(headers['content-encoding']).toBe('gzip');
    expect([...body]).toEqual([1, 2, 3]);
    expect(() => gunzipSync(body)).toThrow(); // Nobody compressed them on the way.
  });

  it('keeps the length of a HEAD and of a range', async () => {
    const head = await request(runtime.port, { path: '/head', method: 'HEAD' });
    expect(head.headers).toMatchObject({ 'content-length': '123456789', etag: '"E"' });
    const range = await request(runtime.port, { path: '/range', headers: { range: 'bytes=2-4' } });
    expect(range.status).toBe(206);
    expect(range.headers).toMatchObject({ 'content-length': '3', 'content-range': 'bytes 2-4/10' });
  });

  it('hands on what the Worker writes, by level', async () => {
    await request(runtime.port, { path: '/log' });
    const said = () => logs.filter((line) => line.includes('"said"'));
    await until('both lines arrive', () => said().length >= 2);
    expect(said()).toEqual(['log {"said":"info"}', 'error {"said":"error"}']);
  });

  it('lets the Worker reach no private address', async () => {
    const inside = createServer((_, response) => response.end('inside')).listen(0, '127.0.0.1');
    onTestFinished(() => void inside.close());
    await until('the server listens', () => inside.listening);
    const { port } = inside.address() as { port: number };
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      const { body } = await request(runtime.port, { path: '/fetch', method: 'POST', body: `http://${host}:${port}/` });
      expect(body.toString()).not.toBe('inside');
      expect(body.toString()).toMatch(/error/i);
    }
  });
});

describe('a run of workerd', () => {
  it('finishes requests in flight and refuses new ones when it is stopped', async () => {
    const runtime = await start();
    const slow = request(runtime.port, { path: '/slow?ms=1000' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopped = runtime.stop(5_000);
    await until('new connections are refused', () =>
      request(runtime.port, { path: '/text' }).then(
        () => false,
        () => true,
      ),
    );
    expect((await slow).body.toString()).toBe('done');
    await stopped;
  });

  it('waits no longer than it was told', async () => {
    const runtime = await start();
    const slow = request(runtime.port, { path: '/slow?ms=8000' }).then(
      () => 'answered',
      () => 'cut',
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const began = performance.now();
    await runtime.stop(100);
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(await slow).toBe('cut');
  });

  it('keeps what it acknowledged when it is killed', async () => {
    const storageDir = temporaryFolder();
    const first = await start({ storageDir });
    const bodies = Array.from({ length: 40 }, (_, i) => `${i} `.repeat(2_000 * (i % 3) + 1));
    let count = 0;
    const acknowledged = await Promise.all(
      bodies.map(async (body, i) => {
        const done = await request(first.port, { path: `/kept/${i}`, method: 'PUT', body }).then(
          ({ status }) => status === 200,
          () => false,
        );
        if (done) count += 1;
        if (done && count === 10) first.kill(); // In the middle of the others, which may be there or not.
        return done;
      }),
    );
    expect(count).toBeGreaterThanOrEqual(10);
    expect(count).toBeLessThan(bodies.length);
    await first.stop(0);
    const second = await start({ storageDir });
    for (const [i, body] of bodies.entries()) {
      if (!acknowledged[i]) continue;
      expect((await request(second.port, { path: `/kept/${i}` })).body.toString()).toBe(body);
    }
    await second.stop(0);
  });

  it('reaches private addresses only where that is allowed', async () => {
    const inside = createServer((_, response) => response.end('inside')).listen(0, '127.0.0.1');
    onTestFinished(() => void inside.close());
    await until('the server listens', () => inside.listening);
    const { port } = inside.address() as { port: number };
    const runtime = await start({ allowPrivateOrigins: true });
    const { body } = await request(runtime.port, { path: '/fetch', method: 'POST', body: `http://127.0.0.1:${port}/` });
    expect(body.toString()).toBe('inside');
    await runtime.stop(0);
  });
});
