import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { signedFields } from '../../support/form.ts';
import { sign } from '../../support/sign.ts';
import { describeInBrowser, inPage, steps, traffic, visitor } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { type Cors, corsDocument } from '../support/cors.ts';
import type { Server } from '../support/server.ts';
import { stage } from './stage.ts';

let server: Server;
let client: Client;
let serial = 0;

/** A public bucket with these rules, and an object `file`. */
async function bucketWith(rules: readonly Cors[], more?: { vary: boolean }): Promise<{ bucket: string; base: string }> {
  const bucket = `browser-cors-${serial++}`;
  const headers = { 'x-oss-acl': 'public-read' };
  expect((await client.send('PUT', `/${bucket}`, { headers })).status).toBe(200);
  const document = corsDocument(rules, more);
  if (rules.length > 0) expect((await client.send('PUT', `/${bucket}?cors`, { body: document })).status).toBe(200);
  const file = { body: 'content', headers: { 'content-type': 'text/plain', 'cache-control': 'max-age=600' } };
  expect((await client.send('PUT', `/${bucket}/file`, file)).status).toBe(200);
  return { bucket, base: `http://${bucket}.localhost:${server.port}` };
}

async function at(host: string): Promise<Page> {
  const page = await visitor();
  await page.goto(`http://${host}/`);
  return page;
}

/** What `fetch` says of a string. */
const text = { 'content-type': 'text/plain;charset=UTF-8' };

interface Read {
  status?: number;
  text?: string;
  headers?: Record<string, string>;
  /** What `fetch` threw instead. */
  threw?: string;
}

/** What a script of the page learns. */
const read = (page: Page, url: string, init: object = {}) =>
  inPage<Read>(
    page,
    `try {
       const answer = await fetch(given.url, given.init);
       return { status: answer.status, text: await answer.text(), headers: Object.fromEntries(answer.headers) };
     } catch (error) {
       return { threw: error.name };
     }`,
    { url, init },
  );

describeInBrowser('CORS as a browser applies it', () => {
  beforeAll(async () => {
    const { web, ...shared } = await stage();
    ({ server, client } = shared);
    web.pages.set('/', '<!doctype html><title>a page</title>');
  });

  const signedPut = (base: string, bucket: string, key: string) =>
    sign({ method: 'PUT', url: `${base}/${key}`, headers: text, bucket, key, ...server, scheme: 'V1', place: 'query' })
      .url;

  it('[OptionObject-2] [OptionObject-7] [CorsEnforcement-6] closes a bucket without rules to scripts', async () => {
    const { bucket, base } = await bucketWith([]);
    const page = await at('app.test');
    const network = await traffic(page);
    expect(await read(page, signedPut(base, bucket, 'new'), { method: 'PUT', body: 'x' })).toEqual({
      threw: 'TypeError',
    });
    await expect.poll(() => steps(network)).toContain('OPTIONS 403');
    expect((await client.send('GET', `/${bucket}/new`)).status).toBe(404);
    // The page's own visitor may see it all the same.
    await page.goto(`${base}/file`);
    expect(await page.textContent('body')).toBe('content');
  });

  it('[CorsEnforcement-1] [OptionObject-3] opens it to the origin that a rule names, and to no other', async () => {
    const rule = { origins: ['http://app.test'], methods: ['GET', 'PUT'], headers: ['*'], maxAge: 60 };
    const { bucket, base } = await bucketWith([rule]);
    for (const [host, mayRead] of [
      ['app.test', true],
      ['evil.test', false],
      ['sub.app.test', false],
    ] as const) {
      const page = await at(host);
      const network = await traffic(page);
      const got = await read(page, `${base}/file`);
      expect(got).toEqual(
        mayRead ? { status: 200, text: 'content', headers: expect.anything() } : { threw: 'TypeError' },
      );
      const put = await read(page, signedPut(base, bucket, host), { method: 'PUT', body: 'x' });
      expect(put.threw).toBe(mayRead ? undefined : 'TypeError');
      expect((await client.send('GET', `/${bucket}/${host}`)).status).toBe(mayRead ? 200 : 404);
      // The plain GET was answered in any case: it is the browser that hides it.
      await expect
        .poll(() => steps(network))
        .toEqual(
          mayRead ? ['GET 200', 'OPTIONS 200', 'PUT 200'] : ['GET 200', 'OPTIONS 403', expect.stringMatching(/^PUT/)],
        );
    }
  });

  it('[CorsEnforcement-1] hides the answer of a form from a page that no rule names, which was sent all the same', async () => {
    const { bucket, base } = await bucketWith([{ origins: ['http://app.test'], methods: ['POST'] }]);
    const page = await at('evil.test');
    const fields = { key: 'form', ...signedFields({ ...server, scheme: 'V1', conditions: [{ key: 'form' }] }) };
    const threw = await inPage(
      page,
      `const data = new FormData();
       for (const [name, value] of Object.entries(given.fields)) data.append(name, value);
       data.append('file', new Blob(['by a form']));
       return fetch(given.base, { method: 'POST', body: data }).then(() => 'nothing', (error) => error.name);`,
      { base, fields },
    );
    expect(threw).toBe('TypeError');
    expect((await client.send('GET', `/${bucket}/form`)).body.toString()).toBe('by a form');
  });

  it('[OptionObject-3] [OptionObject-6] allows the methods and headers of one rule', async () => {
    const { base } = await bucketWith([{ origins: ['http://*.test'], methods: ['GET'], headers: ['x-oss-*'] }]);
    const page = await at('app.test');
    const get = (headers: Record<string, string>) => read(page, `${base}/file`, { headers });
    expect((await get({ 'X-OSS-Range-Behavior': 'standard' })).status).toBe(200);
    expect(await get({ 'X-Other': '1' })).toEqual({ threw: 'TypeError' });
    expect(await read(page, `${base}/file`, { method: 'DELETE' })).toEqual({ threw: 'TypeError' });
    // A range of bytes needs no permission.
    expect(await get({ Range: 'bytes=0-2' })).toMatchObject({ status: 206, text: 'con' });
  });

  it('[OptionObject-11] [CorsEnforcement-4] shows the headers that a rule exposes, also of refusals', async () => {
    const rule = { origins: ['*'], methods: ['GET', 'HEAD'], expose: ['ETag', 'x-oss-request-id', 'x-oss-meta-mine'] };
    const { bucket, base } = await bucketWith([rule]);
    await client.send('PUT', `/${bucket}/file`, { body: 'content', headers: { 'x-oss-meta-mine': 'yes' } });
    const page = await at('app.test');
    const { headers = {} } = await read(page, `${base}/file`);
    expect(headers).toMatchObject({
      etag: '"9A0364B9E99BB480DD25E1F0284C8555"',
      'x-oss-request-id': expect.any(String),
      'x-oss-meta-mine': 'yes',
    });
    expect(headers).not.toHaveProperty('x-oss-object-type');
    for (const [path, status, code] of [
      ['/none', 404, 'NoSuchKey'],
      ['/?acl', 403, 'AccessDenied'],
    ] as const) {
      const refused = await read(page, `${base}${path}`);
      expect([refused.status, refused.headers!['x-oss-request-id']]).toEqual([status, expect.any(String)]);
      expect(refused.text).toContain(`<Code>${code}</Code>`);
    }
  });

  it('never answers a request that brings cookies along', async () => {
    const { base } = await bucketWith([{ origins: ['*'], methods: ['GET'] }]);
    const page = await at('app.test');
    expect(await read(page, `${base}/file`, { credentials: 'include' })).toEqual({ threw: 'TypeError' });
    expect((await read(page, `${base}/file`, { credentials: 'omit' })).status).toBe(200);
  });

  it('[CorsEnforcement-5] with ResponseVary, no cached answer serves another use of the same address', async () => {
    const page = await at('app.test');
    /** Shows a picture as pages do, then asks for it again so as to read its pixels. */
    const twice = (src: string) =>
      inPage<boolean[]>(
        page,
        `const load = (crossOrigin) => new Promise((resolve) => {
           const image = new Image();
           if (crossOrigin) image.crossOrigin = 'anonymous';
           image.onload = () => {
             const canvas = document.createElement('canvas').getContext('2d');
             canvas.drawImage(image, 0, 0);
             try { canvas.getImageData(0, 0, 1, 1); resolve(true); } catch { resolve(false); }
           };
           image.onerror = () => resolve(false);
           image.src = given;
         });
         return [await load(false), await load(true)];`,
        src,
      );
    const rule = { origins: ['*'], methods: ['GET'] };
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
    const headers = { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=600' };
    for (const vary of [true, false]) {
      const { bucket, base } = await bucketWith([rule], { vary });
      await client.send('PUT', `/${bucket}/a.svg`, { body: svg, headers });
      // Without it, the browser has kept an answer that was to nobody's script: this is what the switch is for.
      expect([vary, await twice(`${base}/a.svg`)]).toEqual([vary, [false, vary]]);
    }
  });
});
