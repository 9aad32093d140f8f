import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { describeInBrowser, inPage, look, visitor } from '../support/browser.ts';
import { after } from '../support/cleanup.ts';
import type { Client } from '../support/client.ts';
import type { Server } from '../support/server.ts';
import { until } from '../support/wait.ts';
import { stage } from './stage.ts';

let server: Server;
let client: Client;

/** The example's application, as its README has it started. Returns where it is. */
async function startExample(callback: boolean): Promise<{ address: string; output(): string }> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ['examples/browser-upload/server.ts'], {
    cwd: join(import.meta.dirname, '../../..'),
    env: {
      PATH: process.env.PATH ?? '',
      OSS_ENDPOINT: server.endpoint,
      OSS_BUCKET: 'browser-upload',
      OSS_ACCESS_KEY_ID: server.accessKeyId,
      OSS_ACCESS_KEY_SECRET: server.accessKeySecret,
      PORT: String(port),
      CALLBACK: String(callback),
    } as unknown as NodeJS.ProcessEnv,
  });
  after(() => child.kill());
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream!.on('data', (text) => (output += text));
  await until(`the example is ready`, () => {
    if (child.exitCode !== null) throw new Error(output);
    return output.includes(`open http://localhost:${port}`);
  });
  return { address: `http://localhost:${port}`, output: () => output };
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

/** A picture of 640 by 360, drawn and packed by the browser. */
async function picture(page: Page): Promise<Buffer> {
  const url = await inPage<string>(
    page,
    `const canvas = document.createElement('canvas');
     [canvas.width, canvas.height] = [640, 360];
     const pen = canvas.getContext('2d');
     const sky = pen.createLinearGradient(0, 0, 0, 360);
     sky.addColorStop(0, '#2b5876');
     sky.addColorStop(1, '#f6a667');
     pen.fillStyle = sky;
     pen.fillRect(0, 0, 640, 360);
     pen.fillStyle = '#fff3d6';
     pen.arc(460, 230, 50, 0, 7);
     pen.fill();
     return canvas.toDataURL('image/png');`,
  );
  return Buffer.from(url.split(',')[1]!, 'base64');
}

interface Shown {
  readonly title: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** Uploads as a visitor does, and reads what the page says. */
async function upload(page: Page, file: { name: string; mimeType: string; buffer: Buffer }): Promise<Shown> {
  await page.setInputFiles('#file', file);
  return send(page);
}

async function send(page: Page): Promise<Shown> {
  await page.click('#send');
  await page.waitForSelector('#result:not([hidden])');
  return inPage(
    page,
    `const texts = (selector) => [...document.querySelectorAll('#result ' + selector)].map((each) => each.textContent);
     const values = texts('dd');
     return { title: texts('strong')[0], facts: Object.fromEntries(texts('dt').map((name, i) => [name, values[i]])) };`,
  );
}

describeInBrowser('examples/browser-upload in a browser', () => {
  beforeAll(async () => {
    ({ server, client } = await stage());
  });

  it('uploads a picture, and shows why another file is refused', async () => {
    const { address } = await startExample(false);
    const page = await visitor();
    await page.goto(address);
    await look(page, 'example');
    const buffer = await picture(page);
    const shown = await upload(page, { name: '日落 sunset.png', mimeType: 'image/png', buffer });
    await look(page, 'example-uploaded');
    expect(shown.title).toBe('Uploaded (201)');
    const key = shown.facts.Key!;
    expect(key).toMatch(/^uploads\/alice\/[0-9a-f-]{36}-日落 sunset\.png$/);
    const object = await client.send('GET', `/browser-upload/${key.split('/').map(encodeURIComponent).join('/')}`);
    expect([object.status, object.headers['content-type'], object.body.equals(buffer)]).toEqual([
      200,
      'image/png',
      true,
    ]);
    const refused = await upload(page, { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('text') });
    await look(page, 'example-refused');
    expect(refused).toMatchObject({ title: 'Refused (403)', facts: { Code: 'AccessDenied' } });
    expect(refused.facts.Message).toContain('Policy Condition failed: ["in", "$content-type"');
    await inPage(
      page,
      `const dropped = new DataTransfer();
       dropped.items.add(new File([new Uint8Array(given)], 'large.png', { type: 'image/png' }));
       document.querySelector('#drop').dispatchEvent(new DragEvent('drop', { dataTransfer: dropped }));`,
      21 * 1024 * 1024,
    );
    expect(await send(page)).toMatchObject({ title: 'Refused (400)', facts: { Code: 'EntityTooLarge' } });
    await client.send('DELETE', '/browser-upload?cors');
    const unread = await upload(page, { name: 'a.png', mimeType: 'image/png', buffer });
    expect([unread.title, unread.facts.Reason]).toEqual(['Not uploaded', expect.stringContaining('CORS rules')]);
    await look(page, 'example-no-cors');
  });

  it('[Callback-1] has the application answer, with a callback', async () => {
    const { address, output } = await startExample(true);
    const page = await visitor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(address);
    const buffer = await picture(page);
    const shown = await upload(page, { name: 'sunset.png', mimeType: 'image/png', buffer });
    await look(page, 'example-callback');
    expect(shown.title).toBe('Uploaded (200)');
    expect(JSON.parse(shown.facts.welcome!)).toEqual({
      key: expect.stringMatching(/^uploads\/alice\/.*-sunset\.png$/),
      size: buffer.length,
      type: 'image/png',
      width: 640,
      height: 360,
    });
    expect(output()).toContain('uploaded {"key":"uploads/alice/');
  });
});
