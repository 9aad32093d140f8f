import { beforeAll, expect, it } from 'vitest';
import { sign } from '../../support/sign.ts';
import { describeInBrowser, inPage, look, steps, traffic, visitor } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import { corsDocument } from '../support/cors.ts';
import type { Server } from '../support/server.ts';
import type { Web } from '../support/web.ts';
import { errorPage, heading, html, imageWidth, index, on404, prefix, rule, rules, Site, svg } from './site.ts';
import { domain, stage } from './stage.ts';

let server: Server;
let client: Client;
let web: Web;

const newSite = (website: string, files?: Record<string, string>) => Site.open(server, client, website, files);

const referers = (allowEmpty: boolean, ...list: string[]) =>
  `<RefererConfiguration><AllowEmptyReferer>${allowEmpty}</AllowEmptyReferer><RefererList>${list.map((each) => `<Referer>${each}</Referer>`).join('')}</RefererList></RefererConfiguration>`;

/** Silence of so many seconds: 16-bit samples, 16,000 a second. */
function wav(seconds: number): Buffer {
  const file = Buffer.alloc(44 + seconds * 32_000);
  file.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(16_000, 24);
  file.writeUInt32LE(32_000, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(file.length - 44, 40);
  return file;
}

describeInBrowser('media, hotlinks and domains in a browser', () => {
  beforeAll(async () => {
    ({ server, client, web } = await stage());
  });

  it('[GetObject-10] a video that one page recorded and uploaded plays on another, by ranges', async () => {
    const site = await newSite(index(), {
      'index.html': html('Recorder', '<canvas width="320" height="180"></canvas>'),
      'watch/index.html': html('Watch', '<video src="../clip.webm" controls muted></video>'),
    });
    const { base, bucket } = site;
    const page = await visitor();
    await page.goto(base);
    const headers = { 'content-type': 'video/webm' };
    const signed = { method: 'PUT', url: `${base}/clip.webm`, headers, bucket, key: 'clip.webm', ...server };
    const { url } = sign({ ...signed, scheme: 'V4', place: 'query', region: 'cn-hangzhou' });
    const recorded = await inPage<{ status: number; size: number }>(
      page,
      `const canvas = document.querySelector('canvas');
       const pen = canvas.getContext('2d');
       const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm;codecs=vp8' });
       const chunks = [];
       recorder.ondataavailable = ({ data }) => chunks.push(data);
       const stopped = new Promise((done) => { recorder.onstop = done; });
       recorder.start();
       for (let i = 0; i < 15; i++) {
         pen.fillStyle = 'hsl(' + i * 24 + ' 80% 50%)';
         pen.fillRect(0, 0, 320, 180);
         await new Promise((next) => setTimeout(next, 40));
       }
       recorder.stop();
       await stopped;
       const body = new Blob(chunks, { type: 'video/webm' });
       return { status: (await fetch(given, { method: 'PUT', body })).status, size: body.size };`,
      url,
    );
    expect(recorded).toEqual({ status: 200, size: expect.any(Number) });
    const network = await traffic(page);
    await page.goto(`${base}/watch/`);
    const size = await inPage(
      page,
      `const video = document.querySelector('video');
       const ended = new Promise((done, failed) => { video.onended = done; video.onerror = () => failed(video.error); });
       await video.play();
       await ended;
       return [video.videoWidth, video.videoHeight, video.currentTime > 0.3];`,
    );
    expect(size).toEqual([320, 180, true]);
    await look(page, 'hosting-video');
    const media = () =>
      network
        .filter(({ type }) => type === 'Media')
        .map(({ headers, status, answer }) => [headers.range, status, answer?.['content-range']]);
    await expect.poll(media).toContainEqual(['bytes=0-', 206, `bytes 0-${recorded.size - 1}/${recorded.size}`]);
  });

  it('[GetObject-10] a listener jumps to the end of a long recording without loading what is before', async () => {
    const player = '<audio src="talk.wav" controls preload="metadata"></audio>';
    const site = await newSite(index(), { 'index.html': html('Listen', player) });
    const seconds = 600;
    await site.put('talk.wav', wav(seconds), { 'content-type': 'audio/wav' });
    const page = await visitor();
    const network = await traffic(page);
    await page.goto(site.base);
    const at = await inPage(
      page,
      `const audio = document.querySelector('audio');
       if (audio.readyState < 1) await new Promise((done, failed) => { audio.onloadedmetadata = done; audio.onerror = () => failed(audio.error); });
       const { duration } = audio;
       audio.currentTime = given;
       await new Promise((done) => { audio.onseeked = done; });
       return [duration, audio.currentTime, audio.buffered.start(audio.buffered.length - 1) > 300];`,
      seconds - 5,
    );
    expect(at).toEqual([seconds, seconds - 5, true]);
    const starts = () =>
      network
        .filter(({ type, status }) => type === 'Media' && status === 206)
        .map(({ headers }) => Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1]));
    await expect.poll(() => Math.max(...starts())).toBeGreaterThan((seconds - 60) * 32_000);
  });

  it('[RefererEnforcement-3] [RefererEnforcement-2] a picture is shown on the listed page, and on no other', async () => {
    const site = await newSite(index());
    await site.configure('?referer', referers(false, 'http://good.test/', `${site.base}/`));
    // Or the browser would show on one page what it has kept of another.
    await site.put('img/logo.svg', svg('teal'), { 'cache-control': 'no-cache' });
    const picture = `${site.base}/img/logo.svg`;
    web.pages.set('/', html('Somebody’s page', `<p><img src="${picture}" alt="the picture"></p>`));
    web.pages.set(
      '/quiet',
      html(
        'A page that names itself to nobody',
        `<img src="${picture}" referrerpolicy="no-referrer" alt="the picture">`,
      ),
    );
    const page = await visitor();
    const network = await traffic(page);
    const shown = async (address: string) => {
      await page.goto(address);
      return imageWidth(page);
    };
    expect(await shown('http://evil.test/')).toBe(0);
    await look(page, 'hotlink-refused');
    expect(await shown('http://good.test/')).toBe(120);
    await look(page, 'hotlink-allowed');
    expect(await shown('http://good.test/quiet')).toBe(0);
    await expect
      .poll(() => steps(network.filter(({ url }) => url === picture)))
      .toEqual(['GET 200', 'GET 403', 'GET 403']);
    expect(network.filter(({ url }) => url === picture).map(({ headers }) => headers.referer)).toEqual([
      'http://evil.test/',
      'http://good.test/',
      undefined,
    ]);
    // Typed into the address bar there is no referer; from its own pages there is.
    expect((await page.goto(picture))!.status()).toBe(403);
    await site.configure('?referer', referers(true, 'http://good.test/', `${site.base}/`));
    expect((await page.goto(picture))!.status()).toBe(200);
    expect(await shown('http://good.test/quiet')).toBe(120);
    expect(await shown(site.base)).toBe(120);
    expect(await shown('http://evil.test/')).toBe(0);
  });

  it('[WebsiteServing-52] a website is the same at a domain of its own', async () => {
    const moved = `<RedirectType>External</RedirectType><ReplaceKeyPrefixWith>docs/</ReplaceKeyPrefixWith>`;
    const mirror = `<RedirectType>Mirror</RedirectType><MirrorURL>${web.at('127.0.0.1')}</MirrorURL>`;
    const site = await newSite(
      `${index()}${errorPage('404.html')}${rules(rule(1, prefix('old/'), moved), rule(2, prefix('news/') + on404, mirror))}`,
    );
    web.pages.set('/news/today', html('News'));
    web.pages.set('/news/picture.svg', (response) =>
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(svg('gold')),
    );
    await site.configure(
      '?cname&comp=add',
      `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain></Cname></BucketCnameConfiguration>`,
    );
    await site.configure(
      '?cors',
      corsDocument([{ origins: ['http://good.test'], methods: ['GET'], expose: ['ETag'] }]),
    );
    await site.configure('?referer', referers(true, 'http://good.test/', `http://${domain}/`));
    const base = `http://${domain}`;
    const page = await visitor();
    const visit = async (path: string) => {
      const answer = await page.goto(base + path);
      return [answer!.status(), await heading(page), page.url().slice(base.length)];
    };
    expect(await visit('/')).toEqual([200, 'Home', '/']);
    expect(await imageWidth(page)).toBe(120);
    await look(page, 'domain-home');
    expect(await visit('/docs')).toEqual([200, 'Docs', '/docs/']);
    expect(await visit('/nowhere/at/all')).toEqual([404, 'Nothing here', '/nowhere/at/all']);
    expect(await visit('/old/guide/')).toEqual([200, 'Guide', '/docs/guide/']);
    expect(await visit('/news/today')).toEqual([200, 'News', '/news/today']);
    const picture = `<img src="${base}/news/picture.svg" alt="picture">`;
    web.pages.set('/', html('Another site', picture));
    for (const [host, width] of [
      ['good.test', 120],
      ['evil.test', 0],
    ] as const) {
      await page.goto(`http://${host}/`);
      expect([host, await imageWidth(page)]).toEqual([host, width]);
      const read = `return fetch(given).then(({ headers }) => headers.has('etag'), (error) => error.name);`;
      expect(await inPage(page, read, `${base}/index.html`)).toBe(width > 0 ? true : 'TypeError');
    }
  });
});
