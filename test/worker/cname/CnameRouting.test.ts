import { env, exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { domainHints } from '../../../src/bucket/domain-reader.ts';
import { sign } from '../../support/sign.ts';
import { put } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { post } from '../support/form.ts';
import { Answer, keys, newBucket, send, type Wish } from '../support/wire.ts';
import { cname, newDomain } from './support.ts';

/** Sends to a custom domain, signed for a bucket. */
async function via(
  domain: string,
  path: string,
  wish: {
    method?: string;
    bucket?: string;
    scheme?: 'V1' | 'V2' | 'V4';
    place?: 'header' | 'query';
    region?: string;
    body?: string;
  } = {},
): Promise<Answer> {
  const { method = 'GET', bucket, scheme = 'V4', place = 'header', region = 'cn-hangzhou', body } = wish;
  const url = `http://${domain}${path}`;
  const key = decodeURIComponent(path.slice(1).split('?')[0]!);
  const target =
    bucket === undefined
      ? { url, headers: {} }
      : sign({
          method,
          url,
          headers: {},
          bucket,
          ...(key === '' ? {} : { key }),
          ...keys.owner,
          region,
          scheme,
          place,
        });
  const response = await exports.default.fetch(
    new Request(target.url, {
      method,
      headers: target.headers,
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
    }),
  );
  return new Answer(response, new Uint8Array(await response.arrayBuffer()));
}

async function boundBucket(acl = 'public-read'): Promise<{ bucket: string; domain: string }> {
  const bucket = await newBucket({ acl });
  const domain = newDomain();
  expect((await cname('add', bucket, domain)).status).toBe(200);
  expect((await send('PUT', `/${bucket}/dir/key`, { body: bucket })).status).toBe(200);
  return { bucket, domain };
}

const forget = () => {
  configCopies.clear();
  domainHints.clear();
};

describe('a custom domain', () => {
  it('[CnameRouting-1] is its bucket, and the whole path is the key', async () => {
    const { bucket, domain } = await boundBucket();
    for (const host of [domain, domain.toUpperCase(), `${domain}:8080`, `${domain}.`]) {
      const answer = await via(host, '/dir/key');
      expect([host, answer.status, answer.text]).toEqual([host, 200, bucket]);
    }
    const missing = await via(domain, `/${bucket}/dir/key`);
    expect([missing.status, missing.code, missing.one('Key')]).toEqual([404, 'NoSuchKey', `${bucket}/dir/key`]);
    expect((await via(domain, '//x')).code).toBe('InvalidObjectName');
    expect((await via(domain, '/', { bucket })).all('Key')).toEqual(['dir/key']);
    expect((await via(domain, '/-/sts')).code).toBe('NoSuchKey');
  });

  it('[CnameRouting-2] is signed for by the name of the bucket', async () => {
    const { bucket, domain } = await boundBucket('private');
    for (const scheme of ['V1', 'V2', 'V4'] as const) {
      for (const place of ['header', 'query'] as const) {
        expect((await via(domain, '/dir/key', { bucket, scheme, place })).text).toBe(bucket);
        const wrong = await via(domain, '/dir/key', { bucket: 'another-bucket', scheme, place });
        expect([wrong.status, wrong.code]).toEqual([403, 'SignatureDoesNotMatch']);
      }
    }
    expect((await via(domain, '/new', { method: 'PUT', bucket, body: 'new' })).status).toBe(200);
    expect((await send('GET', `/${bucket}/new`)).text).toBe('new');
    expect((await via(domain, '/dir/key')).code).toBe('AccessDenied');
  });

  it('[CnameRouting-2] is signed for in whatever region its bucket is', async () => {
    const bucket = await newBucket({ host: 'oss-cn-beijing.aliyuncs.com' });
    const domain = newDomain();
    expect((await cname('add', bucket, domain)).status).toBe(200);
    for (const place of ['header', 'query'] as const) {
      const answer = await via(domain, '/?location', { bucket, place, region: 'cn-beijing' });
      expect([answer.status, answer.text.includes('oss-cn-beijing')]).toEqual([200, true]);
      const nowhere = await via(domain, '/?location', { bucket, place, region: 'cn-nowhere' });
      expect([nowhere.code, nowhere.header('x-oss-ec')]).toEqual(['InvalidArgument', '0002-00000226']);
    }
  });

  it('[CnameRouting-1] is 404 while no bucket has it', async () => {
    for (const host of [newDomain(), 'ossgate', 'a_b.example.test', `${'a.'.repeat(120)}example.test`]) {
      const answer = await via(host, '/key');
      expect([host, answer.status, answer.code, answer.one('BucketName')]).toEqual([host, 404, 'NoSuchBucket', host]);
    }
  });

  it('works in an isolate that knows nothing, from the edge copy and without it', async () => {
    const { bucket, domain } = await boundBucket();
    forget();
    expect((await via(domain, '/dir/key')).text).toBe(bucket);
    await env.CONFIG.delete(`domain:${domain}`);
    forget();
    expect((await via(domain, '/dir/key')).text).toBe(bucket);
  });

  it('costs no call more than the bucket’s own name, once it is known', async () => {
    const { bucket, domain } = await boundBucket();
    await via(domain, '/dir/key');
    const { answer, calls } = await counted('GET', '/dir/key', { as: 'anonymous', host: domain });
    expect([answer.text, calls]).toEqual([
      bucket,
      { index: 1, blobs: 0, bucket: 0, directory: 0, edgeCopy: 0, domain: 0 },
    ]);
  });

  it('[DeleteCname-3] is served no more once it is removed, however old the copies are', async () => {
    const { bucket, domain } = await boundBucket('public-read-write');
    await put(
      bucket,
      'cors',
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    );
    const old = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    await cname('delete', bucket, domain);
    const stale = () => {
      configCopies.clear();
      configCopies.set(bucket, old);
      domainHints.set(domain, bucket);
    };
    for (const [method, path] of [
      ['GET', '/dir/key'],
      ['HEAD', '/dir/key'],
      ['PUT', '/new'],
      ['DELETE', '/dir/key'],
      ['GET', '/?acl'],
      ['GET', '/'],
    ] as const) {
      stale();
      const signed = path === '/' || path.includes('acl') ? { bucket } : {};
      const answer = await via(domain, path, { method, ...signed, ...(method === 'PUT' ? { body: 'a' } : {}) });
      expect([method, path, answer.status, answer.code]).toEqual([method, path, 404, 'NoSuchBucket']);
    }
    stale();
    const preflight = await exports.default.fetch(`http://${domain}/dir/key`, {
      method: 'OPTIONS',
      headers: { origin: 'http://a', 'access-control-request-method': 'GET' },
    });
    expect(preflight.status).toBe(404);
    expect((await send('GET', `/${bucket}/dir/key`)).text).toBe(bucket);
    expect((await send('GET', `/${bucket}/new`)).status).toBe(404);
  });

  it('belongs to another bucket as soon as that has it', async () => {
    const { bucket, domain } = await boundBucket();
    const second = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${second}/dir/key`, { body: second });
    const old = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    await cname('delete', bucket, domain);
    expect((await cname('add', second, domain)).status).toBe(200);
    expect((await via(domain, '/dir/key')).text).toBe(second);
    // An isolate that still believes the old bucket to have it checks a signature that does not fit it.
    configCopies.clear();
    configCopies.set(bucket, old);
    domainHints.set(domain, bucket);
    expect((await via(domain, '/dir/key', { bucket: second })).text).toBe(second);
    expect((await via(domain, '/dir/key')).text).toBe(second);
  });

  it('[CnameRouting-1] is its new bucket’s at the first request, by whatever an isolate still believes', async () => {
    const { bucket, domain } = await boundBucket('public-read-write');
    const second = await newBucket({ acl: 'public-read-write' });
    await send('PUT', `/${second}/dir/key`, { body: second });
    await put(
      second,
      'website',
      '<WebsiteConfiguration><IndexDocument><Suffix>dir/key</Suffix></IndexDocument></WebsiteConfiguration>',
    );
    const old = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    const before = (await env.BUCKET.get(env.BUCKET.idFromName(second)).load())!;
    await cname('delete', bucket, domain);
    expect((await cname('add', second, domain)).status).toBe(200);
    const stale = () => {
      configCopies.clear();
      configCopies.set(bucket, old);
      configCopies.set(second, before);
      domainHints.set(domain, bucket);
    };
    const first = (method: string, path: string, wish: Wish = {}) => {
      stale();
      return send(method, path, { as: 'anonymous', host: domain, ...wish });
    };
    expect((await first('GET', '/dir/key')).text).toBe(second);
    expect((await first('HEAD', '/dir/key')).header('content-length')).toBe(String(second.length));
    expect((await first('GET', '/missing')).code).toBe('NoSuchKey');
    expect((await first('GET', '/dir/key', { headers: { range: 'bytes=0-0' } })).text).toBe(second.slice(0, 1));
    expect((await first('PUT', '/new', { body: 'new' })).status).toBe(200);
    expect((await first('POST', '/log?append&position=0', { body: 'new' })).status).toBe(200);
    stale();
    expect((await post('x', { host: domain, path: '/', as: 'anonymous', fields: { key: 'form' } })).status).toBe(204);
    stale();
    expect((await post('x', { host: domain, path: '/', fields: { key: 'signed' } })).status).toBe(204);
    expect((await first('DELETE', '/dir/key')).status).toBe(204);
    for (const key of ['new', 'log', 'form', 'signed']) {
      expect([key, (await send('HEAD', `/${second}/${key}`)).status]).toEqual([key, 200]);
      expect([key, (await send('HEAD', `/${bucket}/${key}`)).status]).toEqual([key, 404]);
    }
    expect((await send('HEAD', `/${second}/dir/key`)).status).toBe(404);
    expect((await send('GET', `/${bucket}/dir/key`)).text).toBe(bucket);
  });

  it('[CnameRouting-1] is its new bucket’s although the old one is gone, which nobody is told of', async () => {
    const { bucket, domain } = await boundBucket();
    const old = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    await cname('delete', bucket, domain);
    await send('DELETE', `/${bucket}/dir/key`);
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
    const stale = () => {
      configCopies.clear();
      configCopies.set(bucket, old);
      domainHints.set(domain, bucket);
    };
    stale();
    const nobodys = await via(domain, '/dir/key');
    expect([nobodys.status, nobodys.code, nobodys.one('BucketName')]).toEqual([404, 'NoSuchBucket', domain]);
    const second = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${second}/dir/key`, { body: second });
    expect((await cname('add', second, domain)).status).toBe(200);
    stale();
    await env.CONFIG.put(`bucket:${bucket}`, JSON.stringify(old));
    expect((await via(domain, '/dir/key')).text).toBe(second);
    await env.CONFIG.delete(`bucket:${bucket}`);
  });

  it('[CnameRouting-1] hides none of its keys behind pages of the gateway’s own', async () => {
    const { bucket, domain } = await boundBucket();
    for (const page of ['health', 'callback-key.pem']) {
      const missing = await via(domain, `/-/${page}`);
      expect([page, missing.status, missing.code]).toEqual([page, 404, 'NoSuchKey']);
      await send('PUT', `/${bucket}/-/${page}`, { body: 'an object' });
      expect((await via(domain, `/-/${page}`)).text).toBe('an object');
      expect((await send('GET', `/${bucket}/-/${page}`, { as: 'anonymous', virtual: true })).text).toBe('an object');
    }
    // The control: the gateway answers for itself where no bucket does.
    for (const host of ['localhost', '127.0.0.1', 'oss-cn-hangzhou.aliyuncs.com', newDomain()]) {
      const own = { as: 'anonymous', host } as const;
      expect([host, (await send('GET', '/-/health', own)).text]).toEqual([host, 'ok\n']);
      expect([host, (await send('GET', '/-/callback-key.pem', own)).text.slice(0, 26)]).toEqual([
        host,
        '-----BEGIN PUBLIC KEY-----',
      ]);
      expect((await send('GET', '/-/none', own)).status).toBeGreaterThanOrEqual(400);
    }
  });

  it('[CnameRouting-4] ends with its bucket, also where one of the same name follows', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    const domain = newDomain();
    await cname('add', bucket, domain);
    await send('DELETE', `/${bucket}`);
    forget();
    expect((await via(domain, '/key')).code).toBe('NoSuchBucket');
    await send('PUT', `/${bucket}`, { headers: { 'x-oss-acl': 'public-read' } });
    await send('PUT', `/${bucket}/key`, { body: 'a' });
    domainHints.set(domain, bucket);
    expect((await via(domain, '/key')).code).toBe('NoSuchBucket');
  });

  it('is bound by the bucket’s referer, CORS and policy rules like any other name', async () => {
    const { bucket, domain } = await boundBucket();
    await put(
      bucket,
      'referer',
      '<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>http://good.test</Referer></RefererList></RefererConfiguration>',
    );
    expect((await via(domain, '/dir/key')).status).toBe(403);
    const good: Wish = { as: 'anonymous', host: domain, headers: { referer: 'http://good.test/' } };
    expect((await send('GET', '/dir/key', good)).text).toBe(bucket);
  });
});
