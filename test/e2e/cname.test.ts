import { Agent, createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sign } from '../support/sign.ts';
import { type Answer, request } from './support/http.ts';
import { type Server, startServer } from './support/server.ts';

interface Client {
  put(name: string, content: Buffer): Promise<unknown>;
  get(name: string): Promise<{ content: Buffer }>;
  list(query: object): Promise<{ objects: { name: string }[] }>;
  signatureUrl(name: string): string;
}

const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => Client;

const bucket = 'custom-domains';

describe('custom domains on npm start', () => {
  let server: Server;
  /** What the resolver says, by name. */
  const records = new Map<string, string>();

  const send = (method: string, path: string, body = ''): Promise<Answer> => {
    const url = `http://127.0.0.1:${server.port}/${bucket}${path}`;
    const { accessKeyId, accessKeySecret } = server;
    const { headers } = sign({ method, url, bucket, accessKeyId, accessKeySecret, scheme: 'V4', place: 'header' });
    return request(server.port, { path: `/${bucket}${path}`, method, headers, ...(body === '' ? {} : { body }) });
  };
  const cname = (comp: string, domain: string) =>
    send(
      'POST',
      `?cname&comp=${comp}`,
      `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain></Cname></BucketCnameConfiguration>`,
    );

  beforeAll(async () => {
    const resolver = createServer((incoming, response) => {
      const name = new URL(incoming.url!, 'http://resolver').searchParams.get('name')!;
      const data = records.get(name);
      response.end(JSON.stringify(data === undefined ? { Status: 3 } : { Status: 0, Answer: [{ type: 16, data }] }));
    });
    await new Promise<void>((resolve) => resolver.listen(0, '127.0.0.1', resolve));
    const { port } = resolver.address() as AddressInfo;
    server = await startServer({
      env: { DNS_RESOLVER: `http://127.0.0.1:${port}/dns-query`, ALLOW_PRIVATE_ORIGINS: 'true' },
    });
    expect((await send('PUT', '')).status).toBe(200);
    return () => void resolver.close();
  });

  it('are bound once DNS proves them, with ali-oss behind', async () => {
    const domain = 'files.example.org';
    expect(String((await cname('add', domain)).body)).toContain('<Code>NeedVerifyDomainOwnership</Code>');
    const [, token] = /<Token>(.*)<\/Token>/.exec(String((await cname('token', domain)).body))!;
    records.set(`_dnsauth.${domain}`, `"${token}"`);
    expect((await cname('add', domain)).status).toBe(200);

    const agent = new Agent({
      lookup: (_host, { all }, callback) => {
        if (all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      },
    });
    onTestFinished(() => agent.destroy());
    for (const authorizationV4 of [false, true]) {
      const { accessKeyId, accessKeySecret } = server;
      const endpoint = `http://${domain}:${server.port}`;
      const client = new OSS({
        accessKeyId,
        accessKeySecret,
        bucket,
        endpoint,
        cname: true,
        agent,
        authorizationV4,
        region: 'oss-cn-hangzhou',
      });
      await client.put('a/测试.txt', Buffer.from('content'));
      expect((await client.get('a/测试.txt')).content.toString()).toBe('content');
      expect((await client.list({})).objects.map(({ name }) => name)).toEqual(['a/测试.txt']);
      const { host, pathname, search } = new URL(client.signatureUrl('a/测试.txt'));
      expect(host).toBe(`${domain}:${server.port}`);
      const answer = await request(server.port, { path: pathname + search, headers: { host } });
      expect([answer.status, answer.body.toString()]).toEqual([200, 'content']);
    }
  });

  it('below .test need no proof, and end at once', async () => {
    const host = 'files.example.test';
    const read = () => request(server.port, { path: '/none', headers: { host } });
    expect((await read()).status).toBe(404);
    expect((await cname('add', host)).status).toBe(200);
    expect((await read()).status).toBe(403);
    expect((await cname('delete', host)).status).toBe(200);
    expect(String((await read()).body)).toContain('<Code>NoSuchBucket</Code>');
  });
});
