import { describe, expect, it } from 'vitest';
import { maintainThrough, query, type ShardOfKey, shardAt, storedBlobs } from '../support/index.ts';
import { bytesOf, complete, initiate, joined, md5, PART, putPart } from '../support/multipart.ts';
import { configOf, send, shardedBucket } from '../support/wire.ts';

const DAY_MS = 86_400_000;
const STEPS = 90;

/** Numbers that look random and are the same each time: so is a failure. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * Puts, copies, part copies, overwrites, deletions, aborted uploads, leases that are never made use of, compaction and
 * days that pass in single shards, in any order, over buckets of several shards. Whatever a client has been told of is
 * there after each of them; in the end nothing else is.
 */
class World {
  readonly #pick: (below: number) => number;
  readonly #buckets: readonly string[];
  readonly #shards: readonly ShardOfKey[];
  /** Contents by path. */
  readonly objects = new Map<string, Uint8Array>();
  #serial = 0;

  private constructor(seed: number, buckets: readonly string[], shards: readonly ShardOfKey[]) {
    this.#pick = chance(seed);
    this.#buckets = buckets;
    this.#shards = shards;
  }

  static async make(seed: number): Promise<World> {
    const buckets = [await shardedBucket(4), await shardedBucket(2), await shardedBucket(1)];
    const shards: ShardOfKey[] = [];
    for (const bucket of buckets) {
      const { shards: count } = await configOf(bucket);
      for (let shard = 0; shard < count; shard++) shards.push(await shardAt(bucket, shard));
    }
    return new World(seed, buckets, shards);
  }

  async step(): Promise<void> {
    const steps = [
      () => this.#put(),
      () => this.#put(),
      () => this.#copy(),
      () => this.#copy(),
      () => this.#copy(),
      () => this.#copy(),
      () => this.#delete(),
      () => this.#delete(),
      () => this.#upload(),
      () => this.#abort(),
      () => this.#lendInVain(),
      () => this.#passDays(),
      () => this.#passDays(),
      () => this.#compact(),
    ];
    await steps[this.#pick(steps.length)]!();
  }

  async check(): Promise<void> {
    for (const [path, content] of this.objects) {
      const answer = await send('GET', path);
      expect(answer.status, path).toBe(200);
      expect(md5(answer.bytes), path).toBe(md5(content));
    }
  }

  /** Deletes everything; after some days nothing is left. */
  async end(): Promise<void> {
    for (const path of this.objects.keys()) expect((await send('DELETE', path)).status).toBe(204);
    this.objects.clear();
    await maintainThrough(6, ...this.#shards);
    expect(await storedBlobs(...this.#shards)).toEqual([]);
    for (const shard of this.#shards) {
      for (const table of ['version', 'blob', 'lease', 'segment', 'manifest', 'part', 'upload']) {
        expect(await query(shard, `SELECT count(*) AS n FROM ${table}`), table).toEqual([{ n: 0 }]);
      }
    }
  }

  async #put(): Promise<void> {
    const path = this.#path();
    const content = bytesOf([3, 5_000, 9_000][this.#pick(3)]!, ++this.#serial);
    expect((await send('PUT', path, { body: content })).status).toBe(200);
    this.objects.set(path, content);
  }

  async #copy(): Promise<void> {
    const from = this.#known();
    if (from === undefined) return;
    const path = this.#path();
    const answer = await send('PUT', path, { headers: { 'x-oss-copy-source': from } });
    expect(answer.status, answer.text).toBe(200);
    this.objects.set(path, this.objects.get(from)!);
  }

  async #delete(): Promise<void> {
    const path = this.#known();
    if (path === undefined) return;
    expect((await send('DELETE', path)).status).toBe(204);
    this.objects.delete(path);
  }

  /** An upload of a part of bytes, one of a copied range, and one that is not used. */
  async #upload(): Promise<void> {
    const from = this.#known();
    if (from === undefined) return;
    const path = this.#path();
    const id = await initiate(path);
    const own = bytesOf(PART, ++this.#serial);
    const first = await putPart(path, id, 1, own);
    const copied = await this.#copyPart(path, id, from);
    await putPart(path, id, 3, bytesOf(10));
    const parts = [
      { number: 1, etag: first },
      { number: 2, etag: copied.etag },
    ];
    expect((await complete(path, id, parts)).status).toBe(200);
    this.objects.set(path, joined(own, copied.bytes));
  }

  async #abort(): Promise<void> {
    const from = this.#known();
    if (from === undefined) return;
    const path = this.#path();
    const id = await initiate(path);
    await this.#copyPart(path, id, from);
    expect((await send('DELETE', `${path}?uploadId=${id}`)).status).toBe(204);
  }

  async #copyPart(path: string, id: string, from: string): Promise<{ etag: string; bytes: Uint8Array }> {
    const bytes = this.objects.get(from)!.subarray(1);
    const headers = { 'x-oss-copy-source': from, 'x-oss-copy-source-range': 'bytes=1-' };
    const answer = await send('PUT', `${path}?partNumber=2&uploadId=${id}`, { headers });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.header('etag')).toBe(`"${md5(bytes)}"`);
    return { etag: md5(bytes), bytes };
  }

  /** What a gateway does that then loses power. */
  async #lendInVain(): Promise<void> {
    const home = this.#shard();
    const rows = await query<{ name: string }>(home, 'SELECT name FROM blob WHERE holders > 0 AND lease IS NULL');
    if (rows.length > 0) await home.stub.lend([rows[this.#pick(rows.length)]!.name], this.#shard().name);
  }

  async #passDays(): Promise<void> {
    await this.#shard().stub.maintain(Date.now() + (1 + this.#pick(4)) * DAY_MS + 1_000);
  }

  async #compact(): Promise<void> {
    await this.#shard().stub.compact(Date.now() + DAY_MS);
  }

  #path(): string {
    return `/${this.#buckets[this.#pick(this.#buckets.length)]}/key-${this.#pick(12)}`;
  }

  #known(): string | undefined {
    return [...this.objects.keys()][this.#pick(this.objects.size)];
  }

  #shard(): ShardOfKey {
    return this.#shards[this.#pick(this.#shards.length)]!;
  }
}

describe('copies, whatever happens', () => {
  it.each([1, 2])(
    'keep every byte that is referenced and none that is not (%i)',
    async (seed) => {
      const world = await World.make(seed);
      for (let step = 1; step <= STEPS; step++) {
        await world.step();
        if (step % 10 === 0) await world.check();
      }
      await world.check();
      await world.end();
    },
    60_000,
  );
});
