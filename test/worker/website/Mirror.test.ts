import { afterEach, describe, expect, it, vi } from 'vitest';
import { domainHints } from '../../../src/bucket/domain-reader.ts';
import { cname, newDomain } from '../cname/support.ts';
import { newBucket, send } from '../support/wire.ts';
import { errorPage, md5, mirror, newSite, on404, putPage, putWebsite, rule, rules, subDirs, visit } from './support.ts';

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
}

/** Made anew for each request: a body belongs to the request that made it. */
type Reply = (asked: Asked) => Response | Error | Promise<Response | Error>;

/** Stands in for the Internet: answers what the gateway asks for, by address, and tells what it was asked. */
function internet(replies: Record<string, Reply>): Asked[] {
  const seen: Asked[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const asked = { url: String(input), method: init?.method ?? 'GET', headers: new Headers(init?.headers) };
    seen.push(asked);
    const reply = replies[asked.url];
    if (reply === undefined) return new Response('no such page', { status: 404 });
    const answer = await reply(asked);
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return seen;
}

afterEach(() => {
  vi.restoreAllMocks();
});

const origin = 'http://origin.example';
const one = (more = '', url?: string) => rules(rule(1, on404, mirror(more, url)));
const page =
  (body: string, headers: Record<string, string> = {}) =>
  () =>
    new Response(body, { headers: { 'content-type': 'text/html', 'content-length': String(body.length), ...headers } });

describe('a mirror', () => {
  it('[WebsiteServing-37] answers with what its origin has, and has it from then on', async () => {
    const bucket = await newSite(one());
    const asked = internet({
      [`${origin}/a/b.html`]: page('hello', {
        'cache-control': 'max-age=5',
        etag: '"x"',
        'set-cookie': 'a=b',
        'x-other': 'y',
        'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
      }),
    });
    const first = await visit(bucket, '/a/b.html');
    expect([first.status, first.text, first.header('content-type'), first.header('cache-control')]).toEqual([
      200,
      'hello',
      'text/html',
      'max-age=5',
    ]);
    expect([first.header('set-cookie'), first.header('x-other')]).toEqual([null, null]);
    const second = await visit(bucket, '/a/b.html');
    expect([second.status, second.text, second.header('content-type'), second.header('cache-control')]).toEqual([
      200,
      'hello',
      'text/html',
      'max-age=5',
    ]);
    expect(second.header('x-oss-object-type')).toBe('Normal');
    expect((await send('GET', `/${bucket}/a/b.html`)).text).toBe('hello');
    expect((await send('HEAD', `/${bucket}/a/b.html`)).header('content-md5')).toBe(md5('hello'));
    expect(asked.map(({ url }) => url)).toEqual([`${origin}/a/b.html`]);
  });

  it('[WebsiteServing-17] fetches for signed requests as well, and ranges and conditions hold', async () => {
    const bucket = await newSite(one(), {}, 'private');
    const asked = internet({ [`${origin}/k`]: page('0123456789'), [`${origin}/l`]: page('0123456789') });
    const part = await send('GET', `/${bucket}/k`, { headers: { range: 'bytes=2-4' } });
    expect([part.status, part.text, part.header('content-range')]).toEqual([206, '234', 'bytes 2-4/10']);
    expect((await send('GET', `/${bucket}/l`, { headers: { 'if-none-match': '*' } })).status).toBe(304);
    expect(asked.every(({ headers }) => !headers.has('range') && !headers.has('if-none-match'))).toBe(true);
    expect((await send('GET', `/${bucket}/l`)).text).toBe('0123456789');
  });

  it('[GetBucketWebsite-6] [WebsiteServing-35] asks for its address and the name, nothing between', async () => {
    const bucket = await newSite(one('', 'http://www.example.com/'));
    const asked = internet({});
    await visit(bucket, '/myobject');
    expect(asked.map(({ url }) => url)).toEqual(['http://www.example.com/myobject']);
  });

  it('[WebsiteServing-35] encodes names, and keeps their slashes', async () => {
    const bucket = await newSite(one('', `${origin}/base/`));
    const asked = internet({});
    for (const path of ['/a%20b/%C3%BC%3F.txt', '/a//b', '/%252e']) await visit(bucket, path);
    expect(asked.map(({ url }) => url)).toEqual([
      `${origin}/base/a%20b/%C3%BC%3F.txt`,
      `${origin}/base/a//b`,
      `${origin}/base/%252e`,
    ]);
  });

  it('[Sec-42] never leaves the folder of its origin, whatever the name', async () => {
    const bucket = await newSite(one('', `${origin}/base/`));
    const asked = internet({});
    for (const name of ['..%2Fsecret', 'a%2F..%2F..%2Fsecret', '.%2Fa', 'a%2F..']) {
      expect([name, (await visit(bucket, `/${name}`)).status]).toEqual([name, 424]);
    }
    expect(asked).toEqual([]);
    await visit(bucket, '/..a/b..');
    expect(asked.map(({ url }) => url)).toEqual([`${origin}/base/..a/b..`]);
  });

  it('[WebsiteServing-35] replaces a prefix at the origin only, where it is told to', async () => {
    const more = '<EnableReplacePrefix>true</EnableReplacePrefix><ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith>';
    const bucket = await newSite(rules(rule(1, `${on404}<KeyPrefixEquals>old/</KeyPrefixEquals>`, mirror(more))));
    internet({ [`${origin}/new/a`]: page('a') });
    expect((await visit(bucket, '/old/a')).text).toBe('a');
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['old/a']);
  });

  it('[WebsiteServing-36] [WebsiteServing-26] passes the query on where it is told to', async () => {
    const asked = internet({});
    const query = async (more: string) => {
      const bucket = await newSite(one(more));
      await visit(bucket, '/k?a=b%20c');
      return asked.at(-1)!.url;
    };
    expect(await query('')).toBe(`${origin}/k`);
    expect(await query('<PassQueryString>true</PassQueryString>')).toBe(`${origin}/k?a=b%20c`);
    expect(await query('<MirrorPassQueryString>true</MirrorPassQueryString>')).toBe(`${origin}/k?a=b%20c`);
    expect(
      await query('<PassQueryString>true</PassQueryString><MirrorPassQueryString>false</MirrorPassQueryString>'),
    ).toBe(`${origin}/k`);
    const bucket = await newSite(one('<PassQueryString>true</PassQueryString>'), {}, 'private');
    await send('GET', `/${bucket}/k?a=b`, { place: 'query' });
    expect(asked.at(-1)!.url).toBe(`${origin}/k?a=b`);
  });

  it('[WebsiteServing-45] [WebsiteServing-46] [WebsiteServing-47] [WebsiteServing-48] [WebsiteServing-49] passes, removes and sets headers', async () => {
    const asked = internet({});
    const client = {
      'x-a': '1',
      'x-b': '2',
      'x-c': '3',
      authorization2: 'no',
      range: 'bytes=0-1',
      'x-oss-meta-a': 'no',
      'oss-a': 'no',
      'x-drs-a': 'no',
      cookie: 'c=d',
      'accept-encoding': 'gzip',
      'if-none-match': '"e"',
      'user-agent': 'me',
    };
    const seen = async (headers: string) => {
      const bucket = await newSite(one(headers === '' ? '' : `<MirrorHeaders>${headers}</MirrorHeaders>`));
      await visit(bucket, '/k', { headers: client });
      const { 'x-ossgate-mirror': trail, 'cdn-loop': loop, via, ...rest } = Object.fromEntries(asked.at(-1)!.headers);
      expect(trail).toMatch(/^[0-9a-f]{20}$/);
      expect(loop).toMatch(/^ossgate-[0-9a-f]{16}$/);
      expect(via).toBe(`1.1 ${loop}`);
      return rest;
    };
    const always = { 'accept-encoding': 'identity', 'user-agent': 'aliyun-oss-mirror' };
    expect(await seen('')).toEqual(always);
    expect(await seen('<Pass>X-A</Pass><Pass>x-none</Pass><Pass>range</Pass><Pass>x-oss-meta-a</Pass>')).toEqual({
      ...always,
      'x-a': '1',
    });
    const all = { ...always, 'user-agent': 'me', 'x-a': '1', 'x-b': '2', 'x-c': '3', cookie: 'c=d' };
    expect(await seen('<PassAll>true</PassAll>')).toMatchObject(all);
    for (const name of [
      'authorization',
      'authorization2',
      'range',
      'x-oss-meta-a',
      'oss-a',
      'x-drs-a',
      'if-none-match',
      'host',
    ]) {
      expect(await seen('<PassAll>true</PassAll>')).not.toHaveProperty(name);
    }
    expect(await seen('<PassAll>true</PassAll><Remove>x-b</Remove><Remove>Cookie</Remove>')).not.toHaveProperty(
      'cookie',
    );
    expect(await seen('<Pass>x-a</Pass><Remove>x-a</Remove>')).toEqual(always);
    expect(
      await seen(
        '<Pass>x-a</Pass><Set><Key>x-a</Key><Value>mine</Value></Set><Set><Key>Authorization</Key><Value>Basic eA==</Value></Set>',
      ),
    ).toEqual({ ...always, 'x-a': 'mine', authorization: 'Basic eA==' });
    expect(
      await seen('<PassAll>true</PassAll><Remove>x-a</Remove><Set><Key>x-a</Key><Value>mine</Value></Set>'),
    ).toMatchObject({ 'x-a': 'mine' });
  });

  it('[Sec-42] hands no credentials of a caller to an origin', async () => {
    const bucket = await newSite(
      one(
        '<PassQueryString>true</PassQueryString><MirrorHeaders><PassAll>true</PassAll><Pass>authorization</Pass></MirrorHeaders>',
      ),
      {},
      'private',
    );
    const asked = internet({});
    for (const place of ['header', 'query'] as const) {
      for (const scheme of ['V1', 'V4'] as const) await send('GET', `/${bucket}/k`, { place, scheme });
    }
    expect(asked).toHaveLength(4);
    for (const { url, headers } of asked) {
      expect(url).toBe(`${origin}/k`);
      expect([...headers.keys()].filter((name) => /auth|x-oss-/.test(name))).toEqual([]);
    }
  });

  it('[WebsiteServing-38] leaves HEAD a missing object, unless it is told otherwise', async () => {
    const bucket = await newSite(`${errorPage()}${one()}`, { 'error.html': 'lost' });
    const asked = internet({ [`${origin}/k`]: page('hello') });
    expect((await visit(bucket, '/k', { method: 'HEAD' })).status).toBe(404);
    expect((await send('HEAD', `/${bucket}/k`)).status).toBe(404);
    expect(asked).toEqual([]);
    await putWebsite(bucket, one('<MirrorAllowHeadObject>true</MirrorAllowHeadObject>'));
    const head = await visit(bucket, '/k', { method: 'HEAD' });
    expect([head.status, head.header('content-type'), head.header('content-length')]).toEqual([200, 'text/html', '5']);
    expect(asked.map(({ method }) => method)).toEqual(['HEAD']);
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['error.html']);
    expect((await visit(bucket, '/none', { method: 'HEAD' })).status).toBe(404);
  });

  it('[WebsiteServing-38] is for reads of objects alone', async () => {
    const bucket = await newSite(one());
    const asked = internet({});
    await send('PUT', `/${bucket}/k`, { body: 'mine' });
    await send('DELETE', `/${bucket}/k`);
    for (const query of ['acl', 'objectMeta', 'versionId=null', 'tagging']) await send('GET', `/${bucket}/k?${query}`);
    expect(asked).toEqual([]);
  });

  it('asks no origin for what a link leads nowhere to', async () => {
    const bucket = await newSite(one());
    await send('PUT', `/${bucket}/link?symlink`, { headers: { 'x-oss-symlink-target': 'nothing' } });
    const asked = internet({ [`${origin}/link`]: page('there') });
    expect((await visit(bucket, '/link')).status).toBe(404);
    expect(asked).toEqual([]);
  });

  it('asks no origin for what is there', async () => {
    const bucket = await newSite(one(), { here: 'here' });
    const asked = internet({ [`${origin}/here`]: page('there') });
    expect((await visit(bucket, '/here')).text).toBe('here');
    expect(asked).toEqual([]);
  });

  it('[WebsiteServing-19] [Sec-42] stores nothing for callers who may not read', async () => {
    const bucket = await newSite(one(), {}, 'private');
    const asked = internet({ [`${origin}/k`]: page('hello') });
    for (const as of ['anonymous', 'other', 'user'] as const) {
      expect((await send('GET', `/${bucket}/k`, { as })).code).toBe('AccessDenied');
    }
    // Once objects have ACLs of their own, the bucket's must still hold for one that is missing.
    await send('PUT', `/${bucket}/public`, { body: 'x', headers: { 'x-oss-object-acl': 'public-read' } });
    expect((await visit(bucket, '/k')).code).toBe('AccessDenied');
    expect(asked).toEqual([]);
    expect((await send('GET', `/${bucket}/k`, { as: 'reader' })).text).toBe('hello');
  });

  it('[WebsiteServing-10] fills in for missing pages', async () => {
    const bucket = await newSite(`${subDirs(1)}${one()}`);
    const asked = internet({ [`${origin}/index.html`]: page('home'), [`${origin}/dir/index.html`]: page('dir') });
    expect((await visit(bucket, '/')).text).toBe('home');
    expect((await visit(bucket, '/dir/')).text).toBe('dir');
    expect((await visit(bucket, '/dir/')).text).toBe('dir');
    expect(asked).toHaveLength(2);
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['dir/index.html', 'index.html']);
  });

  it('stores user metadata where it is told to', async () => {
    const headers = { 'x-oss-meta-color': 'red', 'x-oss-object-acl': 'private', 'content-disposition': 'inline' };
    const bucket = await newSite(one('<MirrorSaveOssMeta>true</MirrorSaveOssMeta>'));
    internet({ [`${origin}/k`]: page('a', headers) });
    const answer = await visit(bucket, '/k');
    expect([answer.header('x-oss-meta-color'), answer.header('content-disposition')]).toEqual(['red', 'inline']);
    expect((await visit(bucket, '/k')).status).toBe(200);
    const other = await newSite(one());
    expect((await visit(other, '/k')).header('x-oss-meta-color')).toBeNull();
  });

  it('[GetObject-1] answers with the headers that a signed request chooses, as for any object', async () => {
    const bucket = await newSite(one('<MirrorProxyPass>true</MirrorProxyPass>'), {}, 'private');
    internet({ [`${origin}/k`]: page('a') });
    const answer = await send('GET', `/${bucket}/k?response-content-type=text%2Fplain`);
    expect([answer.status, answer.text, answer.header('content-type')]).toEqual([200, 'a', 'text/plain']);
  });

  it('stores nothing where it is a proxy', async () => {
    const bucket = await newSite(one('<MirrorProxyPass>true</MirrorProxyPass>'));
    const asked = internet({ [`${origin}/k`]: page('hello') });
    for (let i = 0; i < 2; i++) {
      const answer = await visit(bucket, '/k');
      expect([answer.status, answer.text, answer.header('content-type')]).toEqual([200, 'hello', 'text/html']);
    }
    expect(asked).toHaveLength(2);
  });

  it('takes an empty object, and one without a type', async () => {
    const bucket = await newSite(one());
    internet({ [`${origin}/empty`]: () => new Response(null, { headers: { 'content-length': '0' } }) });
    for (let i = 0; i < 2; i++) {
      const answer = await visit(bucket, '/empty');
      expect([answer.status, answer.text, answer.header('content-type')]).toEqual([
        200,
        '',
        'application/octet-stream',
      ]);
    }
  });
});

describe('what an origin may answer', () => {
  it('[WebsiteServing-43] 404 is a missing object, with the site’s error page', async () => {
    const bucket = await newSite(one());
    internet({});
    const answer = await visit(bucket, '/k');
    expect([answer.status, answer.code, answer.one('Key')]).toEqual([404, 'NoSuchKey', 'k']);
    await putWebsite(bucket, `${subDirs(2)}${errorPage()}${one()}`);
    await putPage(bucket, 'error.html', 'lost');
    await putPage(bucket, 'dir/index.html', 'dir');
    expect((await visit(bucket, '/k')).text).toBe('lost');
    expect((await visit(bucket, '/dir')).text).toBe('dir');
  });

  it.each([
    ['a refusal', () => new Response('no', { status: 403 })],
    ['a failure', () => new Response('oh', { status: 502 })],
    ['a part', () => new Response('pa', { status: 206, headers: { 'content-range': 'bytes 0-1/9' } })],
    ['nothing', () => new Response(null, { status: 204 })],
    ['a body for nobody', () => new Response(null, { status: 304 })],
    ['a redirect to nowhere', () => new Response(null, { status: 302 })],
    ['silence', () => new Error('connection refused')],
  ])('[WebsiteServing-43] %s is MirrorFailed, whatever error page there is', async (_, reply) => {
    const bucket = await newSite(`${errorPage()}${one()}`, { 'error.html': 'lost' });
    internet({ [`${origin}/k`]: reply });
    const answer = await visit(bucket, '/k');
    expect([answer.status, answer.code]).toEqual([424, 'MirrorFailed']);
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['error.html']);
  });

  it('[WebsiteServing-41] [WebsiteServing-42] is shown as it is where its code is listed', async () => {
    const codes = '<TransparentMirrorResponseCodes>403, 404,503</TransparentMirrorResponseCodes>';
    const bucket = await newSite(`${errorPage()}${one(codes)}`, { 'error.html': 'lost' });
    const reply = (status: number) => () =>
      new Response(`origin ${status}`, {
        status,
        headers: { 'content-type': 'text/plain', 'set-cookie': 'a=b', 'x-oss-meta-a': 'b', 'retry-after': '7' },
      });
    internet({
      [`${origin}/a`]: reply(403),
      [`${origin}/b`]: reply(404),
      [`${origin}/c`]: reply(503),
      [`${origin}/d`]: reply(500),
    });
    for (const [path, status] of [
      ['/a', 403],
      ['/b', 404],
      ['/c', 503],
    ] as const) {
      const answer = await visit(bucket, path);
      expect([answer.status, answer.text, answer.header('content-type')]).toEqual([
        status,
        `origin ${status}`,
        'text/plain',
      ]);
      expect([answer.header('set-cookie'), answer.header('x-oss-meta-a'), answer.header('retry-after')]).toEqual([
        null,
        null,
        '7',
      ]);
    }
    expect((await visit(bucket, '/d')).code).toBe('MirrorFailed');
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['error.html']);
  });

  it('[WebsiteServing-39] elsewhere is followed, ten times at most', async () => {
    const bucket = await newSite(one());
    const codes = [301, 302, 303, 307, 308];
    const next = (i: number) => () =>
      new Response(null, { status: codes[i % codes.length]!, headers: { location: `/hop${i}` } });
    const hops: Record<string, Reply> = { [`${origin}/start`]: next(0) };
    for (let i = 0; i < 12; i++) hops[`${origin}/hop${i}`] = next(i + 1);
    const far = internet({ ...hops, [`${origin}/hop10`]: page('too far') });
    expect((await visit(bucket, '/start')).code).toBe('MirrorFailed');
    expect(far).toHaveLength(11);
    const asked = internet({ ...hops, [`${origin}/hop9`]: page('arrived') });
    for (let i = 0; i < 2; i++) {
      const answer = await visit(bucket, '/start');
      expect([answer.status, answer.text]).toEqual([200, 'arrived']);
    }
    expect(asked).toHaveLength(11);
  });

  it('[WebsiteServing-40] elsewhere is for the client where it is not followed', async () => {
    const bucket = await newSite(one('<MirrorFollowRedirect>false</MirrorFollowRedirect>'));
    const away =
      (location: string, status = 302) =>
      () =>
        new Response('gone', { status, headers: { location, 'set-cookie': 'a=b' } });
    const asked = internet({
      [`${origin}/a`]: away('https://other.example/x'),
      [`${origin}/b`]: away('/y', 307),
      [`${origin}/c`]: away('javascript:alert(1)'),
      [`${origin}/d`]: away('data:text/html,x'),
    });
    const answer = await visit(bucket, '/a');
    expect([answer.status, answer.text, answer.header('location'), answer.header('set-cookie')]).toEqual([
      302,
      '',
      'https://other.example/x',
      null,
    ]);
    const relative = await visit(bucket, '/b');
    expect([relative.status, relative.header('location')]).toEqual([307, `${origin}/y`]);
    // [Sec-41] Only addresses of the web are handed on.
    for (const path of ['/c', '/d']) expect((await visit(bucket, path)).code).toBe('MirrorFailed');
    expect(asked).toHaveLength(4);
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual([]);
  });

  it('[WebsiteServing-44] is checked against its MD5 where it is told to', async () => {
    const check = '<MirrorCheckMd5>true</MirrorCheckMd5>';
    const bucket = await newSite(one(check));
    internet({
      [`${origin}/right`]: page('hello', { 'content-md5': md5('hello') }),
      [`${origin}/wrong`]: page('hello', { 'content-md5': md5('other') }),
      [`${origin}/garbage`]: page('hello', { 'content-md5': 'garbage' }),
      [`${origin}/none`]: page('hello'),
    });
    expect((await visit(bucket, '/right')).text).toBe('hello');
    expect((await visit(bucket, '/none')).text).toBe('hello');
    for (const path of ['/wrong', '/garbage']) {
      const answer = await visit(bucket, path);
      expect([answer.status, answer.code]).toEqual([424, 'MirrorFailed']);
    }
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['none', 'right']);
    await putWebsite(bucket, one());
    expect((await visit(bucket, '/wrong')).text).toBe('hello');
  });

  it('is tried at the next origin where one fails', async () => {
    const more = (all: boolean) =>
      `<MirrorURLSlave>http://second.example/</MirrorURLSlave><MirrorSwitchAllErrors>${all}</MirrorSwitchAllErrors>` +
      '<MirrorMultiAlternates><MirrorMultiAlternate><MirrorMultiAlternateNumber>2</MirrorMultiAlternateNumber>' +
      '<MirrorMultiAlternateURL>http://fourth.example</MirrorMultiAlternateURL></MirrorMultiAlternate>' +
      '<MirrorMultiAlternate><MirrorMultiAlternateNumber>1</MirrorMultiAlternateNumber>' +
      '<MirrorMultiAlternateURL>http://third.example/</MirrorMultiAlternateURL></MirrorMultiAlternate></MirrorMultiAlternates>';
    const bucket = await newSite(one(more(false)));
    const asked = internet({
      [`${origin}/a`]: () => new Response('', { status: 500 }),
      'http://second.example/a': () => new Error('refused'),
      'http://third.example/a': () => new Response('', { status: 503 }),
      'http://fourth.example/a': page('fourth'),
      [`${origin}/b`]: () => new Response('', { status: 403 }),
      'http://second.example/b': page('second'),
    });
    expect((await visit(bucket, '/a')).text).toBe('fourth');
    expect(asked.map(({ url }) => new URL(url).hostname)).toEqual(
      ['origin', 'second', 'third', 'fourth'].map((name) => `${name}.example`),
    );
    expect((await visit(bucket, '/b')).code).toBe('MirrorFailed');
    await putWebsite(bucket, one(more(true)));
    expect((await visit(bucket, '/b')).text).toBe('second');
    // A missing object is no failure of its origin.
    asked.length = 0;
    expect((await visit(bucket, '/c')).status).toBe(404);
    expect(asked).toHaveLength(1);
  });

  it('may come in any length, or without one', async () => {
    const bucket = await newSite(one());
    const long = 'x'.repeat(300_000);
    internet({
      [`${origin}/chunked`]: () => new Response(chunks('a', 'b', 'c')),
      [`${origin}/chunked-long`]: () => new Response(chunks(long, long)),
      [`${origin}/long`]: () => new Response(chunks(long), { headers: { 'content-length': '300000' } }),
      [`${origin}/short`]: () => new Response(chunks('abc'), { headers: { 'content-length': '5' } }),
      [`${origin}/broken`]: () =>
        new Response(chunks('abc', new Error('reset')), { headers: { 'content-length': '5' } }),
    });
    for (let i = 0; i < 2; i++) {
      expect((await visit(bucket, '/chunked')).text).toBe('abc');
      expect((await visit(bucket, '/chunked-long')).bytes.length).toBe(600_000);
      const answer = await visit(bucket, '/long');
      expect([answer.bytes.length, answer.header('content-length')]).toEqual([300_000, '300000']);
    }
    for (const path of ['/short', '/broken']) expect((await visit(bucket, path)).code).toBe('MirrorFailed');
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['chunked', 'chunked-long', 'long']);
    expect((await send('GET', `/${bucket}?prefix=`)).all('Size')).toEqual(['3', '600000', '300000']);
  });

  it('breaks off for the client, and is not stored, where a long body is wrong', async () => {
    const bucket = await newSite(one('<MirrorCheckMd5>true</MirrorCheckMd5>'));
    const long = 'x'.repeat(300_000);
    const declared = { 'content-length': '600000' };
    internet({
      [`${origin}/short`]: () => new Response(chunks(long), { headers: declared }),
      [`${origin}/broken`]: () => new Response(chunks(long, new Error('reset')), { headers: declared }),
      [`${origin}/endless`]: () => new Response(chunks(long, long, new Error('reset'))),
      [`${origin}/md5`]: () => new Response(chunks(long, long), { headers: { ...declared, 'content-md5': md5(long) } }),
    });
    for (const path of ['/short', '/broken', '/endless', '/md5']) {
      await expect(visit(bucket, path), path).rejects.toThrow();
    }
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual([]);
    internet({
      [`${origin}/md5`]: () =>
        new Response(chunks(long, long), { headers: { ...declared, 'content-md5': md5(long + long) } }),
    });
    expect((await visit(bucket, '/md5')).bytes.length).toBe(600_000);
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['md5']);
  });

  it('is refused where it announces more than an object may have', async () => {
    const bucket = await newSite(one());
    internet({
      [`${origin}/huge`]: () => new Response(chunks('x'), { headers: { 'content-length': String(5 * 2 ** 30 + 1) } }),
    });
    expect((await visit(bucket, '/huge')).code).toBe('MirrorFailed');
  });
});

describe('a crowd', () => {
  it('[WebsiteServing-38] of readers sends one request to the origin', async () => {
    const bucket = await newSite(one());
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const asked = internet({
      [`${origin}/k`]: async () => {
        await gate;
        return page('hello')();
      },
    });
    const answers = Promise.all(Array.from({ length: 10 }, () => visit(bucket, '/k')));
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await scheduler.wait(50);
    release();
    expect((await answers).map(({ text }) => text)).toEqual(Array(10).fill('hello'));
    expect(asked).toHaveLength(1);
  });

  it('[WebsiteServing-38] of readers shares a failure too, and a missing object', async () => {
    const bucket = await newSite(one());
    for (const [status, code] of [
      [500, 'MirrorFailed'],
      [404, 'NoSuchKey'],
    ] as const) {
      const asked = internet({
        [`${origin}/k`]: async () => {
          await scheduler.wait(50);
          return new Response('', { status });
        },
      });
      const answers = await Promise.all(Array.from({ length: 5 }, () => visit(bucket, '/k')));
      expect(answers.map((answer) => answer.code)).toEqual(Array(5).fill(code));
      expect(asked).toHaveLength(1);
      expect((await visit(bucket, '/k')).code).toBe(code);
      expect(asked).toHaveLength(2);
    }
  });

  it('shares no failure where the origin is told of each client', async () => {
    const bucket = await newSite(one('<MirrorHeaders><Pass>x-key</Pass></MirrorHeaders>'));
    internet({
      [`${origin}/k`]: async ({ headers }) => {
        await scheduler.wait(20);
        return headers.get('x-key') === 'right' ? page('hello')() : new Response('', { status: 403 });
      },
    });
    const wrong = visit(bucket, '/k', { headers: { 'x-key': 'wrong' } });
    const right = visit(bucket, '/k', { headers: { 'x-key': 'right' } });
    expect((await wrong).code).toBe('MirrorFailed');
    expect((await right).text).toBe('hello');
  });

  it('[WebsiteServing-38] never replaces what somebody stores in the meantime', async () => {
    const bucket = await newSite(one());
    internet({
      [`${origin}/k`]: async () => {
        await putPage(bucket, 'k', 'mine');
        return page('theirs')();
      },
    });
    await visit(bucket, '/k');
    expect((await visit(bucket, '/k')).text).toBe('mine');
  });
});

describe('a mirror that must not be', () => {
  it.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://[::1]/',
    'http://10.0.0.1/',
    'http://192.168.1.1/',
    'http://172.16.0.1/',
    'http://169.254.169.254/',
    'http://100.100.100.200/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://127.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://metadata.internal/',
    'http://router/',
    'http://0.0.0.0/',
  ])('[Sec-42] [WebsiteServing-50] asks no origin at %s', async (url) => {
    const bucket = await newSite(one('', url));
    const asked = internet({ [`${url}k`]: page('secret') });
    const answer = await visit(bucket, '/k');
    expect([answer.status, answer.code]).toEqual([424, 'MirrorFailed']);
    expect(asked).toEqual([]);
  });

  it('[Sec-42] follows no redirect to a private address, and none that leaves http', async () => {
    const bucket = await newSite(one());
    const to = (location: string) => () => new Response(null, { status: 302, headers: { location } });
    const asked = internet({
      [`${origin}/a`]: to('http://127.0.0.1/secret'),
      [`${origin}/b`]: to('http://169.254.169.254/latest/'),
      [`${origin}/c`]: to('file:///etc/passwd'),
      [`${origin}/d`]: to('http://d.example/x'),
      'http://d.example/x': page('fine'),
    });
    for (const path of ['/a', '/b', '/c']) expect((await visit(bucket, path)).code).toBe('MirrorFailed');
    expect(asked).toHaveLength(3);
    // The control: a redirect to a public address is followed.
    expect((await visit(bucket, '/d')).text).toBe('fine');
  });

  it('[Sec-42] [WebsiteServing-50] asks no host of the gateway’s own', async () => {
    const other = await newBucket({ acl: 'public-read' });
    for (const url of [`http://${other}.localhost/`, 'http://localhost:8787/']) {
      const bucket = await newSite(one('', url));
      const asked = internet({});
      expect((await visit(bucket, '/k')).code).toBe('MirrorFailed');
      expect(asked).toEqual([]);
    }
  });

  it('[Sec-42] [WebsiteServing-50] asks no custom domain of any bucket, nor where a redirect leads to one', async () => {
    const other = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${other}/k`, { body: 'secret' });
    const domain = newDomain('net');
    expect((await cname('add', other, domain, { variables: { CNAME_VERIFY: 'off' } })).status).toBe(200);
    const moved = () => new Response(null, { status: 302, headers: { location: `http://${domain}/k` } });
    const pages = { [`http://${domain}/k`]: page('stranger'), [`${origin}/k`]: moved };
    for (const url of [`http://${domain}/`, `http://${domain.toUpperCase()}.:8080/`, `${origin}/`]) {
      const bucket = await newSite(one('', url));
      const asked = internet(pages);
      for (const forget of [() => {}, () => domainHints.clear()]) {
        forget();
        expect([url, (await visit(bucket, '/k')).code]).toEqual([url, 'MirrorFailed']);
      }
      expect(asked.every((one) => one.url === `${origin}/k`)).toBe(true);
    }
    // The control: it is asked once no bucket has it.
    await cname('delete', other, domain);
    const bucket = await newSite(one('', `http://${domain}/`));
    internet(pages);
    expect((await visit(bucket, '/k')).text).toBe('stranger');
  });

  it('[Sec-42] [WebsiteServing-50] is refused its own request by whatever bucket it comes back to', async () => {
    const bucket = await newSite(one());
    const second = await newSite(one());
    await send('PUT', `/${second}/there`, { body: 'there' });
    const asked = internet({ [`${origin}/k`]: page('hello') });
    expect((await visit(bucket, '/k')).text).toBe('hello');
    const { headers } = asked[0]!;
    const loops = [
      { 'cdn-loop': headers.get('cdn-loop')! },
      { via: headers.get('via')! },
      { 'cdn-loop': `cloudflare; loops=1, ${headers.get('cdn-loop')}; a=b` },
      { via: `1.0 proxy (squid), HTTP/${headers.get('via')} (x), 2 b` },
    ];
    for (const loop of loops) {
      for (const path of ['/k', '/there', '/', '/?acl']) {
        const answer = await visit(second, path, { headers: loop });
        expect([loop, path, answer.status, answer.code]).toEqual([loop, path, 403, 'AccessDenied']);
      }
      const put = await send('PUT', `/${second}/put`, { body: 'x', headers: loop });
      expect([put.status, put.code]).toEqual([403, 'AccessDenied']);
    }
    expect(asked).toHaveLength(1);
    // The control: what other intermediaries say is no loop, and other gateways are told of.
    const others = { 'cdn-loop': 'cloudflare; loops=1, ossgate-0123456789abcdef', via: '1.1 a.example, 1.1 ossgate-x' };
    expect((await visit(second, '/there', { headers: others })).text).toBe('there');
    await visit(second, '/k', { headers: others });
    expect(asked[1]!.headers.get('cdn-loop')).toBe(`ossgate-0123456789abcdef, ${headers.get('cdn-loop')}`);
    const many = Array.from({ length: 9 }, (_, i) => `ossgate-000000000000000${i}`).join(',');
    expect((await visit(second, '/there', { headers: { 'cdn-loop': many } })).code).toBe('AccessDenied');
  });

  it('[WebsiteServing-50] ends where its own request comes back to it', async () => {
    const bucket = await newSite(one());
    const asked = internet({});
    await visit(bucket, '/k');
    const trail = asked[0]!.headers.get('x-ossgate-mirror')!;
    const answer = await visit(bucket, '/k', { headers: { 'x-ossgate-mirror': trail } });
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchKey']);
    expect(asked).toHaveLength(1);
    // The control: the request of another bucket's mirror is as good as any.
    await visit(bucket, '/k', { headers: { 'x-ossgate-mirror': 'another' } });
    expect(asked).toHaveLength(2);
    expect(asked[1]!.headers.get('x-ossgate-mirror')).toBe(`another ${trail}`);
  });
});

/** A body in pieces; an error breaks it off. */
function chunks(...pieces: (string | Error)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const left = [...pieces];
  return new ReadableStream({
    pull(controller) {
      const piece = left.shift();
      if (piece === undefined) controller.close();
      else if (piece instanceof Error) controller.error(piece);
      else controller.enqueue(encoder.encode(piece));
    },
  });
}
