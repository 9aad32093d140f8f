import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { BucketConfig } from '../../../src/bucket/config.ts';
import { configCopies, configKey } from '../../../src/bucket/config-cache.ts';
import {
  type Answer,
  configOf,
  configure,
  expectRefusal,
  newBucket,
  send,
  shardedBucket,
  type Wish,
} from '../support/wire.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Where an isolate may find a copy of a configuration that has been replaced meanwhile. */
const places = {
  'its own memory': async (copy: BucketConfig) => {
    configCopies.clear();
    configCopies.set(copy.name, copy);
  },
  KV: async (copy: BucketConfig) => {
    configCopies.clear();
    await env.CONFIG.put(configKey(copy.name), JSON.stringify(copy));
  },
};

const objectPolicy = (bucket: string, effect: string) =>
  JSON.stringify({
    Version: '1',
    Statement: [
      {
        Effect: effect,
        Principal: ['*'],
        Action: ['oss:GetObject', 'oss:PutObject', 'oss:ListObjects'],
        Resource: [`acs:oss:*:*:${bucket}`, `acs:oss:*:*:${bucket}/*`],
      },
    ],
  });

describe.each(Object.entries(places))('with an old copy of the configuration in %s', (_, plant) => {
  /** Sends a request that is judged by the old copy at first. */
  async function stale(copy: BucketConfig, method: string, path = '', wish: Wish = {}): Promise<Answer> {
    await plant(copy);
    return send(method, `/${copy.name}${path}`, { as: 'anonymous', ...wish });
  }

  function batch(copy: BucketConfig, keys: readonly string[], wish: Wish = {}): Promise<Answer> {
    const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    return stale(copy, 'POST', '?delete', { ...wish, headers, body });
  }

  async function put(bucket: string, keys: readonly string[], headers: Record<string, string> = {}): Promise<void> {
    for (const key of keys) expect((await send('PUT', `/${bucket}/${key}`, { headers, body: key })).status).toBe(200);
  }

  async function keysOf(bucket: string, as: 'owner' | 'other' = 'owner'): Promise<string[]> {
    return (await send('GET', `/${bucket}`, { as })).all('Key');
  }

  it('the copy is what requests are judged by, where nothing contradicts it', async () => {
    const bucket = await newBucket();
    await put(bucket, ['a']);
    const real = await configOf(bucket);
    // A copy from the future: no shard can know better. If it were not used, this suite would prove nothing.
    expect((await stale({ ...real, version: 1_000, acl: 'public-read' }, 'GET', '/a')).text).toBe('a');
    expectRefusal(await stale({ ...real, version: 999 }, 'GET', '/a'), 403, 'AccessDenied');
  });

  it('[PutBucketAcl-9] a bucket turned private is private for the very next request', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    await put(bucket, ['a', 'b']);
    const old = await configOf(bucket);
    expect((await stale(old, 'GET', '/a')).text).toBe('a');
    expect((await stale(old, 'PUT', '/c', { body: 'c' })).status).toBe(200);
    await configure(bucket, { acl: 'private' });
    for (const as of ['anonymous', 'other', 'user'] as const) {
      for (const [method, path] of [
        ['GET', '/a'],
        ['HEAD', '/a'],
        ['HEAD', '/a?objectMeta'],
        ['GET', '/missing'],
        ['DELETE', '/a'],
        ['GET', '/a?acl'],
        ['GET', ''],
      ] as const) {
        expectRefusal(await stale(old, method, path, { as }), 403, 'AccessDenied');
      }
      for (const size of [1, 10_000]) {
        expectRefusal(await stale(old, 'PUT', '/a', { as, body: new Uint8Array(size) }), 403, 'AccessDenied');
      }
      expectRefusal(await batch(old, ['a', 'b'], { as }), 403, 'AccessDenied');
    }
    expect(await keysOf(bucket)).toEqual(['a', 'b', 'c']);
    expect((await send('GET', `/${bucket}/a`)).text).toBe('a');
  });

  it('[PutBucketAcl-9] a bucket turned public is public for the very next request', async () => {
    const bucket = await newBucket();
    await put(bucket, ['a', 'b', 'c', 'd']);
    const old = await configOf(bucket);
    expectRefusal(await stale(old, 'GET', '/a'), 403, 'AccessDenied');
    await configure(bucket, { acl: 'public-read-write' });
    expect((await stale(old, 'GET', '/a')).text).toBe('a');
    expect((await stale(old, 'HEAD', '/a')).status).toBe(200);
    expectRefusal(await stale(old, 'GET', '/missing'), 404, 'NoSuchKey');
    expect((await stale(old, 'PUT', '/e', { body: new Uint8Array(10_000) })).status).toBe(200);
    expect((await stale(old, 'DELETE', '/a')).status).toBe(204);
    expect((await batch(old, ['b', 'c'])).all('Key')).toEqual(['b', 'c']);
    expect(await keysOf(bucket)).toEqual(['d', 'e']);
  });

  it('a bucket that was deleted does not exist any more', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    const old = await configOf(bucket);
    expect((await stale(old, 'GET', '', { as: 'owner' })).status).toBe(200);
    expect((await send('DELETE', `/${bucket}`)).status).toBe(204);
    for (const as of ['owner', 'anonymous'] as const) {
      for (const [method, path] of [
        ['GET', '/a'],
        ['HEAD', '/a'],
        ['DELETE', '/a'],
        ['GET', '?bucketInfo'],
        ['GET', '?stat'],
      ] as const) {
        expectRefusal(await stale(old, method, path, { as }), 404, 'NoSuchBucket');
      }
      for (const size of [1, 10_000]) {
        expectRefusal(await stale(old, 'PUT', '/a', { as, body: new Uint8Array(size) }), 404, 'NoSuchBucket');
      }
      expectRefusal(await batch(old, ['a'], { as }), 404, 'NoSuchBucket');
    }
    for (const query of ['', '?list-type=2', '?delimiter=%F4%8F%BF%BF&marker=%F4%8F%BF%BF']) {
      expectRefusal(await stale(old, 'GET', query, { as: 'owner' }), 404, 'NoSuchBucket');
    }
  });

  it.each([
    [1, 1],
    [1, 4],
    [4, 1],
    [16, 4],
  ])('a bucket of the same name is another bucket (%i shards then, %i now)', async (then, now) => {
    const bucket = await shardedBucket(then, { acl: 'public-read-write' });
    const names = Array.from({ length: 12 }, (_, i) => `k${String(i).padStart(2, '0')}`);
    const old = await configOf(bucket);
    await send('DELETE', `/${bucket}`);
    await shardedBucket(now, { name: bucket });
    await put(bucket, names);
    const owner = { as: 'owner' } as const;
    expect((await stale(old, 'GET', '', owner)).all('Key')).toEqual(names);
    expect((await stale(old, 'GET', '?list-type=2&max-keys=5', owner)).all('Key')).toEqual(names.slice(0, 5));
    expect((await stale(old, 'GET', '?delimiter=/', owner)).all('Key')).toEqual(names);
    expect((await stale(old, 'GET', `/${names[3]}`, owner)).text).toBe(names[3]);
    expect((await stale(old, 'GET', '?stat', owner)).one('ObjectCount')).toBe('12');
    expectRefusal(await stale(old, 'GET', `/${names[3]}`), 403, 'AccessDenied');
    expectRefusal(await stale(old, 'PUT', '/new', { body: new Uint8Array(10_000) }), 403, 'AccessDenied');
    expectRefusal(await batch(old, names), 403, 'AccessDenied');
    expect((await stale(old, 'PUT', '/new', { ...owner, body: 'new' })).status).toBe(200);
    expect((await send('GET', `/${bucket}/new`)).text).toBe('new');
    // A body too long for the index is in a blob of the old bucket by now, whose shards would delete it one day.
    const long = { ...owner, body: new Uint8Array(10_000) };
    const refused = await stale(old, 'PUT', '/long', long);
    expectRefusal(refused, 503, 'ServiceUnavailable');
    expect(refused.header('retry-after')).toBe('1');
    expectRefusal(await send('GET', `/${bucket}/long`), 404, 'NoSuchKey');
    expect((await send('PUT', `/${bucket}/long`, long)).status).toBe(200);
    expect((await stale(old, 'DELETE', `/${names[0]}`, owner)).status).toBe(204);
    expect((await batch(old, names.slice(1), owner)).all('Key')).toEqual(names.slice(1));
    expect(await keysOf(bucket)).toEqual(['long', 'new']);
  });

  it('a bucket of the same name may belong to somebody else', async () => {
    const bucket = await newBucket({ acl: 'public-read' });
    await put(bucket, ['mine']);
    const old = await configOf(bucket);
    await send('DELETE', `/${bucket}/mine`);
    await send('DELETE', `/${bucket}`);
    expect((await send('PUT', `/${bucket}`, { as: 'other' })).status).toBe(200);
    await send('PUT', `/${bucket}/theirs`, { as: 'other', body: 'theirs' });
    for (const as of ['owner', 'user', 'reader', 'anonymous'] as const) {
      expectRefusal(await stale(old, 'GET', '/theirs', { as }), 403, 'AccessDenied');
      expectRefusal(await stale(old, 'GET', '', { as }), 403, 'AccessDenied');
      expectRefusal(await stale(old, 'PUT', '/x', { as, body: 'x' }), 403, 'AccessDenied');
    }
    expectRefusal(
      await stale(old, 'PUT', '?acl', { as: 'owner', headers: { 'x-oss-acl': 'public-read' } }),
      409,
      'BucketAlreadyExists',
    );
    expect((await stale(old, 'GET', '/theirs', { as: 'other' })).text).toBe('theirs');
    expect(await keysOf(bucket, 'other')).toEqual(['theirs']);
  });

  it('a bucket of the same name has a class, a namespace and object ACLs of its own', async () => {
    const old = await configOf(await shardedBucket(1, { acl: 'public-read', storageClass: 'IA' }));
    const { name } = old;
    await configure(name, { objectAcls: true });
    const older = await configOf(name);
    await send('DELETE', `/${name}`);
    await shardedBucket(1, { name, acl: 'public-read' });
    const owner = { as: 'owner', body: 'x' } as const;
    expect((await stale(older, 'PUT', '/plain', owner)).status).toBe(200);
    expect((await send('HEAD', `/${name}/plain`)).header('x-oss-storage-class')).toBe('Standard');
    const headers = { 'x-oss-object-acl': 'private' };
    expect((await stale(older, 'PUT', '/closed', { ...owner, headers })).status).toBe(200);
    expect((await configOf(name)).objectAcls).toBe(true);
    expectRefusal(await send('GET', `/${name}/closed`, { as: 'anonymous' }), 403, 'AccessDenied');
    expect((await send('GET', `/${name}/plain`, { as: 'anonymous' })).text).toBe('x');
    for (const key of ['plain', 'closed']) await send('DELETE', `/${name}/${key}`);
    await send('DELETE', `/${name}`);
    await shardedBucket(1, { name, hierarchical: true });
    const tree = await configOf(name);
    expectRefusal(await batch(old, ['a'], { as: 'owner' }), 400, 'OperationNotSupported');
    await send('DELETE', `/${name}`);
    await shardedBucket(1, { name });
    expect((await batch(tree, ['a'], { as: 'owner' })).all('Key')).toEqual(['a']);
  });

  it('an object ACL counts although the copy knows of none in the bucket', async () => {
    const open = await newBucket({ acl: 'public-read-write' });
    const closed = await newBucket();
    const [oldOpen, oldClosed] = [await configOf(open), await configOf(closed)];
    await put(open, ['a'], { 'x-oss-object-acl': 'private' });
    await put(closed, ['a'], { 'x-oss-object-acl': 'public-read-write' });
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      expectRefusal(await stale(oldOpen, method, '/a'), 403, 'AccessDenied');
    }
    expectRefusal(await stale(oldOpen, 'PUT', '/a', { body: 'x' }), 403, 'AccessDenied');
    expectRefusal(await batch(oldOpen, ['a', 'b']), 403, 'AccessDenied');
    expect((await stale(oldClosed, 'GET', '/a')).text).toBe('a');
    expectRefusal(await stale(oldClosed, 'PUT', '/b', { body: 'x' }), 403, 'AccessDenied');
    expect((await stale(oldClosed, 'PUT', '/a', { body: 'y' })).status).toBe(200);
    expectRefusal(await stale(oldClosed, 'GET', '/a'), 403, 'AccessDenied');
    expect(await keysOf(open)).toEqual(['a']);
  });

  it('a policy counts from the next request on, and no longer', async () => {
    const bucket = await newBucket();
    await put(bucket, ['a']);
    const bare = await configOf(bucket);
    await configure(bucket, { documents: { policy: objectPolicy(bucket, 'Allow') } });
    const allowing = await configOf(bucket);
    expect((await stale(bare, 'GET', '/a')).text).toBe('a');
    expect((await stale(bare, 'GET', '', { as: 'other' })).all('Key')).toEqual(['a']);
    expect((await stale(bare, 'PUT', '/b', { body: 'b' })).status).toBe(200);
    await configure(bucket, { documents: { policy: objectPolicy(bucket, 'Deny') } });
    for (const as of ['anonymous', 'other', 'reader'] as const) {
      expectRefusal(await stale(allowing, 'GET', '/a', { as }), 403, 'AccessDenied');
      expectRefusal(await stale(bare, 'GET', '', { as }), 403, 'AccessDenied');
    }
    expectRefusal(await stale(allowing, 'PUT', '/c', { body: 'c' }), 403, 'AccessDenied');
    await configure(bucket, { documents: { policy: null } });
    expectRefusal(await stale(allowing, 'GET', '/a'), 403, 'AccessDenied');
    expect((await stale(allowing, 'GET', '/a', { as: 'reader' })).text).toBe('a');
    expect(await keysOf(bucket)).toEqual(['a', 'b']);
  });

  it('versioning counts from the next request on', async () => {
    const bucket = await newBucket();
    await put(bucket, ['a', 'b', 'c']);
    const old = await configOf(bucket);
    await configure(bucket, { versioning: 'Enabled' });
    const owner = { as: 'owner' } as const;
    expect((await stale(old, 'PUT', '/a', { ...owner, body: 'new' })).header('x-oss-version-id')).toMatch(/^CAEQ/);
    expect((await send('GET', `/${bucket}/a?versionId=null`)).text).toBe('a');
    expect((await stale(old, 'DELETE', '/b', owner)).header('x-oss-delete-marker')).toBe('true');
    expect((await send('GET', `/${bucket}/b?versionId=null`)).text).toBe('b');
    expect((await batch(old, ['c'], owner)).one('DeleteMarker')).toBe('true');
    expect((await stale(old, 'HEAD', '/a', owner)).header('x-oss-version-id')).toMatch(/^CAEQ/);
    // What forbids an overwrite in a bucket without versions does not in one that has them.
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    expect((await stale(old, 'PUT', '/a', { ...owner, headers, body: 'newer' })).status).toBe(200);
  });
});
