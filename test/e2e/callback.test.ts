import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { request as send } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { formBytes, signedFields } from '../support/form.ts';
import { sign } from '../support/sign.ts';
import { type Answer, request } from './support/http.ts';
import { type Received, type Receiver, startReceiver } from './support/receiver.ts';
import { type Server, startServer } from './support/server.ts';
import { until } from './support/wait.ts';

let server: Server;
let receiver: Receiver;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startServer({ env: { ALLOW_PRIVATE_ORIGINS: 'true' } }), startReceiver()]);
  await signed('PUT', '/callbacks');
});

/** Sends a signed request. @param path `/bucket` or `/bucket/key`, without anything to encode */
function signed(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return request(server.port, {
    method,
    path,
    headers: signedHeaders(method, path, headers),
    ...(body ? { body } : {}),
  });
}

function signedHeaders(method: string, path: string, headers: Record<string, string>): Record<string, string> {
  const [, bucket = '', key] = path.split('/');
  const { accessKeyId, accessKeySecret, endpoint } = server;
  const whose = { accessKeyId, accessKeySecret, bucket, ...(key === undefined ? {} : { key }) };
  return sign({ method, url: `${endpoint}${path}`, headers, ...whose, scheme: 'V4', place: 'header' }).headers;
}

function parameter(callbackUrl: string, more: Record<string, unknown> = {}): string {
  const callback = { callbackUrl, callbackBody: 'bucket=${bucket}&object=${object}&size=${size}', ...more };
  return Buffer.from(JSON.stringify(callback)).toString('base64');
}

/** Uploads `hello` with a callback to these paths of the receiver. */
function upload(key: string, ...paths: string[]): Promise<Answer> {
  const urls = paths.map((path) => `http://${receiver.host}${path}`).join(';');
  return signed('PUT', `/callbacks/${key}`, { 'x-oss-callback': parameter(urls) }, 'hello');
}

function callbackOf(key: string): Received {
  return receiver.received.find(({ body }) => body.toString().includes(`object=${key}&`))!;
}

/** Verifies a callback as the reference tells its receivers to (reference 8.1.9, step 3). */
async function isGenuine({ target, headers, body }: Received): Promise<boolean> {
  const keyUrl = Buffer.from(headers['x-oss-pub-key-url'] as string, 'base64').toString();
  expect(keyUrl).toBe(`http://localhost:${server.port}/-/callback-key.pem`);
  const key = createPublicKey(await (await fetch(keyUrl)).text());
  const [, path, query = ''] = /^([^?]*)(\?.*)?$/.exec(target)!;
  const text = Buffer.concat([Buffer.from(`${decodeURIComponent(path!)}${query}\n`), body]);
  return verify('md5', text, key, Buffer.from(headers.authorization!, 'base64'));
}

describe('callbacks on the wire', () => {
  it('[Callback-19] [Callback-20] [Callback-25] reach a receiver that verifies them, and bring its answer back', async () => {
    const answer = await upload('good', '/ok/%E4%B8%AD%20a?x=%20&y');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.body.toString()).toBe('{"Status":"OK","中":1}');
    const callback = callbackOf('good');
    expect(callback).toMatchObject({ method: 'POST', target: '/ok/%E4%B8%AD%20a?x=%20&y' });
    expect(callback.headers).toMatchObject({
      host: receiver.host,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(callback.body.length),
      'content-md5': createHash('md5').update(callback.body).digest('base64'),
      'user-agent': 'aliyun-oss-callback',
    });
    expect(callback.body.toString()).toBe('bucket=callbacks&object=good&size=5');
    expect(await isGenuine(callback)).toBe(true);
    expect(await isGenuine({ ...callback, body: Buffer.from('bucket=other') })).toBe(false);
  });

  it('[Callback-22] of a form, to the second URL where the first fails, are genuine too', async () => {
    const { accessKeyId, accessKeySecret } = server;
    const signature = signedFields({ accessKeyId, accessKeySecret, scheme: 'V1', conditions: [{ key: 'form' }] });
    const callback = parameter(`http://${receiver.host}/500;${receiver.host}/ok?2`, {
      callbackBody: '{"object":${object},"mine":${x:mine},"size":${size}}',
      callbackBodyType: 'application/json',
    });
    const fields = { key: 'form', ...signature, callback, 'x:mine': 'a "b"' };
    const body = formBytes('b', [
      ...Object.entries(fields).map(([name, value]) => ({ name, value })),
      { name: 'file', filename: 'a', value: 'hello' },
    ]);
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const answer = await request(server.port, { method: 'POST', path: '/callbacks', headers, body });
    expect(answer.status).toBe(200);
    const [failed, good] = receiver.received.slice(-2);
    expect([failed?.target, good?.target]).toEqual(['/500', '/ok?2']);
    expect(JSON.parse(good!.body.toString())).toEqual({ object: 'form', mine: 'a "b"', size: 5 });
    expect(await isGenuine(failed!)).toBe(true);
    expect(await isGenuine(good!)).toBe(true);
  });

  it.each([
    ['500', 'Error status : 500.'],
    ['204', 'Error status : 204.'],
    ['redirect', 'Error status : 301.'],
    ['close', 'Error status : -1.OSS can not connect to your callbackUrl, please check it.'],
    ['short', 'Error status : -1.OSS can not connect to your callbackUrl, please check it.'],
    ['chunked', 'The Content-Length of the response is missing or invalid.'],
    ['text', 'Response body is not valid json format.'],
    ['bom', 'Response body is not valid json format.'],
    ['big', 'User server return too long content-length value.'],
  ])('[Callback-27] [Callback-28] that end in "%s" leave the object', async (path, message) => {
    const answer = await upload(`to-${path}`, `/${path}`);
    expect(answer.status).toBe(203);
    expect(answer.body.toString()).toContain('<Code>CallbackFailed</Code>');
    expect(answer.body.toString()).toContain(`<Message>${message}</Message>`);
    expect((await signed('GET', `/callbacks/to-${path}`)).body.toString()).toBe('hello');
  });

  it('[Callback-28] fail where nobody listens', async () => {
    const answer = await signed(
      'PUT',
      '/callbacks/nobody',
      { 'x-oss-callback': parameter('http://127.0.0.1:9/') },
      'x',
    );
    expect(answer.status).toBe(203);
    expect(answer.body.toString()).toContain('OSS can not connect to your callbackUrl');
  });

  it('[Callback-28] wait five seconds for an answer, and for its end', async () => {
    const began = performance.now();
    const [slow, drip] = await Promise.all([upload('slow', '/slow'), upload('drip', '/drip')]);
    const seconds = (performance.now() - began) / 1_000;
    expect(seconds).toBeGreaterThan(4.9);
    expect(seconds).toBeLessThan(8);
    for (const answer of [slow, drip]) {
      expect(answer.status).toBe(203);
      const host = receiver.host.replaceAll('.', '\\.');
      expect(answer.body.toString()).toMatch(new RegExp(`Error status : -1 ${host} reply timeout, cost:5000ms`));
    }
    await until('the gateway hangs up', () => callbackOf('slow').abandoned);
  });

  it('[Callback-29] go on when the uploader has gone away', async () => {
    const path = '/callbacks/gone';
    const given = { 'x-oss-callback': parameter(`http://${receiver.host}/late`), 'content-length': '5' };
    const outgoing = send({ port: server.port, path, method: 'PUT', headers: signedHeaders('PUT', path, given) });
    outgoing.on('error', () => {});
    outgoing.end('hello');
    await until('the callback arrives', () => callbackOf('gone') !== undefined);
    outgoing.destroy();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(callbackOf('gone').abandoned).toBe(false);
    expect((await signed('GET', path)).body.toString()).toBe('hello');
  });

  it('[Sec-42] never reach the gateway itself, by whatever name', async () => {
    for (const host of ['127.0.0.1', 'localhost', '0x7f.1', 'callbacks.localhost', '0.0.0.0']) {
      const url = `http://${host}:${server.port}/callbacks/own`;
      const answer = await signed('PUT', '/callbacks/own', { 'x-oss-callback': parameter(url) }, 'x');
      expect(answer.status, host).toBe(400);
      expect(answer.body.toString()).toContain('The gateway itself is forbidden to callback.');
    }
    const [, port] = receiver.host.split(':');
    const url = `http://localhost:${port}/ok`;
    expect((await signed('PUT', '/callbacks/own', { 'x-oss-callback': parameter(url) }, 'x')).status).toBe(200);
  });
});

describe('the key of callbacks', () => {
  it('is made once, for its owner alone, and kept', async () => {
    const file = join(server.dataDir, 'callback-key.pem');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const before = await request(server.port, { path: '/-/callback-key.pem' });
    expect(before.body.toString()).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(server.output()).not.toContain('PRIVATE KEY');
    await server.stop();
    await server.restart();
    const after = await request(server.port, { path: '/-/callback-key.pem' });
    expect(after.body.equals(before.body)).toBe(true);
  });
});

describe('without ALLOW_PRIVATE_ORIGINS', () => {
  it('[Sec-42] no callback goes to this machine', async () => {
    const closed = await startServer();
    server = closed;
    await signed('PUT', '/callbacks');
    const before = receiver.received.length;
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '0177.0.0.1']) {
      const url = `http://${host}:${receiver.port}/ok`;
      const answer = await signed('PUT', '/callbacks/a', { 'x-oss-callback': parameter(url) }, 'x');
      expect(answer.status, host).toBe(400);
      expect(answer.body.toString()).toContain('Private address is forbidden to callback.');
    }
    expect((await signed('GET', '/callbacks/a')).status).toBe(404);
    expect(receiver.received).toHaveLength(before);
  });
});
