import { beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../support/sign.ts';
import { request } from './support/http.ts';
import { type Receiver, startReceiver } from './support/receiver.ts';
import { type Server, startServer } from './support/server.ts';

let server: Server;
let receiver: Receiver;
beforeAll(async () => {
  [server, receiver] = await Promise.all([startServer({ env: { ALLOW_PRIVATE_ORIGINS: 'true' } }), startReceiver()]);
  await call('PUT', '/callbacks');
});
async function call(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  const [, bucket = '', ...rest] = path.split('?')[0]!.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const signed = sign({
    method,
    url: `${server.endpoint}${path}`,
    headers,
    bucket,
    ...(key === '' ? {} : { key }),
    accessKeyId: server.accessKeyId,
    accessKeySecret: server.accessKeySecret,
    scheme: 'V4',
    place: 'header',
  });
  return request(server.port, { method, path, headers: signed.headers, ...(body === undefined ? {} : { body }) });
}
it('x', async () => {
  for (const p of [
    '/ok?a=%62%20c&d',
    '/500',
    '/redirect',
    '/close',
    '/short',
    '/chunked',
    '/text',
    '/bom',
    '/big',
    '/204',
  ]) {
    const cb = Buffer.from(
      JSON.stringify({
        callbackUrl: `http://${receiver.host}${p}`,
        callbackBody: 'o=${object}',
        callbackHost: 'my.example.com',
      }),
    ).toString('base64');
    const a = await call('PUT', '/callbacks/a%20b.txt', { 'x-oss-callback': cb }, 'hello');
    console.log(p, a.status, a.headers, a.body.toString().slice(0, 300));
  }
  console.log(receiver.received[0], receiver.received[0]!.body.toString());
});
