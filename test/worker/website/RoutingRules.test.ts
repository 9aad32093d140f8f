import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { newBucket, send } from '../support/wire.ts';
import { errorPage, external, index, newSite, on404, putPage, putWebsite, rule, rules, visit } from './support.ts';

const prefix = (text: string) => `<KeyPrefixEquals>${text}</KeyPrefixEquals>`;
const on = (status: number) => `<HttpErrorCodeReturnedEquals>${status}</HttpErrorCodeReturnedEquals>`;
const header = (key: string, equals: string) =>
  `<IncludeHeader><Key>${key}</Key><Equals>${equals}</Equals></IncludeHeader>`;
const to = (host: string, more = '') => `<HostName>${host}</HostName>${more}`;

describe('External rules', () => {
  it('[WebsiteServing-27] [WebsiteServing-33] redirect what is missing, with an empty body', async () => {
    const bucket = await newSite(rules(rule(1, on404, external('<Protocol>https</Protocol>'))), { here: 'here' });
    for (const method of ['GET', 'HEAD']) {
      const answer = await visit(bucket, '/a%20b/%C3%BC?x=1', { method });
      expect([answer.status, answer.text]).toEqual([301, '']);
      expect(answer.header('location')).toBe('https://www.example.com/a%20b/%C3%BC');
      expect(answer.header('x-oss-cdn-redirect')).toBeNull();
    }
    expect((await visit(bucket, '/here')).text).toBe('here');
  });

  it('[WebsiteServing-17] redirect signed requests too, whatever else the website is', async () => {
    const bucket = await newSite(
      `${index()}${errorPage()}${rules(rule(1, on404, external('<HttpRedirectCode>302</HttpRedirectCode>')))}`,
    );
    for (const place of ['header', 'query'] as const) {
      const answer = await send('GET', `/${bucket}/none`, { place });
      expect([answer.status, answer.header('location')]).toEqual([302, 'http://www.example.com/none']);
    }
  });

  it('[WebsiteServing-26] [WebsiteServing-25] pass the query on, but nothing of a signature', async () => {
    const bucket = await newSite(rules(rule(1, on404, external('<PassQueryString>true</PassQueryString>'))));
    expect((await visit(bucket, '/k?a=b&c=d%20e')).header('location')).toBe('http://www.example.com/k?a=b&c=d%20e');
    const v4 = await send('GET', `/${bucket}/k?a=b`, { place: 'query' });
    expect(v4.header('location')).toBe('http://www.example.com/k?a=b');
    const v1 = await send('GET', `/${bucket}/k`, { place: 'query', scheme: 'V1', unsigned: { query: 'a=b' } });
    expect([v1.text, v1.header('location')]).toEqual(['', 'http://www.example.com/k?a=b']);
    const named = await visit(bucket, '/k?a=b&security-token=t&x-oss-request-payer=requester');
    expect(named.header('location')).toBe('http://www.example.com/k?a=b');
  });

  it('[WebsiteServing-23] redirect without a status even what is there, the root and directories too', async () => {
    const bucket = await newSite(`${index()}${rules(rule(5, '', external()))}`, { 'index.html': 'home', here: 'here' });
    for (const [path, name] of [
      ['/', ''],
      ['/here', 'here'],
      ['/dir/', 'dir/'],
      ['/none', 'none'],
    ] as const) {
      const answer = await visit(bucket, path);
      expect([answer.status, answer.header('location')]).toEqual([301, `http://www.example.com/${name}`]);
    }
    expect((await send('GET', `/${bucket}/`)).text).toContain('<ListBucketResult');
  });

  it('[WebsiteServing-20] let the lowest number win, not the first in the document', async () => {
    const bucket = await newSite(
      rules(rule(9, on404, to('nine.example')), rule(2, on404, to('two.example')), rule(5, '', to('five.example'))),
      { here: 'here' },
    );
    expect((await visit(bucket, '/none')).header('location')).toBe('http://two.example/none');
    expect((await visit(bucket, '/here')).header('location')).toBe('http://five.example/here');
  });

  it('[WebsiteServing-24] compare headers, and the host as the client sent it', async () => {
    const condition = (bucket: string) => on404 + header('host', `${bucket}.localhost`) + header('X-Mode', 'old');
    const bucket = await newBucket({ acl: 'public-read' });
    await putWebsite(bucket, rules(rule(1, condition(bucket), external())));
    expect((await visit(bucket, '/k', { headers: { 'x-mode': 'old' } })).status).toBe(301);
    expect((await visit(bucket, '/k', { headers: { 'x-mode': 'OLD' } })).status).toBe(404);
    expect((await visit(bucket, '/k')).status).toBe(404);
    expect((await send('GET', `/${bucket}/k`, { as: 'anonymous', headers: { 'x-mode': 'old' } })).status).toBe(404);
  });

  it('[WebsiteServing-23] answer a refusal where they name its status, and no other', async () => {
    const bucket = await newSite(
      rules(
        rule(1, on404, to('missing.example')),
        rule(2, on(403), to('login.example', '<HttpRedirectCode>307</HttpRedirectCode>')),
      ),
      { secret: 'secret' },
      'private',
    );
    for (const path of ['/secret', '/none']) {
      const answer = await visit(bucket, path);
      expect([answer.status, answer.header('location')]).toEqual([307, `http://login.example${path}`]);
    }
    expect((await send('GET', `/${bucket}/secret`)).text).toBe('secret');
    expect((await send('GET', `/${bucket}/none`)).header('location')).toBe('http://missing.example/none');
  });

  it('[WebsiteServing-19] tell a refused caller nothing of what is there', async () => {
    const bucket = await newSite(rules(rule(1, on404, external())), { here: 'here' }, 'private');
    for (const path of ['/here', '/none']) expect((await visit(bucket, path)).code).toBe('AccessDenied');
  });

  it('[WebsiteServing-27] stay on the host that was asked where they name none', async () => {
    const bucket = await newSite(rules(rule(1, prefix('old/'), '<ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith>')));
    expect((await visit(bucket, '/old/a')).header('location')).toBe(`http://${bucket}.localhost/new/a`);
    const pathStyle = await send('GET', `/${bucket}/old/a`, { as: 'anonymous' });
    expect(pathStyle.header('location')).toBe(`http://localhost/${bucket}/new/a`);
  });

  it('[WebsiteServing-34] of type AliCDN say so in a header', async () => {
    const bucket = await newSite(rules(rule(1, on404, `<RedirectType>AliCDN</RedirectType>${to('cdn.example')}`)));
    const answer = await visit(bucket, '/k');
    expect([answer.status, answer.header('location'), answer.header('x-oss-cdn-redirect')]).toEqual([
      301,
      'http://cdn.example/k',
      'true',
    ]);
  });

  it('[Sec-41] lead nowhere else and break no header, whatever the name', async () => {
    const bucket = await newSite(
      `${index('<SupportSubDir>true</SupportSubDir>')}${rules(rule(1, on404 + prefix('x'), external()))}`,
      { 'evil.example/index.html': 'e' },
    );
    expect((await visit(bucket, '/x%0D%0Aset-cookie:%20a=b')).header('location')).toBe(
      'http://www.example.com/x%0D%0Aset-cookie%3A%20a%3Db',
    );
    expect((await visit(bucket, '/x@evil.example')).header('location')).toBe('http://www.example.com/x%40evil.example');
    // Nor does a directory's address: a name cannot begin with a slash.
    expect((await visit(bucket, '//evil.example')).status).toBe(400);
    expect((await visit(bucket, '/%2Fevil.example')).status).toBe(400);
    expect((await visit(bucket, '/evil.example')).header('location')).toBe('/evil.example/');
  });

  it('refuse to make an address of any length', async () => {
    const twice = `\${key}\${key}`;
    const bucket = await newSite(
      rules(rule(1, on404, external(`<ReplaceKeyWith>${twice.repeat(50)}</ReplaceKeyWith>`))),
    );
    expect((await visit(bucket, `/${'k'.repeat(500)}`)).status).toBe(400);
    expect((await visit(bucket, '/k')).status).toBe(301);
  });

  it('are for reads alone', async () => {
    const bucket = await newSite(rules(rule(1, '', external())));
    expect((await send('PUT', `/${bucket}/k`, { body: 'x' })).status).toBe(200);
    expect((await send('DELETE', `/${bucket}/k`)).status).toBe(204);
    expect((await send('GET', `/${bucket}/k?acl`)).status).toBe(404);
    expect((await send('GET', `/${bucket}?website`)).status).toBe(200);
  });
});

describe('Internal rules', () => {
  const internal = (more: string) => `<RedirectType>Internal</RedirectType>${more}`;

  it('[PutBucketWebsite-14] answer with another object, if the caller may read that', async () => {
    const site = rules(rule(1, prefix('old/'), internal('<ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith>')));
    const bucket = await newSite(`${errorPage()}${site}`, { 'new/a': 'a', 'new/secret': 's', 'error.html': 'lost' });
    await send('PUT', `/${bucket}/new/secret?acl`, { headers: { 'x-oss-object-acl': 'private' } });
    const answer = await visit(bucket, '/old/a');
    expect([answer.status, answer.text, answer.header('location')]).toEqual([200, 'a', null]);
    expect((await visit(bucket, '/old/a', { headers: { range: 'bytes=0-0' } })).status).toBe(206);
    expect((await visit(bucket, '/old/a', { method: 'HEAD' })).header('content-length')).toBe('1');
    expect((await visit(bucket, '/old/secret')).code).toBe('AccessDenied');
    const missing = await visit(bucket, '/old/none');
    expect([missing.status, missing.text]).toEqual([404, 'lost']);
    expect((await send('GET', `/${bucket}/old/secret`)).text).toBe('s');
    expect((await send('GET', `/${bucket}/old/none`)).code).toBe('NoSuchKey');
  });

  it('run once: what they lead to is no matter for rules', async () => {
    const bucket = await newSite(rules(rule(1, '', internal('<ReplaceKeyPrefixWith>x</ReplaceKeyPrefixWith>'))), {
      xk: 'found',
    });
    expect((await visit(bucket, '/k')).text).toBe('found');
  });
});

describe('a website that changes', () => {
  /** Makes this isolate believe what was true before `change`. */
  async function behindTheBack(bucket: string, change: () => Promise<unknown>): Promise<void> {
    const { config } = await env.CONFIG.get<never>(`bucket:${bucket}`, 'json').then((config) => ({ config }));
    await change();
    configCopies.clear();
    configCopies.set(bucket, config!);
  }

  it('[EdgeCommon-16] is the new one for the very next request, though a copy says otherwise', async () => {
    const bucket = await newSite(index(), { 'index.html': 'home', 'other.html': 'other', here: 'here' });
    const other = '<IndexDocument><Suffix>other.html</Suffix></IndexDocument>';
    const sites = {
      other: () => putWebsite(bucket, other),
      redirect: () => putWebsite(bucket, rules(rule(1, '', external()))),
      none: () => send('DELETE', `/${bucket}?website`),
      errors: () => putWebsite(bucket, `<ErrorDocument><Key>other.html</Key></ErrorDocument>`),
      index: () => putWebsite(bucket, index()),
    };
    await behindTheBack(bucket, sites.other);
    expect((await visit(bucket, '/')).text).toBe('other');
    await behindTheBack(bucket, sites.redirect);
    expect((await visit(bucket, '/here')).status).toBe(301);
    await behindTheBack(bucket, sites.none);
    expect((await visit(bucket, '/here')).text).toBe('here');
    await behindTheBack(bucket, sites.redirect);
    await behindTheBack(bucket, sites.none);
    expect((await visit(bucket, '/')).code).toBe('AccessDenied');
    await behindTheBack(bucket, sites.errors);
    expect((await visit(bucket, '/none')).text).toBe('other');
    await behindTheBack(bucket, sites.index);
    expect((await visit(bucket, '/')).text).toBe('home');
    await behindTheBack(bucket, sites.none);
    await behindTheBack(bucket, sites.index);
    expect((await visit(bucket, '/', { method: 'HEAD' })).status).toBe(200);
  });

  it('[EdgeCommon-16] is private for the very next request', async () => {
    const bucket = await newSite(`${index()}${errorPage()}`, { 'index.html': 'home', 'error.html': 'lost' });
    await behindTheBack(bucket, () => send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'private' } }));
    expect((await visit(bucket, '/')).code).toBe('AccessDenied');
    expect((await visit(bucket, '/none')).code).toBe('AccessDenied');
    await behindTheBack(bucket, () => send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'public-read' } }));
    expect((await visit(bucket, '/')).text).toBe('home');
  });

  it('[WebsiteServing-13] shows the page as it is now', async () => {
    const bucket = await newSite(index(), { 'index.html': 'one' });
    expect((await visit(bucket, '/')).text).toBe('one');
    await putPage(bucket, 'index.html', 'two');
    expect((await visit(bucket, '/')).text).toBe('two');
    await send('DELETE', `/${bucket}/index.html`);
    expect((await visit(bucket, '/')).status).toBe(404);
  });
});
