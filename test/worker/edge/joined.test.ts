import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { domainHints } from '../../../src/bucket/domain-reader.ts';
import { cname, newDomain } from '../cname/support.ts';
import { arn, assume } from '../sts/support.ts';
import { cors, rule as corsRule, put } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { post } from '../support/form.ts';
import { newBucket, send, type Wish } from '../support/wire.ts';
import { errorPage, external, index, newSite, on404, rule, rules, visit } from '../website/support.ts';

/** What the edge asks of a request holds wherever the request leads. */

const onlyFrom = (referer: string) =>
  `<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>${referer}</Referer></RefererList></RefererConfiguration>`;
const requesterPays = '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>';
const from = (referer: string, wish: Wish = {}): Wish => ({ ...wish, headers: { ...wish.headers, referer } });
const pages = { 'index.html': 'index', 'error.html': 'error', page: 'page' };

describe('a website', () => {
  it('[RefererEnforcement-9] shows nothing to a visitor whom hotlink protection refuses', async () => {
    const routing = rules(rule(1, on404, external()), rule(2, '<KeyPrefixEquals>old/</KeyPrefixEquals>', external()));
    for (const inner of [index() + errorPage() + routing, index() + errorPage()]) {
      const bucket = await newSite(inner, pages);
      await put(bucket, 'referer', onlyFrom('http://good.test'));
      for (const path of ['/', '/page', '/none', '/old/x']) {
        const refused = await visit(bucket, path, from('http://evil.test/'));
        expect([path, refused.status, refused.code, refused.header('location')]).toEqual([
          path,
          403,
          'AccessDenied',
          null,
        ]);
        expect([refused.header('content-type'), refused.one('BucketName')]).toEqual(['application/xml', bucket]);
      }
      expect((await visit(bucket, '/', from('http://good.test/'))).text).toBe('index');
      expect((await visit(bucket, '/page', from('http://good.test/'))).text).toBe('page');
    }
  });

  it('refuses before its index is asked', async () => {
    const bucket = await newSite(index(), pages);
    await put(bucket, 'referer', onlyFrom('http://good.test'));
    const host = `${bucket}.localhost`;
    const { answer, calls } = await counted('GET', '/page', from('http://evil.test/', { as: 'anonymous', host }));
    expect([answer.status, calls.index, calls.blobs]).toEqual([403, 0, 0]);
  });

  it('[EdgeCommon-16] goes by the protection in force, also where a rule needs no look at the index', async () => {
    const bucket = await newSite(
      index() + rules(rule(1, '<KeyPrefixEquals>old/</KeyPrefixEquals>', external())),
      pages,
    );
    const old = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    await put(bucket, 'referer', onlyFrom('http://good.test'));
    for (const path of ['/', '/page', '/old/x', '/none']) {
      configCopies.clear();
      configCopies.set(bucket, old);
      const answer = await visit(bucket, path, from('http://evil.test/'));
      expect([path, answer.status, answer.header('location')]).toEqual([path, 403, null]);
    }
  });

  it('[RequestPaymentEnforcement-8] is closed to visitors while the requester pays', async () => {
    const bucket = await newSite(index() + errorPage() + rules(rule(1, on404, external())), pages);
    await put(bucket, 'requestPayment', requesterPays);
    for (const path of ['/', '/page', '/none']) {
      const refused = await visit(bucket, path);
      expect([path, refused.status, refused.header('x-oss-ec')]).toEqual([path, 403, '0003-00000701']);
    }
  });

  it('[CorsEnforcement-4] lets other origins read its redirects and error pages', async () => {
    const bucket = await newSite(
      index() + errorPage() + rules(rule(1, '<KeyPrefixEquals>old/</KeyPrefixEquals>', external())),
      pages,
    );
    await put(bucket, 'cors', cors(corsRule({ AllowedOrigin: 'http://a.test', AllowedMethod: 'GET' })));
    for (const path of ['/', '/page', '/none', '/old/x']) {
      const answer = await visit(bucket, path, { headers: { origin: 'http://a.test' } });
      expect([path, answer.header('access-control-allow-origin')]).toEqual([path, 'http://a.test']);
    }
  });

  it('[DeleteCname-3] is served under a custom domain, and under no domain that was removed', async () => {
    const routing = rules(rule(1, on404, external()), rule(2, '<KeyPrefixEquals>old/</KeyPrefixEquals>', external()));
    const bucket = await newSite(index() + errorPage() + routing, pages);
    const domain = newDomain();
    expect((await cname('add', bucket, domain)).status).toBe(200);
    const ask = (path: string) => send('GET', path, { as: 'anonymous', host: domain });
    expect((await ask('/')).text).toBe('index');
    expect((await ask('/old/x')).header('location')).toContain('www.example.com');
    const old = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    expect((await cname('delete', bucket, domain)).status).toBe(200);
    for (const path of ['/', '/page', '/none', '/old/x']) {
      configCopies.clear();
      configCopies.set(bucket, old);
      domainHints.set(domain, bucket);
      const answer = await ask(path);
      expect([path, answer.status, answer.code]).toEqual([path, 404, 'NoSuchBucket']);
    }
  });
});

describe('a form upload', () => {
  it('[RefererEnforcement-1] is checked for its referer where it is not signed', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    await put(bucket, 'referer', onlyFrom('http://good.test'));
    const upload = (as: 'anonymous' | 'owner', referer: string) => post(bucket, { as, headers: { referer } });
    const refused = await upload('anonymous', 'http://evil.test/');
    expect([refused.status, refused.code, refused.header('x-oss-ec')]).toEqual([403, 'AccessDenied', '0003-00000503']);
    expect((await send('GET', `/${bucket}/a.txt`)).status).toBe(404);
    expect((await upload('anonymous', 'http://good.test/')).status).toBe(204);
    expect((await upload('owner', 'http://evil.test/')).status).toBe(204);
  });

  it('[RequestPaymentEnforcement-3] accepts the charge by a signed field, not by a header', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    await put(bucket, 'requestPayment', requesterPays);
    const fields = { key: 'a.txt', 'x-oss-request-payer': 'requester' };
    const conditions = [['starts-with', '$key', ''], { 'x-oss-request-payer': 'requester' }];
    for (const wish of [
      {},
      { headers: { 'x-oss-request-payer': 'requester' } },
      { path: `/${bucket}?x-oss-request-payer=requester` },
    ]) {
      const refused = await post(bucket, { as: 'other', ...wish });
      expect([refused.status, refused.header('x-oss-ec')]).toEqual([403, '0003-00000703']);
    }
    const accepted = await post(bucket, { as: 'other', fields, conditions });
    expect([accepted.status, accepted.header('x-oss-request-charged')]).toEqual([204, 'requester']);
    expect((await post(bucket, { as: 'anonymous', fields })).header('x-oss-ec')).toBe('0003-00000701');
    expect((await post(bucket, { as: 'owner' })).status).toBe(204);
  });

  it('[CorsEnforcement-4] can be read by the page that sent it, refused or not', async () => {
    const bucket = await newBucket();
    await put(bucket, 'cors', cors(corsRule({ AllowedOrigin: '*', AllowedMethod: 'POST', ExposeHeader: 'ETag' })));
    for (const as of ['owner', 'anonymous'] as const) {
      const answer = await post(bucket, { as, headers: { origin: 'http://a.test' } });
      expect([as, answer.status, answer.header('access-control-allow-origin')]).toEqual([
        as,
        as === 'owner' ? 204 : 403,
        'http://a.test',
      ]);
    }
  });

  it.each(['V1', 'V2', 'V4'] as const)('can be signed by temporary credentials, %s', async (scheme) => {
    const bucket = await newBucket();
    const session = await assume('everything', { RoleArn: arn('everything') }, { as: 'user' });
    const credentials = {
      accessKeyId: session.AccessKeyId,
      accessKeySecret: session.AccessKeySecret,
      securityToken: session.SecurityToken,
    };
    expect((await post(bucket, { scheme, sign: credentials })).status).toBe(204);
    const { securityToken: _, ...tokenless } = credentials;
    expect((await post(bucket, { scheme, sign: tokenless })).code).toBe('InvalidAccessKeyId');
    const broken = { ...credentials, securityToken: credentials.securityToken.slice(1) };
    expect((await post(bucket, { scheme, sign: broken })).code).toBe('InvalidSecurityToken');
    const reader = await assume('reader');
    const weak = {
      accessKeyId: reader.AccessKeyId,
      accessKeySecret: reader.AccessKeySecret,
      securityToken: reader.SecurityToken,
    };
    expect((await post(bucket, { scheme, sign: weak })).code).toBe('AccessDenied');
  });
});

describe('a copy', () => {
  it('[RequestPaymentEnforcement-3] is charged for its source as well', async () => {
    const source = await newBucket({ acl: 'public-read' });
    const target = await newBucket({ as: 'other' });
    await send('PUT', `/${source}/key`, { body: 'content' });
    await put(source, 'requestPayment', requesterPays);
    const copy = (headers: Record<string, string> = {}) =>
      send('PUT', `/${target}/key`, { as: 'other', headers: { 'x-oss-copy-source': `/${source}/key`, ...headers } });
    const refused = await copy();
    expect([refused.status, refused.code, refused.header('x-oss-ec')]).toEqual([403, 'AccessDenied', '0003-00000703']);
    const accepted = await copy({ 'x-oss-request-payer': 'requester' });
    expect([accepted.status, accepted.header('x-oss-request-charged')]).toEqual([200, 'requester']);
    expect((await send('GET', `/${target}/key`, { as: 'other' })).text).toBe('content');
  });
});
