import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { signedFields } from '../../support/form.ts';
import { sign } from '../../support/sign.ts';
import { describeInBrowser, inPage, look, steps, traffic, visitor } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { corsDocument } from '../support/cors.ts';
import type { Server } from '../support/server.ts';
import type { Web } from '../support/web.ts';
import { stage } from './stage.ts';

const bucket = 'browser-uploads';
const mib = 1024 * 1024;

let server: Server;
let client: Client;
let web: Web;
/** The bucket at a name of its own, as browsers resolve it. */
let address: string;

/** The fields of a form that the application's server has signed. */
function form(key: string, more: Record<string, string> = {}, conditions: unknown[] = []): Record<string, string> {
  const fields = { key, ...more };
  const exact = Object.entries(fields).map(([name, value]) => ({ [name]: value }));
  return { ...fields, ...signedFields({ ...server, scheme: 'V4', conditions: [{ bucket }, ...exact, ...conditions] }) };
}

function signedUrl(method: string, key: string, headers: Record<string, string> = {}, query = ''): string {
  const url = `${address}/${encodeURIComponent(key)}${query}`;
  return sign({ method, url, headers, bucket, key, ...server, region: 'cn-hangzhou', scheme: 'V4', place: 'query' })
    .url;
}

/** A visitor of the application's page, which has another origin than the gateway. */
async function atApp(path = '/'): Promise<Page> {
  const page = await visitor();
  await page.goto(`http://app.test${path}`);
  return page;
}

const stored = (key: string) => client.send('GET', `/${bucket}/${encodeURIComponent(key)}`);

describeInBrowser('uploads from a page of another origin', () => {
  beforeAll(async () => {
    ({ server, client, web } = await stage());
    address = `http://${bucket}.localhost:${server.port}`;
    web.pages.set('/', '<!doctype html><title>app</title><h1>An application</h1>');
    web.pages.set('/done', '<!doctype html><title>done</title><h1>Thank you, it has arrived.</h1>');
    expect((await client.send('PUT', `/${bucket}`)).status).toBe(200);
    const rule = {
      origins: ['http://app.test'],
      methods: ['GET', 'PUT', 'POST'],
      headers: ['*'],
      expose: ['ETag', 'x-oss-request-id', 'x-oss-hash-crc64ecma'],
      maxAge: 600,
    };
    const answer = await client.send('PUT', `/${bucket}?cors`, { body: corsDocument([rule]) });
    expect(answer.status).toBe(200);
  });

  it('[CorsEnforcement-3] by fetch with a signed form: the page reads status and ETag', async () => {
    const page = await atApp();
    const network = await traffic(page);
    const answer = await inPage<{ status: number; etag: string; id: string }>(
      page,
      `const data = new FormData();
       for (const [name, value] of Object.entries(given.fields)) data.append(name, value);
       data.append('file', new File(['hello from a page'], 'hello.txt', { type: 'text/plain' }));
       const { status, headers } = await fetch(given.address, { method: 'POST', body: data });
       return { status, etag: headers.get('etag'), id: headers.get('x-oss-request-id') };`,
      { address, fields: form('fetch.txt') },
    );
    expect([answer.status, answer.id.length]).toEqual([204, 24]);
    // A form is what browsers have always sent anywhere: they ask nobody first.
    await expect.poll(() => steps(network)).toEqual(['POST 204']);
    const object = await stored('fetch.txt');
    expect([object.body.toString(), object.headers['content-type']]).toEqual(['hello from a page', 'text/plain']);
    expect(answer.etag).toBe(object.headers.etag);
  });

  it('by XMLHttpRequest, which shows the progress', async () => {
    const page = await atApp();
    const network = await traffic(page);
    const answer = await inPage<{ status: number; text: string; seen: number[] }>(
      page,
      `const data = new FormData();
       for (const [name, value] of Object.entries(given.fields)) data.append(name, value);
       data.append('file', new Blob([new Uint8Array(given.size)]), 'zeros.bin');
       return new Promise((resolve, reject) => {
         const request = new XMLHttpRequest();
         const seen = [];
         request.upload.onprogress = ({ loaded, total }) => seen.push(loaded / total);
         request.onload = () => resolve({ status: request.status, text: request.responseText, seen });
         request.onerror = reject;
         request.open('POST', given.address);
         request.send(data);
       });`,
      { address, fields: form('xhr-${filename}', { success_action_status: '201' }), size: 8 * mib },
    );
    expect([answer.status, answer.seen.at(-1)]).toEqual([201, 1]);
    expect(answer.seen.length).toBeGreaterThan(1);
    expect(answer.text).toContain('<Key>xhr-zeros.bin</Key>');
    // Who wants to see the progress must ask first.
    await expect.poll(() => steps(network)).toEqual(['OPTIONS 200', 'POST 201']);
    expect((await stored('xhr-zeros.bin')).body.equals(Buffer.alloc(8 * mib))).toBe(true);
  });

  it('[CorsEnforcement-4] that break the policy are refused with a reason that the page can read', async () => {
    const page = await atApp();
    const fields = form('small.bin', {}, [['content-length-range', 0, 10]]);
    const send = `const data = new FormData();
       for (const [name, value] of Object.entries(given.fields)) data.append(name, value);
       data.append('file', new Blob(['x'.repeat(given.size)]), 'f');
       const answer = await fetch(given.address, { method: 'POST', body: data });
       return [answer.status, /<Code>(\\w+)</.exec(await answer.text())?.[1] ?? ''];`;
    expect(await inPage(page, send, { address, fields, size: 11 })).toEqual([400, 'EntityTooLarge']);
    expect((await stored('small.bin')).status).toBe(404);
    expect(await inPage(page, send, { address, fields: { ...fields, key: 'other' }, size: 1 })).toEqual([
      403,
      'AccessDenied',
    ]);
    expect(await inPage(page, send, { address, fields, size: 10 })).toEqual([204, '']);
    expect((await stored('small.bin')).body.toString()).toBe('x'.repeat(10));
  });

  it('by a plain HTML form, which then leads back to the application', async () => {
    const fields = form('user/${filename}', { success_action_redirect: 'http://app.test/done?from=form' });
    const inputs = Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value.replaceAll('"', '&quot;')}">`,
    );
    web.pages.set(
      '/form',
      `<!doctype html><meta charset="utf-8"><title>form</title><h1>Upload</h1>
       <form action="${address}/" method="post" enctype="multipart/form-data">${inputs.join('')}
       <input type="file" name="file"><button>Send</button></form>`,
    );
    const page = await atApp('/form');
    const buffer = Buffer.from('content of a file');
    await page.setInputFiles('input[type=file]', { name: '文 件+ü.txt', mimeType: 'text/plain', buffer });
    await look(page, 'form');
    await page.click('button');
    await page.waitForURL('**/done?*');
    await look(page, 'form-done');
    const arrived = new URL(page.url());
    const object = await stored('user/文 件+ü.txt');
    expect([object.body.toString(), object.headers['content-type']]).toEqual(['content of a file', 'text/plain']);
    expect(Object.fromEntries(arrived.searchParams)).toEqual({
      from: 'form',
      bucket,
      key: 'user/文 件+ü.txt',
      etag: object.headers.etag,
    });
    // A form that is refused leaves the browser at the gateway's answer.
    await page.goto('http://app.test/form');
    await page.$eval('input[name=policy]', (input) => input.setAttribute('value', 'e30='));
    await page.setInputFiles('input[type=file]', { name: 'a', mimeType: 'text/plain', buffer });
    const [refused] = await Promise.all([page.waitForResponse(`${address}/`), page.click('button')]);
    expect([refused.status(), refused.headers()['content-type']]).toEqual([403, 'application/xml']);
    await page.waitForLoadState();
    await look(page, 'form-refused');
    expect(await page.content()).toContain('SignatureDoesNotMatch');
  });

  it('[OptionObject-12] by PUT to a signed URL: asked for once, then remembered', async () => {
    const page = await atApp();
    const network = await traffic(page);
    const put = (key: string, url: string) =>
      inPage<{ status: number; etag: string; crc: string; text: string }>(
        page,
        `const file = new File(['body of ' + given.key], 'a.txt', { type: 'text/plain' });
         const answer = await fetch(given.url, { method: 'PUT', body: file });
         const { status, headers } = answer;
         return { status, etag: headers.get('etag'), crc: headers.get('x-oss-hash-crc64ecma'), text: await answer.text() };`,
        { key, url },
      );
    const url = signedUrl('PUT', 'put a.txt', { 'content-type': 'text/plain' });
    const first = await put('put a.txt', url);
    expect(first).toMatchObject({ status: 200, crc: expect.stringMatching(/^\d+$/) });
    expect((await stored('put a.txt')).headers.etag).toBe(first.etag);
    expect((await put('again', url)).status).toBe(200);
    expect((await stored('put a.txt')).body.toString()).toBe('body of again');
    await expect.poll(() => steps(network)).toEqual(['OPTIONS 200', 'PUT 200', 'PUT 200']);
    // What was not signed for is refused, and the page learns why.
    const other = await put('refused', signedUrl('PUT', 'refused', { 'content-type': 'image/png' }));
    expect([other.status, /<Code>(\w+)</.exec(other.text)?.[1]]).toEqual([403, 'SignatureDoesNotMatch']);
    expect((await stored('refused')).status).toBe(404);
  });

  it('and a signed link downloads under the name that it gives', async () => {
    const page = await atApp();
    await client.send('PUT', `/${bucket}/report`, { body: 'a,b\n1,2\n', headers: { 'content-type': 'text/csv' } });
    const disposition = `attachment; filename*=UTF-8''${encodeURIComponent('报告 2026.csv')}`;
    const href = signedUrl('GET', 'report', {}, `?response-content-disposition=${encodeURIComponent(disposition)}`);
    await inPage(page, `document.body.innerHTML = '<a>Download</a>'; document.querySelector('a').href = given;`, href);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')]);
    expect(download.suggestedFilename()).toBe('报告 2026.csv');
    expect(readFileSync(await download.path(), 'utf8')).toBe('a,b\n1,2\n');
    expect(page.url()).toBe('http://app.test/');
  });
});
