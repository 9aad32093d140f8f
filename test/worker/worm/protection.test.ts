import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { wormConflict } from '../../../src/bucket/worm.ts';
import type { ObjectKind, PutCommand } from '../../../src/index/records.ts';
import { shardStub } from '../../../src/index/stub.ts';
import { DAY, HOUR, stopClock } from '../support/clock.ts';
import { type Answer, newBucket, send } from '../support/wire.ts';
import { deleteMany, held, initiate, locked, shardedBucket } from './support.ts';

const refused = [409, 'FileImmutable'];

const nothing = {
  size: 0,
  etag: '',
  crc64: null,
  storageClass: 'Standard',
  acl: null,
  meta: { headers: {}, user: {} },
  tags: null,
  link: null,
  cipher: null,
  inline: null,
  segments: [],
};

function result(answer: Answer): unknown[] {
  return answer.status < 400 ? [answer.status] : [answer.status, answer.code];
}

async function put(bucket: string, key: string, body = key): Promise<Answer> {
  return send('PUT', `/${bucket}/${key}`, { body });
}

describe('a retention policy', () => {
  it('[Worm-1] [Worm-2] protects while it is not locked, and nothing any more once it lapsed', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await put(bucket, 'old');
    await initiate(bucket, 30);
    await put(bucket, 'new');
    expect(result(await put(bucket, 'old'))).toEqual(refused);
    expect(result(await send('DELETE', `/${bucket}/new`))).toEqual(refused);
    moveOn(DAY - 1_000);
    expect(result(await put(bucket, 'new'))).toEqual(refused);
    moveOn(1_000);
    expect(result(await put(bucket, 'old'))).toEqual([200]);
    expect(result(await send('DELETE', `/${bucket}/new`))).toEqual([204]);
  });

  it('[Worm-3] [PutObject-14] [PutObject-E11] [ObjCommon-29] leaves what is there as it is', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    const first = await put(bucket, 'a', 'first');
    const answer = await put(bucket, 'a', 'second');
    expect(result(answer)).toEqual(refused);
    expect([answer.one('Key'), answer.one('EC')]).toEqual(['a', '0026-00000102']);
    const read = await send('GET', `/${bucket}/a`);
    expect([read.text, read.header('etag')]).toEqual(['first', first.header('etag')]);
    expect(result(await put(bucket, 'b'))).toEqual([200]);
    expect(result(await send('HEAD', `/${bucket}/a`))).toEqual([200]);
    expect(await held(bucket)).toEqual(['a', 'b']);
  });

  it('[Worm-3] refuses large content too', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    const large = 'x'.repeat(300_000);
    await put(bucket, 'a', large);
    expect(result(await put(bucket, 'a', large.replaceAll('x', 'y')))).toEqual(refused);
    expect((await send('GET', `/${bucket}/a`)).text).toBe(large);
  });

  it('[DeleteObject-E1] refuses to delete, and not what is not there', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    await put(bucket, 'a');
    expect(result(await send('DELETE', `/${bucket}/a`))).toEqual(refused);
    expect(result(await send('DELETE', `/${bucket}/a?versionId=null`))).toEqual(refused);
    expect(result(await send('DELETE', `/${bucket}/none`))).toEqual([204]);
    expect(await held(bucket)).toEqual(['a']);
  });

  it('[Worm-4] ends for each object by itself', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await locked(bucket, 2);
    await put(bucket, 'a');
    moveOn(DAY);
    await put(bucket, 'b');
    moveOn(DAY - 1_000);
    expect(result(await send('DELETE', `/${bucket}/a`))).toEqual(refused);
    moveOn(1_000);
    expect(result(await send('DELETE', `/${bucket}/a`))).toEqual([204]);
    expect(result(await send('DELETE', `/${bucket}/b`))).toEqual(refused);
    expect(result(await put(bucket, 'a'))).toEqual([200]);
    expect(result(await put(bucket, 'a'))).toEqual(refused);
    moveOn(DAY);
    expect(result(await put(bucket, 'b'))).toEqual([200]);
  });

  it('[ObjCommon-29] binds everybody, whatever an object says of itself', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    await locked(bucket, 1);
    await send('PUT', `/${bucket}/a`, { body: 'a', headers: { 'x-oss-object-acl': 'public-read-write' } });
    for (const as of ['owner', 'other', 'anonymous'] as const) {
      expect(result(await send('PUT', `/${bucket}/a`, { as, body: 'b' })), as).toEqual(refused);
      expect(result(await send('DELETE', `/${bucket}/a`, { as })), as).toEqual(refused);
    }
  });

  it('[PutObjectACL-8] lets an ACL be changed', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    await put(bucket, 'a');
    const headers = { 'x-oss-object-acl': 'private' };
    expect(result(await send('PUT', `/${bucket}/a?acl`, { headers }))).toEqual([200]);
  });

  it('[Worm-6] tells that it keeps the bucket from being versioned, until it lapses', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    const config = async () => (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    expect(wormConflict(await config(), Date.now())).toBe(false);
    await initiate(bucket, 1);
    expect(wormConflict(await config(), Date.now())).toBe(true);
    moveOn(DAY);
    expect(wormConflict(await config(), Date.now())).toBe(false);
    await locked(bucket, 1);
    moveOn(100 * DAY);
    expect(wormConflict(await config(), Date.now())).toBe(true);
  });

  it('[DeleteBucket-5] keeps the bucket while it holds something, and an empty bucket not', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    const id = await locked(bucket, 1);
    await put(bucket, 'a');
    expect(result(await send('DELETE', `/${bucket}`))).toEqual([409, 'BucketNotEmpty']);
    moveOn(DAY + HOUR);
    await send('DELETE', `/${bucket}/a`);
    expect(result(await send('DELETE', `/${bucket}`))).toEqual([204]);
    // The name is free for a bucket that knows nothing of it ([DeleteBucket-7]).
    await send('PUT', `/${bucket}`);
    expect((await send('GET', `/${bucket}?worm`)).code).toBe('NoSuchWORMConfiguration');
    expect((await send('POST', `/${bucket}?wormId=${id}`)).code).toBe('NoSuchWORMConfiguration');
  });
});

describe('DeleteMultipleObjects under retention', () => {
  it('[DeleteMultipleObjects-14] [DeleteMultipleObjects-E3] deletes none where one is protected', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await locked(bucket, 1);
    await put(bucket, 'a');
    await put(bucket, 'b');
    moveOn(DAY);
    await put(bucket, 'c');
    expect(result(await deleteMany(bucket, ['a', 'c', 'b']))).toEqual(refused);
    expect(await held(bucket)).toEqual(['a', 'b', 'c']);
    expect(result(await deleteMany(bucket, ['a', 'none', 'b']))).toEqual([200]);
    expect(await held(bucket)).toEqual(['c']);
  });

  it('[DeleteMultipleObjects-14] deletes none in any of several shards', async () => {
    const moveOn = stopClock();
    const { bucket, keys } = await shardedBucket(4);
    await locked(bucket, 1);
    for (const key of keys.slice(1)) await put(bucket, key);
    moveOn(DAY);
    await put(bucket, keys[0]!);
    expect(result(await deleteMany(bucket, keys))).toEqual(refused);
    expect((await held(bucket)).length).toBe(4);
    expect(result(await deleteMany(bucket, keys.slice(1)))).toEqual([200]);
    expect(await held(bucket)).toEqual([keys[0]]);
  });

  it('[DeleteMultipleObjects-14] asks all shards first for a caller whom an ACL of an object keeps out, too', async () => {
    const { bucket, keys } = await shardedBucket(4);
    await send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': 'public-read-write' } });
    for (const key of keys) await put(bucket, key);
    await send('PUT', `/${bucket}/${keys[3]}?acl`, { headers: { 'x-oss-object-acl': 'private' } });
    expect(result(await deleteMany(bucket, keys, 'anonymous'))).toEqual([403, 'AccessDenied']);
    expect((await held(bucket)).length).toBe(4);
    expect(result(await deleteMany(bucket, keys.slice(0, 3), 'anonymous'))).toEqual([200]);
    expect(await held(bucket)).toEqual([keys[3]]);
  });
});

describe('a shard', () => {
  it.each(['Normal', 'Multipart', 'Appendable', 'Symlink'] as const)(
    '[Worm-9] [Sec-27] protects content of kind %s, and from content of that kind',
    async (kind) => {
      const moveOn = stopClock();
      const bucket = await newBucket();
      await locked(bucket, 1);
      const { id, version, epoch } = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
      const call = { bucket: id, shard: 0, epoch, config: version };
      const command = (key: string, of: ObjectKind): PutCommand => ({
        key,
        content: { ...nothing, kind: of },
        versioning: null,
        forbidOverwrite: false,
        guard: { owner: true, fallback: true },
      });
      const shard = shardStub(env.INDEX, id, 0);
      expect(await shard.put(call, command('a', kind))).toHaveProperty('ok');
      expect(await shard.put(call, command('a', 'Normal'))).toEqual({ refused: 'immutable' });
      await shard.put(call, command('b', 'Normal'));
      expect(await shard.put(call, command('b', kind))).toEqual({ refused: 'immutable' });
      moveOn(DAY);
      expect(await shard.put(call, command('b', kind))).toHaveProperty('ok');
    },
  );

  it('[Sec-27] changes nothing where it cannot tell what is protected', async () => {
    const bucket = await newBucket();
    await put(bucket, 'a');
    const { id } = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    const shard = shardStub(env.INDEX, id, 0);
    const rewrite = async (change: (rules: unknown) => unknown): Promise<void> => {
      await runInDurableObject(shard, (_, { storage }) => {
        const { rules, ...role } = storage.kv.get<{ rules: unknown }>('role')!;
        storage.kv.put('role', { ...role, rules: change(rules) });
      });
      await evictDurableObject(shard);
    };
    for (const broken of [undefined, null, { hierarchical: false, retention: { period: Number.NaN, lapses: null } }]) {
      await rewrite(() => broken);
      expect((await put(bucket, 'a', 'other')).status).toBeGreaterThanOrEqual(409);
      expect((await send('DELETE', `/${bucket}/a`)).status).toBeGreaterThanOrEqual(409);
      expect((await deleteMany(bucket, ['a'])).status).toBeGreaterThanOrEqual(409);
    }
    await rewrite(() => ({ hierarchical: false, retention: null }));
    expect((await send('GET', `/${bucket}/a`)).text).toBe('a');
  });

  it('[Sec-27] holds to a policy from the moment it is acknowledged, whatever copy a request was judged by', async () => {
    const { bucket, keys } = await shardedBucket(4);
    for (const key of keys) await put(bucket, key);
    const writes = keys.flatMap((key) => [0, 1, 2].map(() => put(bucket, key, 'again')));
    await initiate(bucket, 1);
    for (const key of keys) {
      expect(result(await put(bucket, key))).toEqual(refused);
      expect(result(await send('DELETE', `/${bucket}/${key}`))).toEqual(refused);
    }
    for (const answer of await Promise.all(writes)) expect([200, 409]).toContain(answer.status);
  });
});
