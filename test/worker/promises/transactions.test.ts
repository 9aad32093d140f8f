import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { IndexShard } from '../../../src/index/shard.ts';
import { type StorageCall, WatchedGateway } from '../support/faults.ts';
import { accounts, send, shardedBucket } from '../support/wire.ts';
import { scenarios } from './scenarios.ts';

/** The life of a shard is told to the object in memory as well: not a matter of these tests. */
const lifecycle: ReadonlySet<string> = new Set(['open', 'configure', 'seal', 'unseal', 'retire']);

class InjectedFault extends Error {}

/** A second object of a shard, which fails at the nth statement that its transactions make from now on. */
function faultyShard(state: DurableObjectState, nth: number): Record<string, (...args: unknown[]) => unknown> {
  const { storage } = state;
  let left = Number.POSITIVE_INFINITY;
  let inside = false;
  const strike = (): void => {
    if (inside && --left === 0) throw new InjectedFault(`statement ${nth}`);
  };
  const transactionSync = <T>(work: () => T): T => {
    inside = true;
    try {
      return storage.transactionSync(work);
    } finally {
      inside = false;
    }
  };
  const sql = over(storage.sql, {
    exec: (...args: Parameters<SqlStorage['exec']>) => {
      strike();
      return storage.sql.exec(...args);
    },
  });
  const kv = over(storage.kv, {
    put: (...args: Parameters<SyncKvStorage['put']>) => {
      strike();
      return storage.kv.put(...args);
    },
  });
  // The base class takes nothing but the platform's own state, so that is lent another storage.
  Object.defineProperty(state, 'storage', { value: over(storage, { sql, kv, transactionSync }), configurable: true });
  try {
    const shard = new IndexShard(state, env);
    left = nth;
    return shard as unknown as ReturnType<typeof faultyShard>;
  } finally {
    Object.defineProperty(state, 'storage', { value: storage, configurable: true });
  }
}

function over<T extends object>(inner: T, replaced: Record<string, unknown>): T {
  return new Proxy(inner, {
    get: (target, name) => {
      if (typeof name === 'string' && name in replaced) return replaced[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** All rows of all tables. */
function dump({ sql }: DurableObjectStorage): string {
  const tables = sql.exec<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
  );
  return JSON.stringify(
    [...tables].map(({ name }) => [name, sql.exec(`SELECT * FROM "${name}"`).toArray().map(plain)]),
  );
}

function plain(row: Record<string, SqlStorageValue>): unknown[] {
  return Object.values(row).map((value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)].join() : value));
}

/** Runs a call to a shard with each of its statements failing in turn, and at last with none. */
async function failEachStatement({ method, target, args }: StorageCall): Promise<{ reply: unknown; faults: number }> {
  return runInDurableObject(target as DurableObjectStub<IndexShard>, async (_instance, state) => {
    const before = dump(state.storage);
    for (let nth = 1; ; nth++) {
      const shard = faultyShard(state, nth);
      try {
        return { reply: await shard[method]!(...args), faults: nth - 1 };
      } catch (error) {
        if (!(error instanceof InjectedFault)) throw error;
        expect(dump(state.storage), `${method}: ${error.message}`).toBe(before);
      }
    }
  });
}

/** A bucket's configuration is its own object's matter, where a change is one statement. */
const onShards = scenarios.filter(({ operation }) => !operation.includes('Bucket'));
const named = onShards.map((scenario) => ({ ...scenario, title: `${scenario.operation} ${scenario.way}`.trim() }));

describe.each(named)('Promise 1: $title', ({ arrange, act, bucket: kind }) => {
  it('changes all rows of a shard or none, whichever statement fails', async () => {
    const bucket = kind === 'tree' ? await shardedBucket(1, { hierarchical: true }) : await shardedBucket(2);
    const known = (await arrange?.(bucket)) ?? '';
    const faults: Record<string, number> = {};
    const gateway = new WatchedGateway(async (call) => {
      if (call.binding !== 'INDEX' || lifecycle.has(call.method)) return call.run();
      const result = await failEachStatement(call);
      faults[call.method] = result.faults;
      return result.reply;
    });
    const answer = await act(
      (method, target, wish = {}) => send(method, `/${bucket}${target}`, { ...wish, via: gateway.via }),
      known,
      bucket,
    );
    expect(answer.status, answer.text).toBeLessThan(300);
    // Reads are no transactions.
    const changes = Object.values(faults).filter((count) => count > 0);
    expect(changes.length, Object.keys(faults).join()).toBeGreaterThan(0);
    await env.DIRECTORY.get(env.DIRECTORY.idFromName(accounts.owner)).release(bucket);
  });
});
