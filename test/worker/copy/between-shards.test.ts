import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { R2BlobStore } from '../../../src/blob/store.ts';
import { BlobLedger } from '../../../src/index/blobs.ts';
import { collectGarbage } from '../../../src/index/garbage.ts';
import { shardOf } from '../../../src/index/names.ts';
import type { Lease, Segment } from '../../../src/index/records.ts';
import {
  keyPerShard,
  maintainThrough,
  query,
  type ShardOfKey,
  shardAt,
  shardOfKey,
  storedBlobs,
} from '../support/index.ts';
import { bytesOf, initiate, PART, uploadParts } from '../support/multipart.ts';
import { configOf, newBucket, send, shardedBucket } from '../support/wire.ts';

const DAY_MS = 86_400_000;
const body = bytesOf(20_000);

async function copy(to: string, from: string): Promise<void> {
  const answer = await send('PUT', to, { headers: { 'x-oss-copy-source': from } });
  expect(answer.status, answer.text).toBe(200);
}

async function put(path: string, content = body): Promise<void> {
  expect((await send('PUT', path, { body: content })).status).toBe(200);
}

async function expectContent(path: string, content = body): Promise<void> {
  const answer = await send('GET', path);
  expect(answer.status, path).toBe(200);
  expect(answer.bytes).toEqual(content);
}

async function shardsOf(bucket: string): Promise<ShardOfKey[]> {
  const { shards } = await configOf(bucket);
  return Promise.all(Array.from({ length: shards }, (_, shard) => shardAt(bucket, shard)));
}

const leases = (shard: ShardOfKey) =>
  query<{ holder: string; token: number }>(shard, 'SELECT holder, token FROM lease ORDER BY holder');
const blobs = (shard: ShardOfKey) =>
  query<{ name: string; holders: number; lease: number | null }>(shard, 'SELECT name, holders, lease FROM blob');

/** A blob of bucket `from` that bucket `to` holds by a copy: `/from/k` and `/to/k`. */
async function lent() {
  const [from, to] = await Promise.all([newBucket(), newBucket()]);
  await put(`/${from}/k`);
  await copy(`/${to}/k`, `/${from}/k`);
  const [home, holder] = await Promise.all([shardOfKey(from, 'k'), shardOfKey(to, 'k')]);
  const [held] = await blobs(holder);
  return { from, to, home, holder, blob: held!.name, token: held!.lease! };
}

/** Commits a version past the dialect, as a copy that brings these leases. */
async function commit(bucket: string, key: string, segments: readonly Segment[], brought: readonly Lease[]) {
  const { id, shards, epoch, version } = await configOf(bucket);
  const shard = shardOf(id, key, shards);
  const size = segments.reduce((sum, { length }) => sum + length, 0);
  return (await shardAt(bucket, shard)).stub.put(
    { bucket: id, shard, epoch, config: version },
    {
      key,
      content: {
        kind: 'Normal',
        size,
        etag: '0'.repeat(32),
        crc64: null,
        storageClass: 'Standard',
        acl: null,
        meta: { headers: {}, user: {} },
        tags: null,
        link: null,
        cipher: null,
        inline: null,
        segments,
      },
      versioning: null,
      forbidOverwrite: false,
      guard: { owner: true, fallback: true },
      leases: brought,
    },
  );
}

const segmentOf = (blob: string): Segment => ({ blob, offset: 0, length: body.length, crc64: '0' });

describe.each([4, 16])('copies within a bucket of %i shards', (shards) => {
  it('keep their bytes as long as any is left, and no longer', async () => {
    const bucket = await shardedBucket(shards);
    const keys = await keyPerShard(bucket);
    const all = await shardsOf(bucket);
    const home = await shardOfKey(bucket, keys[0]!);
    await put(`/${bucket}/${keys[0]}`);
    for (const key of keys.slice(1)) await copy(`/${bucket}/${key}`, `/${bucket}/${keys[0]}`);
    expect(await storedBlobs(...all)).toHaveLength(1);
    expect((await leases(home)).map(({ holder }) => holder).sort()).toEqual(
      all
        .slice(1)
        .map(({ name }) => name)
        .sort(),
    );
    expect((await blobs(home)).map(({ holders }) => holders)).toEqual([shards]);

    for (const key of keys.slice(0, -1)) expect((await send('DELETE', `/${bucket}/${key}`)).status).toBe(204);
    await maintainThrough(40, home);
    await maintainThrough(3, ...all);
    await expectContent(`/${bucket}/${keys.at(-1)}`);
    expect((await leases(home)).map(({ holder }) => holder)).toEqual([all.at(-1)!.name]);

    await send('DELETE', `/${bucket}/${keys.at(-1)}`);
    await maintainThrough(4, ...all);
    expect(await storedBlobs(...all)).toEqual([]);
    for (const shard of all) {
      expect(await blobs(shard)).toEqual([]);
      expect(await leases(shard)).toEqual([]);
    }
  }, 30_000);

  it('share what an upload in parts has brought', async () => {
    const bucket = await shardedBucket(shards);
    const [first, second] = (await keyPerShard(bucket)) as [string, string];
    const contents = [bytesOf(PART, 1), bytesOf(PART, 2), bytesOf(5, 3)];
    await uploadParts(`/${bucket}/${first}`, contents);
    await copy(`/${bucket}/${second}`, `/${bucket}/${first}`);
    await send('DELETE', `/${bucket}/${first}`);
    const all = await shardsOf(bucket);
    await maintainThrough(4, ...all);
    await expectContent(`/${bucket}/${second}`, new Uint8Array(Buffer.concat(contents)));
    expect(await storedBlobs(...all)).toHaveLength(3);
  });
});

describe('a blob that another bucket holds', () => {
  it('outlives its own bucket, and goes with the last copy, and then the shard goes', async () => {
    const { from, to, home, holder } = await lent();
    await send('DELETE', `/${from}/k`);
    expect((await send('DELETE', `/${from}`)).status).toBe(204);
    await maintainThrough(40, home, holder);
    await expectContent(`/${to}/k`);

    // A copy of the copy asks the same home, though its bucket is gone.
    const third = await newBucket();
    await copy(`/${third}/k`, `/${to}/k`);
    await send('DELETE', `/${to}/k`);
    await maintainThrough(4, holder, home);
    await expectContent(`/${third}/k`);
    expect(await blobs(holder)).toEqual([]);

    await send('DELETE', `/${third}/k`);
    const last = await shardOfKey(third, 'k');
    await maintainThrough(3, last, home);
    expect(await storedBlobs(home)).toEqual([]);
    expect(await home.stub.maintain(Date.now() + 9 * DAY_MS)).toBe(false);
    const tables = await query(
      home,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('blob', 'lease')",
    );
    expect(tables).toEqual([]);
  });

  it('may come home again', async () => {
    const { from, to, home, holder } = await lent();
    await send('DELETE', `/${from}/k`);
    await copy(`/${from}/back`, `/${to}/k`);
    await send('DELETE', `/${to}/k`);
    await maintainThrough(4, holder, home);
    await expectContent(`/${from}/back`);
    expect(await leases(home)).toEqual([]);
    expect(await blobs(home)).toMatchObject([{ holders: 1 }]);
  });

  it('is held once however many copies of it a shard has', async () => {
    const { from, to, home, holder } = await lent();
    for (const key of ['b', 'c']) await copy(`/${to}/${key}`, `/${from}/k`);
    await copy(`/${to}/d`, `/${to}/k`);
    expect(await leases(home)).toHaveLength(1);
    expect(await blobs(holder)).toMatchObject([{ holders: 4 }]);
    expect(await blobs(home)).toMatchObject([{ holders: 2 }]);
    for (const key of ['k', 'b', 'c']) await send('DELETE', `/${to}/${key}`);
    await send('DELETE', `/${from}/k`);
    await maintainThrough(4, holder, home);
    await expectContent(`/${to}/d`);
  });

  it('is given up by a compaction of what holds it', async () => {
    const [from, to] = await Promise.all([newBucket(), newBucket()]);
    const contents = Array.from({ length: 6 }, (_, i) => bytesOf(PART, i + 1));
    await uploadParts(`/${from}/k`, contents);
    await copy(`/${to}/k`, `/${from}/k`);
    const [home, holder] = await Promise.all([shardOfKey(from, 'k'), shardOfKey(to, 'k')]);
    await holder.stub.compact(Date.now() + 3_600_000);
    await maintainThrough(3, holder, home);
    expect(await leases(home)).toEqual([]);
    await send('DELETE', `/${from}/k`);
    await maintainThrough(3, holder, home);
    expect(await storedBlobs(home)).toEqual([]);
    await expectContent(`/${to}/k`, new Uint8Array(Buffer.concat(contents)));
  });

  it('may belong to a part as well, and goes with the upload', async () => {
    const [from, to] = await Promise.all([newBucket(), newBucket()]);
    await put(`/${from}/k`);
    const id = await initiate(`/${to}/up`);
    const headers = { 'x-oss-copy-source': `/${from}/k`, 'x-oss-copy-source-range': 'bytes=5-999' };
    expect((await send('PUT', `/${to}/up?partNumber=1&uploadId=${id}`, { headers })).status).toBe(200);
    const [home, holder] = await Promise.all([shardOfKey(from, 'k'), shardOfKey(to, 'up')]);
    await send('DELETE', `/${from}/k`);
    await maintainThrough(3, home, holder);
    expect(await storedBlobs(home)).toHaveLength(1);
    await send('DELETE', `/${to}/up?uploadId=${id}`);
    await maintainThrough(4, holder, home);
    expect(await storedBlobs(home)).toEqual([]);
  });
});

describe('power is lost', () => {
  it('between lease and commit: the home asks a day later, and ends the lease', async () => {
    const { from, to, home, holder, blob } = await lent();
    const other = await shardOfKey(await newBucket(), 'k');
    expect(await home.stub.lend([blob], other.name)).not.toBeNull();
    await send('DELETE', `/${from}/k`);
    await send('DELETE', `/${to}/k`);
    await holder.stub.maintain(Date.now() + 2 * DAY_MS);
    await home.stub.maintain(Date.now() + DAY_MS / 2);
    expect((await leases(home)).map(({ holder }) => holder)).toEqual([other.name]);
    await home.stub.maintain(Date.now() + 1.1 * DAY_MS);
    expect(await leases(home)).toEqual([]);
    expect(await storedBlobs(home)).toHaveLength(1);
    await home.stub.maintain(Date.now() + 3 * DAY_MS);
    expect(await storedBlobs(home)).toEqual([]);
  });

  it('between the home’s question and its own note of the answer: a newer lease is not ended by it', async () => {
    const { home, holder, blob, token } = await lent();
    const other = await shardOfKey(await newBucket(), 'k');
    const asked = (await home.stub.lend([blob], other.name))!;
    expect(await other.stub.held([{ blob, token: asked.token }])).toEqual([]);
    const again = (await home.stub.lend([blob], other.name))!;
    expect(again.token).toBeGreaterThan(asked.token);
    // What the home would do with the answer to its question.
    await home.stub.giveBack(other.name, [{ blob, token: asked.token }]);
    expect(await leases(home)).toEqual(
      [
        { holder: holder.name, token },
        { holder: other.name, token: again.token },
      ].sort((a, b) => (a.holder < b.holder ? -1 : 1)),
    );
  });

  it('between the home’s taking back and the holder’s forgetting: the return is repeated, and counts once', async () => {
    const { from, to, home, holder, blob, token } = await lent();
    await send('DELETE', `/${to}/k`);
    await home.stub.giveBack(holder.name, [{ blob, token }]);
    await home.stub.giveBack(holder.name, [{ blob, token }]);
    await holder.stub.maintain(Date.now() + 2 * DAY_MS);
    expect(await blobs(holder)).toEqual([]);
    expect(await blobs(home)).toMatchObject([{ holders: 1 }]);
    await expectContent(`/${from}/k`);
  });
});

describe('a return and a new copy at the same time', () => {
  it('leaves the new copy its bytes where the return comes last', async () => {
    const { from, to, home, holder, blob, token } = await lent();
    await send('DELETE', `/${to}/k`);
    await copy(`/${to}/new`, `/${from}/k`);
    await home.stub.giveBack(holder.name, [{ blob, token }]);
    await forget(holder, blob, token);
    await send('DELETE', `/${from}/k`);
    await maintainThrough(40, home, holder);
    await expectContent(`/${to}/new`);
  });

  it('leaves the new copy its bytes where the return comes first', async () => {
    const { from, to, home, holder, blob, token } = await lent();
    await send('DELETE', `/${to}/k`);
    await home.stub.giveBack(holder.name, [{ blob, token }]);
    await copy(`/${to}/new`, `/${from}/k`);
    await forget(holder, blob, token);
    await send('DELETE', `/${from}/k`);
    await maintainThrough(40, home, holder);
    await expectContent(`/${to}/new`);
  });

  it('ends the lease of the last of several copies under leases of different age', async () => {
    const { from, to, home, holder, blob } = await lent();
    // A lease that is newer than the one that the copy was committed with, and was never made use of.
    const unused = (await home.stub.lend([blob], holder.name))!;
    await maintainThrough(2, home);
    expect(await blobs(holder)).toMatchObject([{ lease: unused.token }]);
    await send('DELETE', `/${to}/k`);
    await send('DELETE', `/${from}/k`);
    await maintainThrough(5, holder, home);
    expect(await storedBlobs(home)).toEqual([]);
  });

  async function forget(shard: ShardOfKey, name: string, lease: number): Promise<void> {
    await runInDurableObject(shard.stub, (_, { storage }) => new BlobLedger(storage.sql).forget([{ name, lease }]));
  }
});

describe('a commit', () => {
  it('needs a lease that is no older than an hour', async () => {
    const { home, blob } = await lent();
    const target = await newBucket();
    const { name } = await shardOfKey(target, 'k');
    const lease = (await home.stub.lend([blob], name))!;
    const old = { ...lease, granted: lease.granted - 3_601_000 };
    expect(await commit(target, 'k', [segmentOf(blob)], [old])).toEqual({ refused: 'expired-blob' });
    expect((await send('HEAD', `/${target}/k`)).status).toBe(404);
    expect(await commit(target, 'k', [segmentOf(blob)], [lease])).toHaveProperty('ok');
    await expectContent(`/${target}/k`);
  });

  it('needs a lease of its own', async () => {
    const { home, blob } = await lent();
    const target = await newBucket();
    const others = (await home.stub.lend([blob], (await shardOfKey(await newBucket(), 'k')).name))!;
    expect(await commit(target, 'k', [segmentOf(blob)], [others])).toEqual({ refused: 'expired-blob' });
    expect(await commit(target, 'k', [segmentOf(blob)], [])).toEqual({ refused: 'expired-blob' });
    expect(await blobs(await shardOfKey(target, 'k'))).toEqual([]);
  });

  it('leaves no trace where only one of its blobs is missing', async () => {
    const { from, home, blob } = await lent();
    const missing = `${blob.slice(0, -4)}aaaa`;
    expect(await commit(from, 'l', [segmentOf(blob), segmentOf(missing)], [])).toEqual({ refused: 'expired-blob' });
    expect(await blobs(home)).toMatchObject([{ holders: 2 }]);
  });

  it('takes up a blob again that was just given up, but not one that is about to be deleted', async () => {
    const bucket = await newBucket();
    await put(`/${bucket}/k`);
    const shard = await shardOfKey(bucket, 'k');
    const [first] = await blobs(shard);
    const { name } = first!;
    await send('DELETE', `/${bucket}/k`);
    expect(await commit(bucket, 'again', [segmentOf(name)], [])).toHaveProperty('ok');
    expect(await query(shard, 'SELECT holders, due FROM blob')).toEqual([{ holders: 1, due: null }]);
    await send('DELETE', `/${bucket}/again`);
    await query(shard, 'UPDATE blob SET due = ? RETURNING 1', Date.now() + 3_500_000);
    expect(await commit(bucket, 'again', [segmentOf(name)], [])).toEqual({ refused: 'expired-blob' });
    expect(await shard.stub.lend([name], 'somebody-0')).toBeNull();
  });

  it('takes no new blob that was written for another shard', async () => {
    const [from, to] = await Promise.all([newBucket(), newBucket()]);
    await put(`/${from}/k`);
    const [first] = await blobs(await shardOfKey(from, 'k'));
    const { id, epoch, version } = await configOf(to);
    const { stub } = await shardOfKey(to, 'k');
    const call = { bucket: id, shard: 0, epoch, config: version };
    const uploadId = await initiate(`/${to}/k`);
    const part = { size: body.length, etag: '0', crc64: '0', segments: [segmentOf(first!.name)] };
    const guard = { owner: true, fallback: true };
    expect(await stub.putPart(call, { key: 'k', uploadId, number: 1, part, guard })).toEqual({
      refused: 'expired-blob',
    });
  });
});

describe('a home', () => {
  it('lends only what it has, to whoever asks, and all or nothing', async () => {
    const { home, holder, blob } = await lent();
    const missing = `${blob.slice(0, -4)}aaaa`;
    const before = await blobs(home);
    expect(await home.stub.lend([blob, missing], 'somebody-0')).toBeNull();
    expect(await home.stub.lend([blob], home.name)).toBeNull();
    expect(await holder.stub.lend([blob], 'somebody-0')).toBeNull();
    expect(await blobs(home)).toEqual(before);
    const nobody = env.INDEX.get(env.INDEX.idFromName('nobody-0'));
    expect(await nobody.lend([blob], 'somebody-0')).toBeNull();
    expect(await nobody.held([{ blob, token: 1 }])).toEqual([]);
  });

  it('that cannot be reached holds up nobody else’s garbage, and is asked again', async () => {
    const { to, home, holder, blob } = await lent();
    await put(`/${to}/own`);
    await send('DELETE', `/${to}/own`);
    await send('DELETE', `/${to}/k`);
    await runInDurableObject(holder.stub, async (_, { storage }) => {
      const unreachable = {
        giveBack: () => Promise.reject(new Error('no route')),
        held: () => Promise.reject(new Error('no route')),
      };
      const ledger = new BlobLedger(storage.sql);
      const store = new R2BlobStore(env.BLOBS);
      await collectGarbage(store, ledger, () => unreachable, holder.name, Date.now() + 2 * DAY_MS);
    });
    expect((await blobs(holder)).map(({ name }) => name)).toEqual([blob]);
    expect(await storedBlobs(holder)).toEqual([]);
    await holder.stub.maintain(Date.now() + 3 * DAY_MS);
    expect(await blobs(holder)).toEqual([]);
    expect(await leases(home)).toEqual([]);
  });
});
