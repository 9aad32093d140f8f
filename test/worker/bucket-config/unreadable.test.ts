import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { domainHints } from '../../../src/bucket/domain-reader.ts';
import { claimOf, cname, newDomain } from '../cname/support.ts';
import { cors, plainRule, put } from '../support/config.ts';
import { configOf, configure, expectRefusal, newBucket, send, type Wish } from '../support/wire.ts';

/** What no version of this gateway writes, or another one might. */
const strange = [7, 'text', [], {}, { rules: 'x' }, [null], { whitelist: null }, { routingRules: [{}] }];

/** Puts a document into a bucket’s configuration that is none, past everything that would refuse it. */
async function spoil(bucket: string, name: string, value: unknown): Promise<void> {
  await configure(bucket, { documents: { [name]: value } as never });
  configCopies.clear();
}

async function site(): Promise<string> {
  const bucket = await newBucket({ acl: 'public-read' });
  await send('PUT', `/${bucket}/a`, { body: 'content' });
  return bucket;
}

const page: Wish = { as: 'anonymous', headers: { origin: 'http://a.test', referer: 'http://a.test/' } };

describe('a configuration document that cannot be read', () => {
  it('makes no request answer 500, whichever it is', async () => {
    const names = ['cors', 'referer', 'website', 'encryption', 'payer', 'tags', 'cnames', 'accelerated', 'worm'];
    for (const name of names) {
      const bucket = await site();
      for (const value of strange) {
        await spoil(bucket, name, value);
        for (const [method, path, wish] of [
          ['GET', `/${bucket}/a`, page],
          ['GET', `/${bucket}/missing`, page],
          ['GET', `/${bucket}`, page],
          [
            'OPTIONS',
            `/${bucket}/a`,
            { ...page, headers: { ...page.headers, 'access-control-request-method': 'GET' } },
          ],
          ['PUT', `/${bucket}/b`, { body: 'b' }],
          ['GET', `/${bucket}?cors`, {}],
          ['GET', `/${bucket}?referer`, {}],
          ['GET', `/${bucket}?website`, {}],
          ['GET', `/${bucket}?encryption`, {}],
          ['GET', `/${bucket}?requestPayment`, {}],
          ['GET', `/${bucket}?tagging`, {}],
          ['GET', `/${bucket}?cname`, {}],
          ['GET', `/${bucket}?transferAcceleration`, {}],
          ['GET', `/${bucket}?worm`, {}],
          ['GET', `/${bucket}?bucketInfo`, {}],
          ['GET', '/', {}],
        ] as const) {
          const { status } = await send(method, path, wish);
          expect([name, value, method, path, status < 500]).toEqual([name, value, method, path, true]);
        }
        expect((await configOf(bucket)).documents[name as 'cors']).toEqual(value);
      }
    }
  });

  it('opens nothing: no page may read across origins', async () => {
    const bucket = await site();
    await put(bucket, 'cors', cors(plainRule));
    expect((await send('GET', `/${bucket}/a`, page)).header('access-control-allow-origin')).toBe('http://a.test');
    await spoil(bucket, 'cors', { rules: [{ allowedOrigins: ['*'] }], responseVary: false });
    const answer = await send('GET', `/${bucket}/a`, page);
    expect([answer.text, answer.header('access-control-allow-origin')]).toEqual(['content', null]);
    expect((await put(bucket, 'cors', cors(plainRule))).status).toBe(200);
    expect((await send('GET', `/${bucket}/a`, page)).header('access-control-allow-origin')).toBe('http://a.test');
  });

  it('opens nothing: no page may refer to an object', async () => {
    const bucket = await site();
    expect((await send('GET', `/${bucket}/a`, page)).text).toBe('content');
    await spoil(bucket, 'referer', { whitelist: [] });
    for (const headers of [{}, { referer: 'http://a.test/' }]) {
      expectRefusal(await send('GET', `/${bucket}/a`, { as: 'anonymous', headers }), 403, 'AccessDenied');
    }
    expect((await send('GET', `/${bucket}/a`)).text).toBe('content');
    const all =
      '<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><RefererList/></RefererConfiguration>';
    expect((await put(bucket, 'referer', all)).status).toBe(200);
    expect((await send('GET', `/${bucket}/a`, page)).text).toBe('content');
  });

  it('opens nothing: nobody else reads at the owner’s expense', async () => {
    const bucket = await site();
    expect((await send('GET', `/${bucket}/a`, { as: 'other' })).status).toBe(200);
    await spoil(bucket, 'payer', 'Somebody');
    expectRefusal(await send('GET', `/${bucket}/a`, { as: 'other' }), 403, 'AccessDenied');
    expect((await send('GET', `/${bucket}/a`)).status).toBe(200);
  });

  it('[Sec-47] opens nothing: no object is stored in the clear that may have to be encrypted', async () => {
    const bucket = await site();
    for (const value of ['AES256', { algorithm: 'ROT13' }, {}]) {
      await spoil(bucket, 'encryption', value);
      const refused = await send('PUT', `/${bucket}/b`, { body: 'b' });
      expect([value, refused.status >= 400 && refused.status < 500]).toEqual([value, true]);
      expect((await send('GET', `/${bucket}/b`)).status).toBe(404);
      const named = { 'x-oss-server-side-encryption': 'AES256' };
      expect((await send('PUT', `/${bucket}/c`, { body: 'c', headers: named })).status).toBe(200);
    }
    expect((await send('DELETE', `/${bucket}?encryption`)).status).toBe(204);
    expect((await send('PUT', `/${bucket}/b`, { body: 'b' })).status).toBe(200);
  });

  it('[Sec-27] opens nothing: what a retention policy may protect stays', async () => {
    const bucket = await site();
    expect((await send('DELETE', `/${bucket}/a`)).status).toBe(204);
    await send('PUT', `/${bucket}/a`, { body: 'content' });
    await spoil(bucket, 'worm', { id: 'x' });
    expectRefusal(await send('DELETE', `/${bucket}/a`), 409, 'FileImmutable');
    expectRefusal(await send('PUT', `/${bucket}/a`, { body: 'new' }), 409, 'FileImmutable');
  });

  it('a website is none, and objects are served as they are', async () => {
    const bucket = await site();
    await spoil(bucket, 'website', { indexDocument: { suffix: 'a' }, routingRules: [{ ruleNumber: 1 }] });
    expect((await send('GET', `/${bucket}/a`, page)).text).toBe('content');
    expect((await send('GET', `/${bucket}`, page)).status).toBe(403);
  });

  it('a domain is served no more, and nobody else can take it', async () => {
    const bucket = await site();
    const domain = newDomain();
    expect((await cname('add', bucket, domain)).status).toBe(200);
    expect((await send('GET', '/a', { as: 'anonymous', host: domain })).text).toBe('content');
    await spoil(bucket, 'cnames', domain);
    domainHints.clear();
    expectRefusal(await send('GET', '/a', { as: 'anonymous', host: domain }), 404, 'NoSuchBucket');
    expect((await claimOf(domain))?.bucket).toBe(bucket);
    const second = await newBucket();
    expect((await cname('add', second, domain)).status).toBe(409);
  });
});

describe('the copy of a configuration in KV', () => {
  it('is passed over where it cannot be read, and the bucket’s own object asked', async () => {
    const bucket = await site();
    const config = await configOf(bucket);
    const { documents: _documents, ...older } = config;
    for (const copy of [
      '',
      '{',
      '7',
      'null',
      '[]',
      JSON.stringify(older),
      JSON.stringify({ ...config, shards: '1' }),
    ]) {
      await env.CONFIG.put(`bucket:${bucket}`, copy);
      configCopies.clear();
      const answer = await send('GET', `/${bucket}/a`, page);
      expect([copy, answer.text]).toEqual([copy, 'content']);
    }
  });

  it('is judged as strictly as the bucket’s own', async () => {
    const bucket = await site();
    await spoil(bucket, 'referer', 'text');
    await runInDurableObject(env.BUCKET.get(env.BUCKET.idFromName(bucket)), (instance) => {
      expect(instance.load()?.documents.referer).toBe('text');
    });
    expect(JSON.parse((await env.CONFIG.get(`bucket:${bucket}`))!).documents.referer).toBe('text');
    expectRefusal(await send('GET', `/${bucket}/a`, page), 403, 'AccessDenied');
  });
});
