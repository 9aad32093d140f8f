import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { md5 } from '../support/config.ts';
import { newBucket, send } from '../support/wire.ts';
import { cname, newDomain } from './support.ts';

const get = (bucket: string, domain: string) => send('GET', `/${bucket}?comp=token&cname=${domain}`);
const HOUR = 3_600_000;

/** Lets the token of a domain expire. */
async function expire(bucket: string, domain: string): Promise<void> {
  await runInDurableObject(env.BUCKET.get(env.BUCKET.idFromName(bucket)), (_, { storage }) => {
    const key = `cname-token:${domain}`;
    storage.kv.put(key, { ...storage.kv.get<object>(key), expires: Date.now() - 1 });
  });
}

describe('CreateCnameToken', () => {
  it('[CreateCnameToken-1] [CreateCnameToken-2] [CreateCnameToken-7] makes a token of 12 hours', async () => {
    const bucket = await newBucket();
    const domain = newDomain();
    const before = Date.now();
    const answer = await cname('token', bucket, domain);
    expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/xml']);
    expect([answer.one('Bucket'), answer.one('Cname')]).toEqual([bucket, domain]);
    expect(answer.one('Token')).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.one('ExpireTime')).toMatch(/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
    const life = Date.parse(answer.one('ExpireTime')!) - before;
    expect(Math.abs(life - 12 * HOUR)).toBeLessThan(10_000);
  });

  it('[CreateCnameToken-3] [GetCnameToken-4] gives the same one until it expires, to this bucket and domain', async () => {
    const [bucket, other] = [await newBucket(), await newBucket()];
    const domain = newDomain();
    const first = await cname('token', bucket, domain);
    const second = await cname('token', bucket, domain.toUpperCase());
    expect([second.one('Token'), second.one('ExpireTime')]).toEqual([first.one('Token'), first.one('ExpireTime')]);
    expect((await get(bucket, domain)).text).toBe(first.text);
    expect((await get(other, domain)).code).toBe('CnameTokenNotFound');
    expect((await cname('token', bucket, newDomain())).one('Token')).not.toBe(first.one('Token'));
    expect((await cname('token', other, domain)).one('Token')).not.toBe(first.one('Token'));
  });

  it('[CreateCnameToken-4] [GetCnameToken-2] makes another one after that', async () => {
    const bucket = await newBucket();
    const domain = newDomain();
    const { text } = await cname('token', bucket, domain);
    await expire(bucket, domain);
    expect((await get(bucket, domain)).code).toBe('CnameTokenNotFound');
    const later = await cname('token', bucket, domain);
    expect([later.status, later.text === text]).toEqual([200, false]);
  });

  it('[CreateCnameToken-5] is not needed for a domain that the bucket has', async () => {
    const bucket = await newBucket();
    const domain = newDomain();
    expect((await cname('add', bucket, domain)).status).toBe(200);
    const answer = await cname('token', bucket, domain);
    expect([answer.status, answer.code]).toEqual([403, 'NoNeedCreateCnameToken']);
  });

  it('[CreateCnameToken-6] makes 1,000 for a bucket, of which expired ones and repetitions do not count', async () => {
    const bucket = await newBucket();
    const stub = env.BUCKET.get(env.BUCKET.idFromName(bucket));
    await runInDurableObject(stub, (_, { storage }) => {
      const expires = Date.now() + HOUR;
      for (let i = 0; i < 999; i++) storage.kv.put(`cname-token:d${i}.example.test`, { token: 'a', expires });
      for (let i = 0; i < 20; i++) storage.kv.put(`cname-token:e${i}.example.test`, { token: 'a', expires: 1 });
    });
    expect((await cname('token', bucket, 'last.example.test')).status).toBe(200);
    const full = await cname('token', bucket, 'more.example.test');
    expect([full.status, full.code, full.one('Bucket')]).toEqual([400, 'TooManyCnameToken', bucket]);
    expect((await cname('token', bucket, 'last.example.test')).status).toBe(200);
    await expire(bucket, 'd1.example.test');
    expect((await cname('token', bucket, 'more.example.test')).status).toBe(200);
  });

  it('[CreateCnameToken-8] [PutCname-10] [GetCnameToken-1] wants a domain, and brings it into one form', async () => {
    const bucket = await newBucket();
    for (const bad of [
      '',
      'localhost',
      'http://example.com',
      'example.com:80',
      'example.com/path',
      '*.example.com',
      'a..example.com',
      '.example.com',
      'exa mple.com',
      'exa_mple.com',
      '-a.example.com',
      'a-.example.com',
      `${'a'.repeat(64)}.com`,
      `${'a.'.repeat(130)}com`,
      '1.2.3.4',
      '0x7f.1',
      'example.1',
      '[::1]',
      'user@example.com',
      'example.com?a',
      'example.com#a',
      '&#0;.com',
      '%61.com',
    ]) {
      const answer = await cname('token', bucket, bad);
      expect([bad, answer.status]).toEqual([bad, 400]);
      expect([bad, answer.code]).toEqual([bad, bad.includes('&#0;') ? 'MalformedXML' : 'InvalidArgument']);
      if (bad.includes('&')) continue;
      const asked = await get(bucket, encodeURIComponent(bad));
      expect([bad, asked.status, asked.code]).toEqual([bad, 400, 'InvalidArgument']);
      const added = await cname('add', bucket, bad);
      expect([bad, added.code, added.one('ArgumentName')]).toEqual([bad, 'InvalidArgument', 'Domain']);
    }
    const none = await send('GET', `/${bucket}?cname&comp=token`);
    expect([none.status, none.code]).toEqual([400, 'InvalidArgument']);
    for (const [given, kept] of [
      [' WWW.Example.COM. ', 'www.example.com'],
      ['bücher.example.com', 'xn--bcher-kva.example.com'],
      ['例子.测试', 'xn--fsqu00a.xn--0zwm56d'],
      ['a-b.x1.museum', 'a-b.x1.museum'],
    ] as const) {
      expect((await cname('token', bucket, given)).one('Cname')).toBe(kept);
    }
  });

  it('[EdgeCommon-2] [EdgeCommon-3] [EdgeCommon-17] is told apart from everything else that is posted', async () => {
    const bucket = await newBucket();
    for (const query of ['cname', 'cname&comp=other', 'cname=a.example.com&comp=other']) {
      expect([query, (await send('POST', `/${bucket}?${query}`)).status]).toEqual([query, 405]);
    }
    for (const body of [
      '',
      '<Cname/>',
      '<BucketCnameConfiguration/>',
      '<BucketCnameConfiguration><Cname/></BucketCnameConfiguration>',
    ]) {
      for (const comp of ['token', 'add', 'delete']) {
        const answer = await send('POST', `/${bucket}?cname&comp=${comp}`, { body });
        expect([body, answer.status, answer.code]).toEqual([body, 400, 'MalformedXML']);
      }
    }
  });

  it('[EdgeCommon-1] checks Content-MD5', async () => {
    const bucket = await newBucket();
    const answer = await cname('token', bucket, newDomain(), { headers: { 'content-md5': md5('x') } });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidDigest']);
  });
});

describe('GetCnameToken', () => {
  it('[GetCnameToken-3] [EdgeCommon-8] knows none before it is made', async () => {
    const bucket = await newBucket();
    const domain = newDomain();
    const answer = await get(bucket, domain);
    expect([answer.status, answer.code, answer.one('Message')]).toEqual([
      404,
      'CnameTokenNotFound',
      'Cname token not found.',
    ]);
    expect([answer.one('Bucket'), answer.one('Cname')]).toEqual([bucket, domain]);
  });

  it('[CnameRouting-4] forgets the tokens of a bucket that is deleted', async () => {
    const bucket = await newBucket();
    const domain = newDomain();
    const { text } = await cname('token', bucket, domain);
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
    expect((await send('PUT', `/${bucket}`)).status).toBe(200);
    expect((await get(bucket, domain)).code).toBe('CnameTokenNotFound');
    expect((await cname('token', bucket, domain)).text).not.toBe(text);
  });
});

it.each([
  ['POST', '?cname&comp=token'],
  ['GET', '?comp=token&cname=www.example.com'],
  ['POST', '?cname&comp=add'],
  ['GET', '?cname'],
  ['POST', '?cname&comp=delete'],
])('[EdgeCommon-11] [EdgeCommon-12] %s %s is the owner’s alone', async (method, query) => {
  const bucket = await newBucket({ acl: 'public-read-write' });
  const body = '<BucketCnameConfiguration><Cname><Domain>a.example.test</Domain></Cname></BucketCnameConfiguration>';
  const wish = method === 'POST' ? { body } : {};
  for (const as of ['anonymous', 'other', 'user'] as const) {
    const answer = await send(method, `/${bucket}${query}`, { as, ...wish });
    expect([as, answer.status, answer.code]).toEqual([as, 403, 'AccessDenied']);
  }
  const missing = await send(method, `/no-such-bucket-here${query}`, wish);
  expect([missing.status, missing.code]).toEqual([404, 'NoSuchBucket']);
});
