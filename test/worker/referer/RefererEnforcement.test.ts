import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { put } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { type Answer, newBucket, send, type Wish } from '../support/wire.ts';

interface Rules {
  readonly empty?: boolean;
  readonly truncate?: boolean;
  readonly white?: readonly string[];
  readonly black?: readonly string[];
}

function document({ empty = true, truncate = true, white = [], black = [] }: Rules): string {
  const entries = (list: readonly string[]) => list.map((entry) => `<Referer>${entry}</Referer>`).join('');
  return `<RefererConfiguration><AllowEmptyReferer>${empty}</AllowEmptyReferer>
    <AllowTruncateQueryString>${truncate}</AllowTruncateQueryString>
    <RefererList>${entries(white)}</RefererList><RefererBlacklist>${entries(black)}</RefererBlacklist>
  </RefererConfiguration>`;
}

/** A bucket with the object `key`, protected. */
async function protectedBucket(rules: Rules, acl = 'public-read-write'): Promise<string> {
  const bucket = await newBucket({ acl });
  await send('PUT', `/${bucket}/key`, { body: 'content' });
  expect((await put(bucket, 'referer', document(rules))).status).toBe(200);
  return bucket;
}

function read(bucket: string, referer?: string, wish: Wish = { as: 'anonymous' }): Promise<Answer> {
  return send('GET', `/${bucket}/key`, referer === undefined ? wish : { ...wish, unsigned: { headers: { referer } } });
}

const status = async (bucket: string, referer?: string) => (await read(bucket, referer)).status;

describe('hotlink protection', () => {
  it('[RefererEnforcement-1] is about anonymous requests and signed URLs, whatever the ACL', async () => {
    for (const acl of ['private', 'public-read', 'public-read-write']) {
      const bucket = await protectedBucket({ white: ['http://good.test'] }, acl);
      for (const scheme of ['V1', 'V2', 'V4'] as const) {
        const url = { scheme, place: 'query' } as const;
        const refused = await read(bucket, 'http://evil.test/', url);
        expect([acl, scheme, refused.status, refused.code]).toEqual([acl, scheme, 403, 'AccessDenied']);
        expect((await read(bucket, 'http://good.test/a', url)).status).toBe(200);
        expect((await read(bucket, 'http://evil.test/', { scheme, place: 'header' })).status).toBe(200);
      }
      const anonymous = await read(bucket, 'http://evil.test/');
      expect([anonymous.status, anonymous.header('x-oss-ec')]).toEqual([403, '0003-00000503']);
      expect((await read(bucket, 'http://good.test/')).status).toBe(acl === 'private' ? 403 : 200);
    }
  });

  it('covers every way to an object and the listings, not the bucket’s own configuration', async () => {
    const bucket = await protectedBucket({ white: ['http://good.test'] });
    const evil = { unsigned: { headers: { referer: 'http://evil.test' } } };
    for (const [method, path] of [
      ['GET', 'key'],
      ['HEAD', 'key'],
      ['PUT', 'key'],
      ['DELETE', 'key'],
      ['GET', 'key?acl'],
      ['GET', ''],
      ['GET', '?list-type=2'],
    ] as const) {
      const answer = await send(method, `/${bucket}/${path}`, { place: 'query', ...evil });
      expect([method, path, answer.status, answer.code]).toEqual([method, path, 403, 'AccessDenied']);
      expect(answer.header('x-oss-ec')).toBe('0003-00000503');
    }
    expect((await send('GET', `/${bucket}?acl`, { place: 'query', ...evil })).status).toBe(200);
    expect((await send('GET', `/${bucket}/key`)).text).toBe('content');
  });

  it('names the bucket and says why', async () => {
    const bucket = await protectedBucket({
      empty: false,
      white: ['http://good.test'],
      black: ['http://good.test/bad'],
    });
    for (const [referer, ec] of [
      [undefined, '0003-00000501'],
      ['http://good.test/bad/page', '0003-00000502'],
      ['http://evil.test', '0003-00000503'],
    ] as const) {
      const answer = await read(bucket, referer);
      expect([answer.status, answer.code, answer.one('EC')]).toEqual([403, 'AccessDenied', ec]);
      expect(answer.one('Message')).toBe('You are denied by bucket referer policy.');
      expect(answer.one('BucketName')).toBe(bucket);
    }
    expect(await status(bucket, 'http://good.test/page')).toBe(200);
  });

  it('[RefererEnforcement-2] lets an empty Referer in only where that is allowed', async () => {
    const closed = await protectedBucket({ empty: false, white: ['http://good.test'] });
    expect([await status(closed), await status(closed, '')]).toEqual([403, 403]);
    const open = await protectedBucket({ empty: true, white: ['http://good.test'] });
    expect([await status(open), await status(open, '')]).toEqual([200, 200]);
  });

  it('[RefererEnforcement-3] [RefererEnforcement-5] [RefererEnforcement-6] matches beginnings with wildcards', async () => {
    const bucket = await protectedBucket({ white: ['http://www.aliyun.com', '*.example.org', 'https://?.test'] });
    for (const good of [
      'http://www.aliyun.com',
      'http://www.aliyun.com/123',
      'http://www.aliyun.com.cn',
      'https://a.b.example.org/path',
      'https://x.test:80/',
    ]) {
      expect([good, await status(bucket, good)]).toEqual([good, 200]);
    }
    for (const bad of [
      'https://www.aliyun.com',
      'www.aliyun.com',
      'http://WWW.aliyun.com',
      'https://xy.test',
      'null',
    ]) {
      expect([bad, await status(bucket, bad)]).toEqual([bad, 403]);
    }
  });

  it('[RefererEnforcement-4] is off while the whitelist is empty, but for the blacklist', async () => {
    const bucket = await protectedBucket({ empty: false });
    expect([await status(bucket), await status(bucket, 'http://any.test')]).toEqual([200, 200]);
    const black = await protectedBucket({ empty: false, black: ['http://evil.test'] });
    expect([
      await status(black),
      await status(black, 'http://any.test'),
      await status(black, 'http://evil.test/a'),
    ]).toEqual([200, 200, 403]);
  });

  it('[RefererEnforcement-7] cuts the query off where that is allowed', async () => {
    const white = ['http://good.test/?ok', 'http://*/page'];
    const cut = await protectedBucket({ white: ['http://good.test/*/page'] });
    const whole = await protectedBucket({ white, truncate: false });
    expect(await status(cut, 'http://good.test/?a=/x/page')).toBe(403);
    expect(await status(whole, 'http://evil.test/?a=/page')).toBe(200);
    expect(await status(whole, 'http://good.test/?ok=1')).toBe(200);
    expect(await status(whole, 'http://good.test/?no=1')).toBe(403);
  });

  it('[RefererEnforcement-7] [PutBucketReferer-8] cuts the path off too where that is wanted, for both lists', async () => {
    const lists = (path: boolean) =>
      document({ white: ['http://*.good.test'], black: ['http://*/bad'] }).replace(
        '</AllowTruncateQueryString>',
        `</AllowTruncateQueryString><TruncatePath>${path}</TruncatePath>`,
      );
    const bucket = await protectedBucket({});
    for (const [path, expected] of [
      [false, [200, 200, 403, 403]],
      [true, [200, 403, 200, 403]],
    ] as const) {
      expect((await put(bucket, 'referer', lists(path))).status).toBe(200);
      const statuses = await Promise.all(
        [
          'http://www.good.test/page',
          'http://evil.test/www.good.test',
          'http://www.good.test/bad',
          'http://evil.test/?www.good.test#.good.test',
        ].map((referer) => status(bucket, referer)),
      );
      expect([path, statuses]).toEqual([path, expected]);
    }
  });

  it('[RefererEnforcement-8] is not slowed down by patterns and referers that were chosen for it', async () => {
    const bucket = await protectedBucket({ white: ['*a'.repeat(2_000), `${'*?a'.repeat(1_500)}b`] });
    const began = performance.now();
    expect(await status(bucket, 'a'.repeat(1_500))).toBe(403);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('[RefererEnforcement-10] does not look at preflights', async () => {
    const bucket = await protectedBucket({ empty: false, white: ['http://good.test'] });
    await put(
      bucket,
      'cors',
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    );
    const headers = { origin: 'http://evil.test', 'access-control-request-method': 'GET', referer: 'http://evil.test' };
    expect((await send('OPTIONS', `/${bucket}/key`, { as: 'anonymous', headers })).status).toBe(200);
    const refused = await send('GET', `/${bucket}/key`, { as: 'anonymous', headers });
    expect([refused.status, refused.header('access-control-allow-origin')]).toEqual([403, 'http://evil.test']);
  });

  it('refuses before anything stored is touched', async () => {
    const bucket = await protectedBucket({ white: ['http://good.test'] });
    const sent = (referer: string, method = 'GET') =>
      counted(method, `/${bucket}/key`, {
        as: 'anonymous',
        headers: { referer },
        ...(method === 'PUT' ? { body: 'new' } : {}),
      });
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { answer, calls } = await sent('http://evil.test', method);
      expect([method, answer.status, calls.index, calls.blobs]).toEqual([method, 403, 0, 0]);
    }
    const { answer, calls } = await sent('http://good.test');
    expect([answer.text, calls.index]).toEqual(['content', 1]);
  });

  it('[EdgeCommon-16] follows the rules in force: an old copy lets nobody in, and keeps nobody out', async () => {
    const bucket = await protectedBucket({ white: ['http://old.test'] }, 'public-read');
    const old = await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load();
    await put(bucket, 'referer', document({ white: ['http://new.test'] }));
    for (const [referer, expected] of [
      ['http://old.test', 403],
      ['http://new.test', 200],
    ] as const) {
      configCopies.clear();
      configCopies.set(bucket, old!);
      expect([referer, await status(bucket, referer)]).toEqual([referer, expected]);
    }
  });
});
