import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, newBucket, newName, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
  await send('PUT', `/${bucket}/dir/a%20b`, { body: 'hello' });
});

const schemes = ['V1', 'V2', 'V4'] as const;

describe('addressing', () => {
  it('[Common-18] reaches one object by host and by path, at every service domain and IP address', async () => {
    for (const host of [
      'localhost',
      'localhost:9000',
      'oss-cn-hangzhou.aliyuncs.com',
      'OSS-cn-Hangzhou.aliyuncs.com',
    ]) {
      for (const virtual of [false, true]) {
        for (const scheme of schemes) {
          const answer = await send('GET', `/${bucket}/dir/a%20b`, { host, virtual, scheme });
          expect(answer.text, `${host} ${virtual} ${scheme}`).toBe('hello');
        }
      }
    }
    for (const host of ['127.0.0.1', '192.0.2.1:9000', '[::1]', '[::1]:9000']) {
      expect((await send('GET', `/${bucket}/dir/a%20b`, { host })).text).toBe('hello');
    }
  });

  it('takes a V4 signature for the region of the endpoint, and for any region where the endpoint has none', async () => {
    const beijing = 'oss-cn-beijing.aliyuncs.com';
    const there = await newBucket({ host: beijing });
    const enabled = '<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>';
    expect((await send('PUT', `/${there}?transferAcceleration`, { body: enabled })).status).toBe(200);
    expect((await send('PUT', `/${there}/key`, { host: beijing, body: 'hello' })).status).toBe(200);
    const read = (host: string, region: string, place: 'header' | 'query') =>
      send('GET', `/${there}/key`, { host, place, signing: { region } });
    for (const place of ['header', 'query'] as const) {
      for (const host of ['oss-accelerate.aliyuncs.com', 'localhost', '127.0.0.1']) {
        for (const region of ['cn-beijing', 'cn-hangzhou']) {
          const answer = await read(host, region, place);
          expect([host, region, answer.text]).toEqual([host, region, 'hello']);
        }
      }
      for (const [host, region] of [
        ['oss-accelerate.aliyuncs.com', 'cn-nowhere'],
        ['localhost', 'oss-cn-hangzhou'],
        [beijing, 'cn-hangzhou'],
        ['oss-cn-beijing-internal.aliyuncs.com', 'cn-hangzhou'],
        ['oss-cn-hangzhou.aliyuncs.com', 'cn-beijing'],
      ] as const) {
        const refused = await read(host, region, place);
        expectRefusal(refused, 400, 'InvalidArgument');
        expect([host, region, refused.header('x-oss-ec')]).toEqual([host, region, '0002-00000226']);
      }
    }
  });

  it('[Sec-18] reads one key alike, however it is escaped', async () => {
    for (const path of ['dir/a%20b', 'dir%2Fa%20b', '%64ir/a%20b', 'dir%2fa%20%62']) {
      for (const scheme of schemes) {
        for (const virtual of [false, true]) {
          expect((await send('GET', `/${bucket}/${path}`, { scheme, virtual })).text, path).toBe('hello');
        }
      }
    }
    // Decoded once, and a plus is a plus.
    for (const path of ['dir%252Fa%20b', 'dir/a+b', 'dir/a%2520b']) {
      expectRefusal(await send('GET', `/${bucket}/${path}`), 404, 'NoSuchKey');
    }
  });

  it('knows the bucket with and without a trailing slash', async () => {
    for (const path of [`/${bucket}`, `/${bucket}/`]) {
      for (const scheme of schemes) expect((await send('GET', path, { scheme })).all('Key')).toEqual(['dir/a b']);
    }
    expect((await send('GET', `/${bucket}`, { virtual: true })).all('Key')).toEqual(['dir/a b']);
  });

  it('[Common-18] answers 404 at a host that nobody has', async () => {
    for (const host of [
      'example.com',
      'localhost.example.com',
      `${bucket}.example.com`,
      'a.b.localhost',
      'notlocalhost',
    ]) {
      expectRefusal(await send('GET', '/a', { host, as: 'anonymous' }), 404, 'NoSuchBucket');
    }
  });

  it('refuses a malformed URL, whatever is malformed', async () => {
    for (const path of ['%', '%4', '%zz', '%ff', '%C3%28', 'a?x=%zz', 'a?%ff']) {
      expectRefusal(await send('GET', `/${bucket}/${path}`, { as: 'anonymous' }), 400, 'InvalidArgument');
    }
    for (const path of ['//a', '/%2F/a', '/A/b'])
      expectRefusal(await send('GET', path, { as: 'anonymous' }), 400, 'InvalidBucketName');
  });

  it('[Sec-19] no path reaches into another bucket', async () => {
    const other = await newBucket({ as: 'other' });
    await send('PUT', `/${other}/secret`, { as: 'other', body: 'secret' });
    for (const path of [
      `/${bucket}/..%2F${other}/secret`,
      `/${bucket}/%2E%2E/${other}/secret`,
      `/${bucket}/..%5C${other}%5Csecret`,
      `/${bucket}/%2E%2E%2F${other}%2Fsecret`,
    ]) {
      const answer = await send('GET', path);
      expect(answer.text).not.toContain('>secret<');
      expect([403, 404]).toContain(answer.status);
    }
    expect((await send('GET', `/${other}/secret`, { as: 'other' })).text).toBe('secret');
  });

  it('[Sec-6] has no reserved bucket, and /-/health only where it hides nothing', async () => {
    for (const name of ['-', '-a', '_internal', '.minio.sys']) {
      expectRefusal(await send('PUT', `/${name}`, { as: 'owner' }), 400, 'InvalidBucketName');
    }
    const own = await newBucket();
    await send('PUT', `/${own}/-/health`, { virtual: true, body: 'an object' });
    expect((await send('GET', `/${own}/-/health`, { virtual: true })).text).toBe('an object');
    expect((await send('GET', '/-/health', { as: 'anonymous' })).text).toBe('ok\n');
    expectRefusal(await send('GET', '/-/other', { as: 'anonymous' }), 400, 'InvalidBucketName');
    expectRefusal(await send('POST', '/-/health', { as: 'anonymous', body: '' }), 400, 'InvalidBucketName');
  });

  it('[Sec-40] [Route-1] the service knows nothing but its own two reads', async () => {
    for (const method of ['PUT', 'POST', 'DELETE', 'HEAD']) {
      expectRefusal(
        await send(method, '/', method === 'HEAD' || method === 'DELETE' ? {} : { body: '' }),
        405,
        'MethodNotAllowed',
      );
    }
    expect((await send('GET', '/')).has('Buckets')).toBe(true);
    expect((await send('GET', '/?regions')).has('RegionInfo')).toBe(true);
    expectRefusal(await send('GET', '/?acl'), 405, 'MethodNotAllowed');
    expectRefusal(await send('GET', '/?unknown'), 400, 'InvalidArgument');
  });

  it('[Hns-2] [Hns-3] [Hns-4] basic operations work in a hierarchical bucket, others are 400 OperationNotSupported', async () => {
    const tree = await newBucket({ headers: { 'x-oss-hns-status': 'enabled' } });
    expect((await send('PUT', `/${tree}/dir/a`, { body: 'x' })).status).toBe(200);
    expect((await send('GET', `/${tree}?delimiter=/`)).all('Prefix')).toContain('dir/');
    expect((await send('GET', `/${tree}?list-type=2`)).all('Key')).toContain('dir/a');
    expect((await send('GET', `/${tree}?bucketInfo`)).one('HierarchicalNamespace')).toBe('Enabled');
    for (const query of ['location', 'stat', 'acl']) expect((await send('GET', `/${tree}?${query}`)).status).toBe(200);
    expect((await send('PUT', `/${tree}?acl`, { headers: { 'x-oss-acl': 'public-read' } })).status).toBe(200);
    expect((await send('GET', `/${tree}/dir/a`, { as: 'anonymous' })).text).toBe('x');
    expectRefusal(await send('GET', `/${tree}?versioning`), 400, 'OperationNotSupported');
    expectRefusal(await send('GET', `/${newName()}?versioning`), 404, 'NoSuchBucket');
  });
});
