import { brotliCompressSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { describeInBrowser, inPage, look, steps, traffic, visitor } from '../support/browser.ts';
import type { Client } from '../support/client.ts';
import type { Server } from '../support/server.ts';
import type { Web } from '../support/web.ts';
import {
  css,
  errorPage,
  heading,
  html,
  imageWidth,
  index,
  on404,
  pages,
  prefix,
  rule,
  rules,
  Site,
  svg,
} from './site.ts';
import { stage } from './stage.ts';

let server: Server;
let client: Client;
let web: Web;

const newSite = (website: string, files?: Record<string, string>) => Site.open(server, client, website, files);

describeInBrowser('a website in a browser', () => {
  beforeAll(async () => {
    ({ server, client, web } = await stage());
  });

  it('[WebsiteServing-1] [WebsiteServing-5] [WebsiteServing-7] has pages in pages, whose links lead on', async () => {
    const { base } = await newSite(`${index()}${errorPage('404.html')}`);
    const page = await visitor();
    await page.goto(base);
    expect([await page.title(), await imageWidth(page)]).toEqual(['Home', 120]);
    expect(await inPage(page, `return getComputedStyle(document.querySelector('h1')).color`)).toBe('rgb(0, 96, 160)');
    await look(page, 'site-home');
    // A directory without its slash is redirected, or the page's relative links would lead astray.
    await page.click('text=Docs');
    await page.waitForURL(`${base}/docs/`);
    expect(await imageWidth(page)).toBe(120);
    await page.click('text=Guide');
    await page.click('text=One');
    await page.waitForURL(/\.html$/);
    expect([decodeURI(page.url()), await heading(page)]).toEqual([`${base}/docs/guide/第 一.html`, 'Chapter one']);
    await page.goBack();
    expect([page.url(), await heading(page)]).toEqual([`${base}/docs/guide/`, 'Guide']);
  });

  it('[WebsiteServing-8] [WebsiteServing-9] [WebsiteServing-13] types 1 and 2, and the page for what is not there', async () => {
    const site = await newSite(`${index(1)}${errorPage('404.html')}`);
    const { base } = site;
    const page = await visitor();
    const visit = async (path: string) => {
      const answer = await page.goto(base + path);
      return [answer!.status(), await heading(page), page.url().slice(base.length)];
    };
    expect(await visit('/docs')).toEqual([404, 'Nothing here', '/docs']);
    expect(await visit('/docs/')).toEqual([200, 'Docs', '/docs/']);
    expect(await visit('/no/such/page?a=b')).toEqual([404, 'Nothing here', '/no/such/page?a=b']);
    await look(page, 'site-404');
    await page.click('text=Home');
    await page.waitForURL(`${base}/`);
    await site.website(`${index(2)}${errorPage('404.html')}`);
    expect(await visit('/docs')).toEqual([200, 'Docs', '/docs']);
    expect(await visit('/nowhere')).toEqual([404, 'Nothing here', '/nowhere']);
    // Without an error page the visitor sees the plain document, as OSS shows it.
    await site.website(index(2));
    const plain = await page.goto(`${base}/nowhere`);
    expect([plain!.status(), plain!.headers()['content-type']]).toEqual([404, 'application/xml']);
    await look(page, 'site-404-plain');
  });

  it('[WebsiteServing-13] answers the deep links of a single-page application', async () => {
    const app = html(
      'App',
      `<nav><a href="/settings/profile">Profile</a></nav><p></p><script>
        const show = () => { document.querySelector('p').textContent = 'view of ' + location.pathname; };
        document.querySelector('a').onclick = (event) => { event.preventDefault(); history.pushState(0, '', event.target.href); show(); };
        window.onpopstate = show;
        show();
      </script>`,
    );
    const { base } = await newSite(`${index(1)}${errorPage('index.html', 200)}`, { 'index.html': app });
    const page = await visitor();
    expect((await page.goto(`${base}/orders/42?tab=1`))!.status()).toBe(200);
    expect(await page.textContent('p')).toBe('view of /orders/42');
    await page.click('text=Profile');
    expect(await page.textContent('p')).toBe('view of /settings/profile');
    expect((await page.reload())!.status()).toBe(200);
    expect(await page.textContent('p')).toBe('view of /settings/profile');
    await look(page, 'site-spa');
    await page.goBack();
    expect(await page.textContent('p')).toBe('view of /orders/42');
  });

  it('[WebsiteServing-29] [WebsiteServing-33] [WebsiteServing-25] redirects what has moved', async () => {
    const away = `<RedirectType>External</RedirectType><Protocol>http</Protocol>`;
    const moved = rule(
      1,
      prefix('old/'),
      `${away}<ReplaceKeyPrefixWith>docs/</ReplaceKeyPrefixWith><HttpRedirectCode>302</HttpRedirectCode>`,
    );
    const elsewhere = rule(
      2,
      prefix('shop/') + on404,
      `${away}<HostName>shop.test</HostName><PassQueryString>true</PassQueryString>`,
    );
    web.pages.set('/shop/a%20b', html('The shop'));
    const { base } = await newSite(`${index()}${errorPage('404.html')}${rules(moved, elsewhere)}`);
    const page = await visitor();
    await page.goto(`${base}/old/guide/`);
    expect([page.url(), await heading(page)]).toEqual([`${base}/docs/guide/`, 'Guide']);
    await page.goto(`${base}/shop/a%20b?size=xl`);
    expect([page.url(), await heading(page)]).toEqual(['http://shop.test/shop/a%20b?size=xl', 'The shop']);
  });

  it('[WebsiteServing-37] [WebsiteServing-43] shows what its origin has, and from then on its own', async () => {
    web.pages.set('/blog/post.html', html('A mirrored post', '<img src="picture.svg" alt="picture">'));
    web.pages.set('/blog/picture.svg', (response) =>
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(svg('orange')),
    );
    const mirror = rule(
      1,
      prefix('blog/') + on404,
      `<RedirectType>Mirror</RedirectType><MirrorURL>${web.at('127.0.0.1')}</MirrorURL>`,
    );
    const { base } = await newSite(`${index()}${errorPage('404.html')}${rules(mirror)}`);
    for (const time of ['first', 'second']) {
      const page = await visitor();
      const answer = await page.goto(`${base}/blog/post.html`);
      expect([time, answer!.status(), await heading(page), await imageWidth(page)]).toEqual([
        time,
        200,
        'A mirrored post',
        120,
      ]);
      await look(page, `site-mirror-${time}`);
      expect((await page.goto(`${base}/blog/none`))!.status()).toBe(404);
      expect(await heading(page)).toBe('Nothing here');
    }
    expect(web.asked.filter((path) => path.endsWith('post.html') || path.endsWith('picture.svg'))).toHaveLength(2);
  });

  it('[GetObject-14] sends texts compressed, and what was stored compressed as it is', async () => {
    const site = await newSite(index());
    const { base } = site;
    const script = `document.title = 'ran'; // ${'x'.repeat(5_000)}`;
    await site.put('app.js', brotliCompressSync(script), { 'content-encoding': 'br' });
    await site.put('packed.html', html('Packed', '<script src="/app.js"></script>'));
    const page = await visitor();
    const network = await traffic(page);
    await page.goto(`${base}/packed.html`);
    expect(await page.title()).toBe('ran');
    expect(await inPage(page, `return getComputedStyle(document.querySelector('h1')).color`)).toBe('rgb(0, 96, 160)');
    const encodings = () =>
      network.map(({ url, answer }) => [url.slice(base.length), answer?.['content-encoding'] ?? 'none']).sort();
    await expect.poll(encodings).toEqual([
      ['/app.js', 'br'],
      ['/css/site.css', 'gzip'],
      ['/packed.html', 'none'],
    ]);
    const sizes = `const { encodedBodySize, decodedBodySize } = performance.getEntriesByName(given)[0];
       return [encodedBodySize < decodedBodySize / 4, decodedBodySize];`;
    expect(await inPage(page, sizes, `${base}/css/site.css`)).toEqual([true, css.length]);
    expect(await inPage(page, sizes, `${base}/app.js`)).toEqual([true, script.length]);
  });

  it('[ObjCommon-15] is cached: kept without asking, or asked about and not sent again', async () => {
    const site = await newSite(index());
    const { base } = site;
    await site.put('index.html', pages['index.html'], { 'cache-control': 'no-cache' });
    await site.put('css/site.css', css, { 'cache-control': 'max-age=31536000, immutable' });
    await site.put('img/logo.svg', svg('teal'), { 'cache-control': 'no-cache' });
    const page = await visitor();
    await page.goto(base);
    const network = await traffic(page);
    await page.goto('about:blank');
    await page.goto(base);
    expect([await heading(page), await imageWidth(page)]).toEqual(['Home', 120]);
    const again = () => network.map(({ url, status }) => `${new URL(url).pathname} ${status}`).sort();
    await expect.poll(again).toEqual(['/ 304', '/img/logo.svg 304']);
    // What changed is seen at once.
    await site.put('index.html', html('New home'), { 'cache-control': 'no-cache' });
    await page.goto(base);
    expect(await heading(page)).toBe('New home');
    await expect.poll(() => steps(network)).toEqual(['GET 200', 'GET 304', 'GET 304']);
  });

  it('[GetObject-12] goes on with what is half in the cache only if that is still the same object', async () => {
    const site = await newSite(index());
    const size = 16 * 1024 * 1024;
    const page = await visitor();
    await page.goto(site.base);
    const network = await traffic(page);
    /** Reads at least so many bytes, then leaves; or all. Returns how many, and which bytes it saw. */
    const read = (name: string, least: number) =>
      inPage<[number, string]>(
        page,
        `const aborter = new AbortController();
         const { body } = await fetch(given.name, { signal: aborter.signal });
         const seen = new Set();
         let length = 0;
         for await (const chunk of body) {
           length += chunk.length;
           for (const byte of [chunk[0], chunk.at(-1)]) seen.add(String.fromCharCode(byte));
           if (length >= given.least) break;
         }
         aborter.abort();
         return [length, [...seen].join('')];`,
        { name, least },
      );
    const asked = () => network.some(({ headers }) => headers['if-range'] !== undefined);
    // Whether Chromium keeps half an object depends on how far it was: it does, sooner or later.
    for (let i = 0; i < 8 && !asked(); i++) {
      const name = `half-${i}.bin`;
      const fill = (letter: string) => site.put(name, Buffer.alloc(size, letter), { 'cache-control': 'max-age=600' });
      await fill('a');
      expect(await read(name, 4 * 1024 * 1024)).toEqual([expect.any(Number), 'a']);
      await fill('b');
      expect(await read(name, size)).toEqual([size, 'b']);
    }
    await expect.poll(asked).toBe(true);
  });
});
