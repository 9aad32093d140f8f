import { exports } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sign } from '../../support/sign.ts';
import { cname, newDomain } from '../cname/support.ts';
import { cors, rule as corsRule, put } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { type Answer, keys, send, type Wish } from '../support/wire.ts';
import {
  errorPage,
  external,
  index,
  mirror,
  newSite,
  on404,
  putPage,
  putWebsite,
  rule,
  rules,
  subDirs,
  visit,
} from './support.ts';

const pages = {
  'index.html': '<h1>root</h1>',
  'error.html': '<h1>lost</h1>',
  'a.html': '<h1>a</h1>',
  'dir/index.html': '<h1>dir</h1>',
  'héé ü/index.html': '<h1>accents</h1>',
};

interface Site {
  readonly bucket: string;
  readonly domain: string;
}

async function boundSite(website: string, acl = 'public-read'): Promise<Site> {
  const bucket = await newSite(website, pages, acl);
  const domain = newDomain();
  expect((await cname('add', bucket, domain)).status).toBe(200);
  return { bucket, domain };
}

type Visit = Wish & { readonly method?: string };

/** An anonymous request to the site's own domain. */
const at = (domain: string, path: string, wish: Visit = {}): Promise<Answer> =>
  send(wish.method ?? 'GET', path, { as: 'anonymous', ...wish, host: domain });

/** What differs between any two answers. */
const passing = new Set(['date', 'x-oss-request-id', 'x-oss-server-time']);

const facts = ({ status, text, headers }: Answer, host: string) => ({
  status,
  text: text.replace(/<RequestId>.*?<\/RequestId>/, '').replaceAll(host, 'HOST'),
  headers: [...headers]
    .filter(([name]) => !passing.has(name))
    .map(([name, value]) => [name, value.replaceAll(host, 'HOST')]),
});

/** Asks both names of a site for the same, and wants the same of them. */
async function same({ bucket, domain }: Site, path: string, wish: Visit = {}): Promise<Answer> {
  const answer = await at(domain, path, wish);
  const usual = await visit(bucket, path, wish);
  expect(facts(answer, domain), path).toEqual(facts(usual, `${bucket}.localhost`));
  return answer;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a website at a custom domain', () => {
  it('[WebsiteServing-52] has its index pages, of directories too', async () => {
    const site = await boundSite(`${subDirs(0)}${errorPage()}`);
    expect([(await same(site, '/')).text, (await same(site, '/dir/')).text]).toEqual([
      pages['index.html'],
      pages['dir/index.html'],
    ]);
    const redirected = await same(site, '/dir');
    expect([redirected.status, redirected.header('location')]).toEqual([302, '/dir/']);
    expect((await same(site, '/h%C3%A9%C3%A9%20%C3%BC')).header('location')).toBe('/h%C3%A9%C3%A9%20%C3%BC/');
    await putWebsite(site.bucket, `${subDirs(2)}${errorPage()}`);
    expect((await same(site, '/dir')).text).toBe(pages['dir/index.html']);
    await putWebsite(site.bucket, `${subDirs(1)}${errorPage()}`);
    expect((await same(site, '/dir')).text).toBe(pages['error.html']);
    await putWebsite(site.bucket, index());
    expect((await same(site, '/no/such/')).text).toBe(pages['index.html']);
  });

  it('[WebsiteServing-52] [WebsiteServing-2] lists for who signs', async () => {
    const { bucket, domain } = await boundSite(index());
    for (const place of ['header', 'query'] as const) {
      const url = `http://${domain}/`;
      const signed = sign({ method: 'GET', url, bucket, ...keys.owner, region: 'cn-hangzhou', scheme: 'V4', place });
      const answer = await exports.default.fetch(new Request(signed.url, { headers: signed.headers }));
      expect(await answer.text()).toContain('<Key>dir/index.html</Key>');
    }
    expect((await at(domain, '/')).text).toBe(pages['index.html']);
  });

  it('[WebsiteServing-52] shows its error page, with its status', async () => {
    const site = await boundSite(errorPage());
    for (const status of [404, 200] as const) {
      await putWebsite(site.bucket, errorPage(status));
      const lost = await same(site, '/none?x=1');
      expect([lost.status, lost.text]).toEqual([status, pages['error.html']]);
    }
    await send('DELETE', `/${site.bucket}/error.html`);
    const plain = await same(site, '/none');
    expect([plain.status, plain.code, plain.one('HostId')]).toEqual([404, 'NoSuchKey', site.domain]);
  });

  it('[WebsiteServing-52] follows its routing rules', async () => {
    const moved = rule(
      1,
      '<KeyPrefixEquals>old/</KeyPrefixEquals>',
      external('<ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith><PassQueryString>true</PassQueryString>'),
    );
    const inside = rule(
      2,
      `<KeyPrefixEquals>inside/</KeyPrefixEquals>${on404}`,
      '<RedirectType>External</RedirectType><ReplaceKeyPrefixWith>dir/</ReplaceKeyPrefixWith><HttpRedirectCode>302</HttpRedirectCode>',
    );
    const internal = rule(
      3,
      '<KeyPrefixEquals>alias</KeyPrefixEquals>',
      '<RedirectType>Internal</RedirectType><ReplaceKeyWith>a.html</ReplaceKeyWith>',
    );
    const site = await boundSite(rules(moved, inside, internal));
    expect((await same(site, '/old/x?y=z')).header('location')).toBe('http://www.example.com/new/x?y=z');
    const within = await same(site, '/inside/index.html');
    // Without a host name the visitor stays where he is.
    expect([within.status, within.header('location')]).toEqual([302, `http://${site.domain}/dir/index.html`]);
    expect((await same(site, '/alias')).text).toBe(pages['a.html']);
  });

  it('[WebsiteServing-52] [WebsiteServing-24] matches its own host in a rule', async () => {
    const site = await boundSite(index());
    const here = `<KeyPrefixEquals>here</KeyPrefixEquals><IncludeHeader><Key>host</Key><Equals>${site.domain}</Equals></IncludeHeader>`;
    await putWebsite(site.bucket, rules(rule(1, here, external())));
    expect((await at(site.domain, '/here')).header('location')).toBe('http://www.example.com/here');
    expect((await visit(site.bucket, '/here')).status).toBe(404);
  });

  it('[WebsiteServing-52] [WebsiteServing-37] mirrors its origin, and has it from then on under every name', async () => {
    const site = await boundSite(`${errorPage()}${rules(rule(1, on404, mirror()))}`);
    const asked: string[] = [];
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
      asked.push(String(input));
      if (!String(input).endsWith('/m.html')) return new Response('no', { status: 404 });
      return new Response('mirrored', { headers: { 'content-type': 'text/html', 'content-length': '8' } });
    });
    expect((await at(site.domain, '/m.html')).text).toBe('mirrored');
    expect((await same(site, '/m.html')).text).toBe('mirrored');
    expect(asked).toEqual(['http://origin.example/m.html']);
    const missing = await same(site, '/n.html');
    expect([missing.status, missing.text]).toEqual([404, pages['error.html']]);
  });

  it('[WebsiteServing-52] [WebsiteServing-16] answers HEAD, ranges and conditions', async () => {
    const site = await boundSite(`${subDirs(2)}${errorPage()}`);
    for (const [path, status, length] of [
      ['/', 200, '13'],
      ['/dir', 200, '12'],
      ['/none', 404, '13'],
    ] as const) {
      const head = await same(site, path, { method: 'HEAD' });
      expect([head.status, head.text, head.header('content-length')]).toEqual([status, '', length]);
    }
    const part = await same(site, '/', { headers: { range: 'bytes=4-7' } });
    expect([part.status, part.text, part.header('content-range')]).toEqual([206, 'root', 'bytes 4-7/13']);
    expect((await same(site, '/none', { headers: { range: 'bytes=0-1' } })).text).toBe(pages['error.html']);
    const etag = part.header('etag')!;
    expect((await same(site, '/', { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await same(site, '/', { headers: { 'if-match': '"0"' } })).status).toBe(412);
    await putPage(site.bucket, 'big.css', 'a{}'.repeat(1_000), { 'content-type': 'text/css' });
    const packed = await same(site, '/big.css', { headers: { 'accept-encoding': 'gzip' } });
    expect([packed.status, packed.header('vary')]).toEqual([200, 'Accept-Encoding']);
  });

  it('[WebsiteServing-52] [CorsEnforcement-3] lets scripts of allowed origins read it, its error page and redirects too', async () => {
    const moved = rule(1, '<KeyPrefixEquals>old/</KeyPrefixEquals>', external());
    const site = await boundSite(`${index()}${errorPage()}${rules(moved)}`);
    const allowed = { AllowedOrigin: 'https://app.test', AllowedMethod: ['GET', 'HEAD'], ExposeHeader: 'ETag' };
    await put(site.bucket, 'cors', cors(corsRule(allowed)));
    const origin = (value: string) => ({ headers: { origin: value } });
    for (const path of ['/', '/a.html', '/none', '/old/x']) {
      const read = await same(site, path, origin('https://app.test'));
      expect([path, read.header('access-control-allow-origin')]).toEqual([path, 'https://app.test']);
      expect((await same(site, path, origin('https://b.test'))).header('access-control-allow-origin')).toBeNull();
    }
    const preflight = {
      method: 'OPTIONS',
      headers: { origin: 'https://app.test', 'access-control-request-method': 'GET' },
    };
    expect((await same(site, '/', preflight)).status).toBe(200);
    expect(
      (await same(site, '/', { ...preflight, headers: { ...preflight.headers, origin: 'https://b.test' } })).status,
    ).toBe(403);
  });

  it('[WebsiteServing-52] [RefererEnforcement-9] is closed to hotlinks, its error page and redirects too', async () => {
    const moved = rule(1, '<KeyPrefixEquals>old/</KeyPrefixEquals>', external());
    const site = await boundSite(`${subDirs(2)}${errorPage()}${rules(moved)}`);
    const listed = `https://${site.domain}/`;
    await put(
      site.bucket,
      'referer',
      `<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>${listed}</Referer></RefererList></RefererConfiguration>`,
    );
    for (const [path, status] of [
      ['/', 200],
      ['/dir', 200],
      ['/none', 404],
      ['/old/x', 301],
    ] as const) {
      expect([path, (await same(site, path, { headers: { referer: `${listed}page` } })).status]).toEqual([
        path,
        status,
      ]);
      for (const headers of [{}, { referer: 'https://elsewhere.test/' }] as Record<string, string>[]) {
        const refused = await same(site, path, { headers });
        expect([path, refused.status, refused.code, refused.header('location')]).toEqual([
          path,
          403,
          'AccessDenied',
          null,
        ]);
      }
    }
  });

  it('[WebsiteServing-52] [WebsiteServing-18] opens nothing that is private', async () => {
    const site = await boundSite(`${subDirs(2)}${errorPage(200)}`, 'private');
    for (const path of ['/', '/dir', '/dir/', '/none']) {
      const refused = await same(site, path);
      expect([path, refused.status, refused.code]).toEqual([path, 403, 'AccessDenied']);
    }
    await send('PUT', `/${site.bucket}?acl`, { headers: { 'x-oss-acl': 'public-read' } });
    expect((await same(site, '/')).text).toBe(pages['index.html']);
  });

  it('[WebsiteServing-52] costs no call more than at the bucket’s own name', async () => {
    const { domain, bucket } = await boundSite(`${index()}${errorPage()}`);
    for (const host of [domain, `${bucket}.localhost`]) {
      for (const path of ['/', '/none']) {
        await at(host, path);
        const { calls } = await counted('GET', path, { as: 'anonymous', host });
        expect([path, calls]).toEqual([
          path,
          { index: path === '/' ? 1 : 2, blobs: 0, bucket: 0, directory: 0, edgeCopy: 0, domain: 0 },
        ]);
      }
    }
  });

  it('[WebsiteServing-52] [DeleteCname-3] ends with the domain, and only there', async () => {
    const site = await boundSite(`${subDirs(2)}${errorPage(200)}`);
    expect((await same(site, '/')).status).toBe(200);
    await cname('delete', site.bucket, site.domain);
    for (const path of ['/', '/dir', '/none']) {
      const gone = await at(site.domain, path);
      expect([path, gone.status, gone.code]).toEqual([path, 404, 'NoSuchBucket']);
    }
    expect((await visit(site.bucket, '/')).text).toBe(pages['index.html']);
  });
});
