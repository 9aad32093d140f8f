import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeInBrowser, inPage, traffic, visitor } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { corsDocument } from '../support/cors.ts';
import type { Server } from '../support/server.ts';
import { pageRole, stage } from './stage.ts';

interface Sts {
  assumeRole(role: string, policy: unknown, seconds: number, session: string): Promise<{ credentials: Credentials }>;
}

interface Credentials {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
}

const bucket = 'browser-sdk';
const require = createRequire(import.meta.url);
const { STS } = require('ali-oss') as { STS: new (options: object) => Sts };
const bundle = require.resolve('ali-oss/dist/aliyun-oss-sdk.min.js');

let server: Server;
let client: Client;

/** What the application hands to a page: the rights to one folder, for a while. */
async function credentials(): Promise<object> {
  const objects = ['oss:PutObject', 'oss:GetObject', 'oss:DeleteObject'];
  const policy = {
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: objects, Resource: [`acs:oss:*:*:${bucket}/mine/*`] },
      { Effect: 'Allow', Action: ['oss:ListObjects'], Resource: [`acs:oss:*:*:${bucket}`] },
    ],
  };
  const { accountId, endpoint, ...keys } = server;
  const sts = new STS({ ...keys, endpoint });
  const answer = await sts.assumeRole(`acs:ram::${accountId}:role/${pageRole}`, policy, 900, 'page');
  const { AccessKeyId, AccessKeySecret, SecurityToken } = answer.credentials;
  return { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, stsToken: SecurityToken };
}

/** A page with ali-oss's bundle and a client. */
async function atApp(authorizationV4: boolean): Promise<Page> {
  const page = await visitor();
  await page.goto('http://app.test/sdk');
  const place = { endpoint: `http://localhost:${server.port}`, region: 'oss-cn-hangzhou', bucket };
  await inPage(page, 'window.client = new OSS(given);', { ...(await credentials()), ...place, authorizationV4 });
  return page;
}

describeInBrowser('ali-oss in a page', () => {
  beforeAll(async () => {
    const { web, ...shared } = await stage();
    ({ server, client } = shared);
    web.pages.set('/sdk', '<!doctype html><title>sdk</title><script src="/ali-oss.js"></script>');
    web.pages.set('/ali-oss.js', (response) => createReadStream(bundle).pipe(response));
    expect((await client.send('PUT', `/${bucket}`)).status).toBe(200);
    await allow(['ETag', 'x-oss-request-id']);
  });

  const allow = async (expose: string[]) => {
    const methods = ['GET', 'PUT', 'POST', 'HEAD', 'DELETE'];
    const body = corsDocument([{ origins: ['http://app.test'], methods, headers: ['*'], expose, maxAge: 600 }]);
    expect((await client.send('PUT', `/${bucket}?cors`, { body })).status).toBe(200);
  };
  for (const authorizationV4 of [false, true]) {
    describe(`with signatures of version ${authorizationV4 ? 4 : 1}`, () => {
      it('puts, heads, lists, gets and deletes', async () => {
        const page = await atApp(authorizationV4);
        const seen = await inPage<Record<string, unknown>>(
          page,
          `const file = new File(['from a page'], 'a.txt', { type: 'text/plain' });
           const put = await client.put('mine/文 a.txt', file, { meta: { who: 'me' } });
           const head = await client.head('mine/文 a.txt');
           const list = await client.list({ prefix: 'mine/文' });
           const got = await client.get('mine/文 a.txt');
           const url = given
             ? await client.signatureUrlV4('GET', 60, {}, 'mine/文 a.txt')
             : client.signatureUrl('mine/文 a.txt');
           const link = await (await fetch(url)).text();
           await client.delete('mine/文 a.txt');
           const gone = await client.head('mine/文 a.txt').then(() => '', (error) => error.name + ' ' + error.status);
           const other = await client.put('yours.txt', file).then(() => '', (error) => error.code + ' ' + error.status);
           return {
             etag: put.res.headers.etag === head.res.headers.etag,
             names: list.objects.map(({ name }) => name),
             content: new TextDecoder().decode(got.content),
             link,
             gone,
             other,
           };`,
          authorizationV4,
        );
        expect(seen).toEqual({
          etag: true,
          names: ['mine/文 a.txt'],
          content: 'from a page',
          link: 'from a page',
          gone: 'NoSuchKeyError 404',
          other: 'AccessDenied 403',
        });
      });

      it('uploads in parts with progress, stops, and goes on from its checkpoint', async () => {
        const page = await atApp(authorizationV4);
        const network = await traffic(page);
        const key = `mine/parts-${authorizationV4}.bin`;
        const seen = await inPage<{ stopped: string; checkpoint: number; progress: number[]; etag: string }>(
          page,
          `const file = new File([Uint8Array.from({ length: 1_300_000 }, (_, i) => i % 251)], 'parts.bin');
           const progress = [];
           let checkpoint;
           const upload = (stopAt) => client.multipartUpload(given, file, {
             partSize: 204_800,
             parallel: 1,
             checkpoint,
             progress: (done, point) => {
               progress.push(done);
               checkpoint = point;
               if (done > stopAt) client.cancel();
             },
           });
           const stopped = await upload(0.4).then(() => 'no', (error) => error.name);
           const before = checkpoint.doneParts.length;
           const { etag } = await upload(2);
           return { stopped, checkpoint: before, progress, etag };`,
          key,
        );
        expect(seen).toMatchObject({ stopped: 'cancel', checkpoint: expect.any(Number) });
        expect([seen.checkpoint >= 3, seen.checkpoint < 7, seen.progress.at(-1)]).toEqual([true, true, 1]);
        const object = await client.send('GET', `/${bucket}/${key}`);
        expect(object.headers.etag).toBe(seen.etag);
        expect(object.body.every((byte, i) => byte === i % 251)).toBe(true);
        // No part went again, but the one that was under way: the checkpoint counted.
        const puts = network.filter(({ method }) => method === 'PUT').length;
        expect([7, 8]).toContain(puts);
      });
    });
  }

  it('says which header the rule does not expose', async () => {
    await allow([]);
    const page = await atApp(true);
    const message = await inPage(
      page,
      `const file = new File([new Uint8Array(300_000)], 'a.bin');
       return client.multipartUpload('mine/hidden.bin', file, { partSize: 102_400 }).then(() => '', (error) => error.message);`,
    );
    expect(message).toContain('Please set the etag of expose-headers in OSS');
    expect((await client.send('GET', `/${bucket}/mine/hidden.bin`)).status).toBe(404);
    await allow(['ETag']);
  });
});
