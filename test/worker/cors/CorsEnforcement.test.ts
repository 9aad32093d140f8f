import { beforeAll, describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { cors, put, rule } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { type Answer, newBucket, send, type Wish } from '../support/wire.ts';

const origin = 'http://www.example.com';
const text = 'x'.repeat(2_000);

let bucket: string;
let varying: string;

beforeAll(async () => {
  const rules = [
    rule({
      AllowedOrigin: origin,
      AllowedMethod: ['GET', 'HEAD', 'PUT', 'POST'],
      AllowedHeader: '*',
      ExposeHeader: ['ETag', 'x-oss-request-id'],
      MaxAgeSeconds: '5',
    }),
  ];
  bucket = await newBucket();
  varying = await newBucket();
  await put(bucket, 'cors', cors(...rules));
  await put(varying, 'cors', cors(...rules, '<ResponseVary>true</ResponseVary>'));
  for (const name of [bucket, varying]) {
    await send('PUT', `/${name}/key`, { body: text, headers: { 'content-type': 'text/plain' } });
  }
});

function fromOrigin(method: string, path: string, wish: Wish = {}): Promise<Answer> {
  return send(method, path, {
    ...wish,
    unsigned: { ...wish.unsigned, headers: { origin, ...wish.unsigned?.headers } },
  });
}

function corsOf(answer: Answer): Record<string, string> {
  return Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('access-control-')));
}

const matched = {
  'access-control-allow-origin': origin,
  'access-control-allow-methods': 'GET, HEAD, PUT, POST',
  'access-control-expose-headers': 'ETag, x-oss-request-id',
  'access-control-max-age': '5',
};

describe('a request from another origin', () => {
  it('[CorsEnforcement-2] [CorsEnforcement-3] gets the headers of the rule, which match its method and origin alone', async () => {
    for (const [method, path, wish] of [
      ['GET', `/${bucket}/key`, { headers: { 'x-oss-meta-unasked': 'x' } }],
      ['HEAD', `/${bucket}/key`, {}],
      ['PUT', `/${bucket}/other`, { body: 'a' }],
      ['GET', `/${bucket}`, {}],
      ['GET', `/${bucket}?acl`, {}],
    ] as const) {
      const answer = await fromOrigin(method, path, wish);
      expect([method, path, answer.status]).toEqual([method, path, 200]);
      expect(corsOf(answer)).toEqual(matched);
    }
    const put = await fromOrigin('PUT', `/${bucket}/other`, { body: 'a' });
    expect(put.header('etag')).toMatch(/^"[0-9A-F]{32}"$/);
  });

  it('[CorsEnforcement-1] is executed without CORS headers where no rule matches', async () => {
    const stranger = await send('GET', `/${bucket}/key`, { unsigned: { headers: { origin: 'http://evil.test' } } });
    expect([stranger.status, stranger.text, corsOf(stranger)]).toEqual([200, text, {}]);
    await send('PUT', `/${bucket}/gone`, { body: 'a' });
    const deletion = await fromOrigin('DELETE', `/${bucket}/gone`);
    expect([deletion.status, corsOf(deletion)]).toEqual([204, {}]);
    expect((await send('GET', `/${bucket}/gone`)).status).toBe(404);
    const same = await send('GET', `/${bucket}/key`);
    expect([same.status, corsOf(same)]).toEqual([200, {}]);
  });

  it('[CorsEnforcement-4] can read every refusal, from wherever it comes', async () => {
    const cases: [string, number, string, Promise<Answer>][] = [
      ['no right', 403, 'AccessDenied', fromOrigin('GET', `/${bucket}/key`, { as: 'anonymous' })],
      ['no key', 404, 'NoSuchKey', fromOrigin('GET', `/${bucket}/none`)],
      [
        'not modified',
        304,
        '',
        fromOrigin('GET', `/${bucket}/key`, { unsigned: { headers: { 'if-none-match': '*' } } }),
      ],
      ['no operation', 405, 'MethodNotAllowed', fromOrigin('PUT', `/${bucket}/key?uploads`)],
      ['unknown parameter', 400, 'InvalidArgument', fromOrigin('PUT', `/${bucket}/key?surprise`)],
      [
        'forged signature',
        403,
        'SignatureDoesNotMatch',
        fromOrigin('GET', `/${bucket}/key`, { unsigned: { headers: { 'x-oss-added': '1' } } }),
      ],
      [
        'no such access key',
        403,
        'InvalidAccessKeyId',
        fromOrigin('GET', `/${bucket}/key`, {
          as: 'anonymous',
          headers: { authorization: 'OSS no:body', date: new Date().toUTCString() },
        }),
      ],
      [
        'expired',
        403,
        'AccessDenied',
        fromOrigin('GET', `/${bucket}/key?OSSAccessKeyId=OWNERKEY&Expires=1&Signature=a`, { as: 'anonymous' }),
      ],
      [
        'no date',
        403,
        'AccessDenied',
        fromOrigin('GET', `/${bucket}/key`, { as: 'anonymous', headers: { authorization: 'OSS OWNERKEY:a' } }),
      ],
    ];
    for (const [why, status, code, sent] of cases) {
      const answer = await sent;
      expect([why, answer.status, answer.code ?? '']).toEqual([why, status, code]);
      expect([why, corsOf(answer)]).toEqual([why, matched]);
    }
  });

  it('[CorsEnforcement-4] has the configuration loaded for a forged signature, in an isolate that knows nothing yet', async () => {
    configCopies.clear();
    const forged = { unsigned: { headers: { 'x-oss-added': '1', origin } } };
    const { answer, calls } = await counted('GET', `/${bucket}/key`, forged);
    expect([answer.status, answer.code, corsOf(answer)]).toEqual([403, 'SignatureDoesNotMatch', matched]);
    expect(calls).toMatchObject({ index: 0, blobs: 0, edgeCopy: 1 });
  });

  it('a refused signature loads nothing where no origin asks', async () => {
    configCopies.clear();
    const { answer, calls } = await counted('GET', `/${bucket}/key`, { unsigned: { headers: { 'x-oss-added': '1' } } });
    expect([answer.status, answer.code]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(calls).toEqual({ index: 0, blobs: 0, bucket: 0, directory: 0, edgeCopy: 0, domain: 0 });
  });

  it('asks for a missing bucket once only', async () => {
    const { answer, calls } = await counted('GET', '/no-such-bucket-here/key', { unsigned: { headers: { origin } } });
    expect([answer.status, answer.code, corsOf(answer)]).toEqual([404, 'NoSuchBucket', {}]);
    expect(calls).toEqual({ index: 0, blobs: 0, bucket: 1, directory: 0, edgeCopy: 1, domain: 0 });
  });

  it('[CorsEnforcement-5] varies every answer of the bucket with ResponseVary, and none without', async () => {
    for (const headers of [{ origin }, { origin: 'http://evil.test' }, {} as Record<string, string>]) {
      for (const [path, status] of [
        ['key', 200],
        ['none', 404],
      ] as const) {
        const answer = await send('GET', `/${varying}/${path}`, { unsigned: { headers } });
        expect([answer.status, answer.header('vary')]).toEqual([status, 'Origin']);
        expect((await send('GET', `/${bucket}/${path}`, { unsigned: { headers } })).header('vary')).toBeNull();
      }
      const refused = await send('GET', `/${varying}/key`, { as: 'anonymous', unsigned: { headers } });
      expect([refused.status, refused.header('vary')]).toEqual([403, 'Origin']);
    }
  });

  it('[CorsEnforcement-5] keeps what else the answer varies by', async () => {
    const unsigned = { headers: { origin, 'accept-encoding': 'gzip' } };
    const packed = await send('GET', `/${varying}/key`, { unsigned });
    expect([packed.header('content-encoding'), packed.header('vary')]).toEqual(['gzip', 'Accept-Encoding, Origin']);
    const plain = await send('GET', `/${bucket}/key`, { unsigned });
    expect([plain.header('content-encoding'), plain.header('vary')]).toEqual(['gzip', 'Accept-Encoding']);
  });

  it('[CorsEnforcement-7] computes the headers for each request, however often the object was read', async () => {
    for (const asked of [origin, 'http://evil.test', origin]) {
      const answer = await send('GET', `/${bucket}/key`, { unsigned: { headers: { origin: asked } } });
      expect(answer.header('access-control-allow-origin')).toBe(asked === origin ? origin : null);
    }
  });

  it('[Sec-28] never reflects an origin that could not be one', async () => {
    const open = await newBucket();
    await put(open, 'cors', cors(rule({ AllowedOrigin: '*', AllowedMethod: 'GET' })));
    for (const odd of ['http://a b', 'ä', `http://${'a'.repeat(3_000)}`]) {
      const answer = await send('GET', `/${open}`, { unsigned: { headers: { origin: odd } } });
      expect([answer.status, corsOf(answer)]).toEqual([200, {}]);
    }
    const control = await send('GET', `/${open}`, { unsigned: { headers: { origin: 'https://any.test' } } });
    expect(control.header('access-control-allow-origin')).toBe('https://any.test');
  });

  it('[EdgeCommon-16] is answered by the rules in force, not by an old copy', async () => {
    const changing = await newBucket({ acl: 'public-read' });
    await send('PUT', `/${changing}/key`, { body: 'a' });
    const read = async () => corsOf(await send('GET', `/${changing}/key`, { as: 'anonymous', headers: { origin } }));
    expect(await read()).toEqual({});
    await put(changing, 'cors', cors(rule({ AllowedOrigin: origin, AllowedMethod: 'GET' })));
    const copy = await import('cloudflare:workers').then(({ env }) =>
      env.BUCKET.get(env.BUCKET.idFromName(changing)).load(),
    );
    expect(await read()).toMatchObject({ 'access-control-allow-origin': origin });
    await send('DELETE', `/${changing}?cors`);
    configCopies.clear();
    configCopies.set(changing, copy!);
    expect(await read()).toEqual({});
  });
});
