import { createHash, randomBytes } from 'node:crypto';
import { request as send } from 'node:http';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { formBytes, signedFields } from '../support/form.ts';
import { type Answer, request } from './support/http.ts';
import { type Server, startServer } from './support/server.ts';

interface Client {
  putBucket(name: string): Promise<unknown>;
  useBucket(name: string): void;
  get(key: string): Promise<{ content: Buffer }>;
  head(key: string): Promise<{ res: { headers: Record<string, string> } }>;
  list(query: object): Promise<{ objects?: { name: string }[] }>;
  calculatePostSignature(policy: object): Record<string, string>;
  signPostObjectPolicyV4(policy: object, date: Date): string;
}

const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => Client;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  const { accessKeyId, accessKeySecret, endpoint } = server;
  client = new OSS({ accessKeyId, accessKeySecret, endpoint, region: 'oss-cn-hangzhou' });
  await client.putBucket('forms');
  client.useBucket('forms');
});

const md5 = (data: Uint8Array) => createHash('md5').update(data).digest('base64');
const expiration = () => new Date(Date.now() + 600_000).toISOString();

/** As a browser does it: FormData, and the file as the last field. */
async function browse(fields: Record<string, string>, file: Blob, filename: string): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', file, filename);
  return fetch(`${server.endpoint}/forms`, { method: 'POST', body: form, redirect: 'manual' });
}

describe('forms signed by ali-oss, sent as browsers send them', () => {
  it('calculatePostSignature', async () => {
    const conditions = [
      ['starts-with', '$key', 'user/'],
      ['content-length-range', 0, 1_048_576],
    ];
    const signature = client.calculatePostSignature({ expiration: expiration(), conditions });
    const fields = { key: 'user/${filename}', success_action_status: '200', ...signature };
    const answer = await browse(fields, new Blob(['content'], { type: 'text/plain' }), '文 件.txt');
    expect(answer.status, await answer.text()).toBe(200);
    expect((await client.get('user/文 件.txt')).content.toString()).toBe('content');
    expect((await client.head('user/文 件.txt')).res.headers['content-type']).toBe('text/plain');
    const wrong = await browse({ ...fields, key: 'other/a' }, new Blob(['x']), 'a');
    expect(wrong.status).toBe(403);
    expect(await wrong.text()).toContain('Policy Condition failed: ["starts-with", "$key", "user/"]');
  });

  it('signPostObjectPolicyV4', async () => {
    const now = new Date();
    const date = `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    const fields = {
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-credential': `${server.accessKeyId}/${date.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`,
      'x-oss-date': date,
    };
    const conditions = [{ bucket: 'forms' }, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))];
    const policy = { expiration: expiration(), conditions };
    const signed = {
      key: 'v4.bin',
      ...fields,
      policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
      'x-oss-signature': client.signPostObjectPolicyV4(policy, now),
    };
    const content = randomBytes(300_000);
    const answer = await browse(signed, new Blob([content]), 'v4.bin');
    expect(answer.status, await answer.text()).toBe(204);
    expect((await client.get('v4.bin')).content.equals(content)).toBe(true);
  });
});

/** The beginning of a signed form, up to its file, and what closes it. */
function around(key: string): { head: Buffer; tail: Buffer } {
  const { accessKeyId, accessKeySecret } = server;
  const signature = signedFields({ accessKeyId, accessKeySecret, scheme: 'V1', conditions: [{ key }] });
  const whole = Buffer.from(
    formBytes('b0undary', [
      ...Object.entries({ key, ...signature }).map(([name, value]) => ({ name, value })),
      { name: 'file', filename: 'f', value: '#FILE#' },
    ]),
  );
  const at = whole.indexOf('#FILE#');
  return { head: whole.subarray(0, at), tail: whole.subarray(at + 6) };
}

const type = { 'content-type': 'multipart/form-data; boundary=b0undary' };

describe('long forms', () => {
  it('stream: a file of 64 MiB, chunked', async () => {
    const block = randomBytes(1024 * 1024);
    const { head, tail } = around('long.bin');
    const answer = await new Promise<Answer>((resolve, reject) => {
      const outgoing = send({ port: server.port, path: '/forms', method: 'POST', headers: type }, (response) => {
        response.resume();
        response.once('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.alloc(0) }),
        );
      });
      outgoing.once('error', reject);
      void (async () => {
        outgoing.write(head);
        for (let i = 0; i < 64; i++) {
          if (!outgoing.write(block)) await new Promise((drained) => outgoing.once('drain', drained));
        }
        outgoing.end(tail);
      })();
    });
    expect(answer.status).toBe(204);
    const expected = createHash('md5');
    for (let i = 0; i < 64; i++) expected.update(block);
    expect(answer.headers['content-md5']).toBe(expected.digest('base64'));
    const got = await client.get('long.bin');
    expect(got.content).toHaveLength(64 * 1024 * 1024);
    expect(md5(got.content)).toBe(answer.headers['content-md5']);
  });

  it('are refused unread where they announce more than an object may have', async () => {
    const { head } = around('huge.bin');
    const headers = { ...type, 'content-length': String(6 * 1024 ** 3) };
    const answer = await new Promise<number>((resolve, reject) => {
      const outgoing = send({ port: server.port, path: '/forms', method: 'POST', headers }, (response) => {
        resolve(response.statusCode!);
        outgoing.destroy();
      });
      outgoing.once('error', reject);
      outgoing.write(head);
    });
    expect(answer).toBe(400);
  });

  it('that break off store nothing, and leave what was there', async () => {
    const { head, tail } = around('broken.bin');
    const first = Buffer.concat([head, Buffer.from('first'), tail]);
    expect((await request(server.port, { method: 'POST', path: '/forms', headers: type, body: first })).status).toBe(
      204,
    );
    await new Promise<void>((resolve) => {
      const headers = { ...type, 'content-length': '10000000' };
      const outgoing = send({ port: server.port, path: '/forms', method: 'POST', headers });
      outgoing.once('error', () => resolve());
      outgoing.once('close', () => resolve());
      outgoing.write(Buffer.concat([head, Buffer.alloc(3_000_000)]), () => setTimeout(() => outgoing.destroy(), 200));
    });
    expect((await client.get('broken.bin')).content.toString()).toBe('first');
    const { objects = [] } = await client.list({});
    expect(objects.map(({ name }) => name).sort()).toEqual(
      ['broken.bin', 'long.bin', 'user/文 件.txt', 'v4.bin'].sort(),
    );
  });
});
