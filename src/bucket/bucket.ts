import { DurableObject } from 'cloudflare:workers';
import { shardStub } from '../index/stub.ts';
import { Mutex } from '../lib/mutex.ts';
import { randomHex } from '../lib/random.ts';
import { type CnameToken, CnameTokens } from './cname-tokens.ts';
import type { BucketConfig, BucketEntry, BucketSeed, ConfigPatch, Documents } from './config.ts';
import { configKey } from './config-cache.ts';
import { legible } from './legible.ts';
import { rulesOf } from './worm.ts';

export type CreateReply =
  | { readonly created: BucketConfig }
  | { readonly exists: BucketConfig }
  | { readonly full: true };
export type UpdateReply = { readonly config: BucketConfig } | { readonly conflict: BucketConfig | null };
export type RemoveReply = 'removed' | 'not-empty' | 'absent';

/** Work that was begun and must be finished, by the next call or by the alarm. */
type Pending =
  /** Shards may be sealed although the bucket lives. */
  | { readonly kind: 'sealing' }
  /** The bucket is gone; its shards, its directory entry and its edge copy are not yet. */
  | { readonly kind: 'removed'; readonly config: BucketConfig }
  /** The configuration is stored; shards or the edge copy may not know. */
  | { readonly kind: 'announce' };

const ALARM_DELAY_MS = 5_000;

/**
 * One bucket: whether it exists and how it is configured. Every change is stored here first, then told to the index
 * shards (which from then on refuse requests judged by an older version), then copied to KV, then acknowledged.
 */
export class BucketObject extends DurableObject<Env> {
  readonly #mutex = new Mutex();
  readonly #cnameTokens: CnameTokens;
  #config: BucketConfig | null;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#cnameTokens = new CnameTokens(state.storage.kv);
    this.#config = state.storage.kv.get<BucketConfig>('config') ?? null;
  }

  /** The configuration in force, or null where there is no such bucket. */
  load(): BucketConfig | null {
    return this.#config;
  }

  /** Creates the bucket unless it exists. The quota is taken before, the shards are opened before it is acknowledged. */
  create(seed: BucketSeed): Promise<CreateReply> {
    return this.#mutex.run(async () => {
      await this.#settle();
      if (this.#config !== null) return { exists: this.#config };
      const { shards, ...settings } = seed;
      const config: BucketConfig = {
        ...settings,
        version: 1,
        id: randomHex(10),
        created: Date.now(),
        shards,
        epoch: 1,
        objectAcls: false,
        documents: {},
      };
      const directory = this.#directory(config.owner);
      if (!(await directory.reserve(entryOf(config)))) return { full: true };
      await this.#eachShard(config, (shard, call) => shard.open(call, rulesOf(config)));
      this.#store(config);
      await directory.confirm(entryOf(config));
      await this.#publish(config);
      return { created: config };
    });
  }

  /**
   * Applies a change to the version it was made for.
   * @returns the new configuration, or a conflict with the one in force (null: no such bucket any more)
   */
  update(id: string, expected: number, patch: ConfigPatch): Promise<UpdateReply> {
    return this.#mutex.run(async () => {
      await this.#settle();
      const current = this.#config;
      if (current === null || current.id !== id || current.version !== expected) return { conflict: current };
      const config = applyPatch(current, patch);
      this.#begin({ kind: 'announce' });
      this.#store(config);
      await this.#announce(config, JSON.stringify(entryOf(config)) !== JSON.stringify(entryOf(current)));
      return { config };
    });
  }

  /** Removes the bucket if it is empty. Afterwards no shard of it accepts anything any more. */
  remove(id: string): Promise<RemoveReply> {
    return this.#mutex.run(async () => {
      await this.#settle();
      const config = this.#config;
      if (config === null || config.id !== id) return 'absent';
      this.#begin({ kind: 'sealing' });
      const sealed = await this.#eachShard(config, (shard, call) => shard.seal(call));
      if (sealed.includes(false)) {
        await this.#unseal(config);
        return 'not-empty';
      }
      this.#config = null;
      this.ctx.storage.transactionSync(() => {
        this.ctx.storage.kv.delete('config');
        this.#cnameTokens.clear();
        this.#begin({ kind: 'removed', config });
      });
      await this.#finishRemoval(config);
      return 'removed';
    });
  }

  /** The token that proves the ownership of a domain to this bucket, if there is one. */
  findCnameToken(id: string, domain: string): CnameToken | null {
    return this.#config?.id === id ? this.#cnameTokens.find(domain, Date.now()) : null;
  }

  createCnameToken(id: string, domain: string): CnameToken | 'full' | 'absent' {
    return this.#config?.id === id ? (this.#cnameTokens.create(domain, Date.now()) ?? 'full') : 'absent';
  }

  dropCnameToken(id: string, domain: string): void {
    if (this.#config?.id === id) this.#cnameTokens.drop(domain);
  }

  /** Finishes what a crash or an unreachable shard interrupted. */
  override async alarm(): Promise<void> {
    await this.#mutex.run(() => this.#settle());
  }

  async #settle(): Promise<void> {
    const pending = this.ctx.storage.kv.get<Pending>('pending');
    if (pending === undefined) return;
    if (pending.kind === 'removed') return this.#finishRemoval(pending.config);
    if (this.#config === null) return this.#end();
    if (pending.kind === 'sealing') return this.#unseal(this.#config);
    return this.#announce(this.#config);
  }

  /** @param listed whether what lists of buckets show may have changed */
  async #announce(config: BucketConfig, listed = true): Promise<void> {
    await this.#eachShard(config, (shard, call) => shard.configure(call, rulesOf(config)));
    if (listed) await this.#directory(config.owner).confirm(entryOf(config));
    await this.#publish(config);
    this.#end();
  }

  async #unseal(config: BucketConfig): Promise<void> {
    await this.#eachShard(config, (shard, call) => shard.unseal(call));
    this.#end();
  }

  async #finishRemoval(config: BucketConfig): Promise<void> {
    await this.#eachShard(config, (shard, call) => shard.retire(call));
    await this.#directory(config.owner).release(config.name);
    await this.#unpublish(config);
    this.#end();
  }

  #begin(pending: Pending): void {
    this.ctx.storage.kv.put('pending', pending);
    // The alarm only matters after a crash; when all goes well it finds nothing to do.
    void this.ctx.storage.setAlarm(Date.now() + ALARM_DELAY_MS);
  }

  #end(): void {
    this.ctx.storage.kv.delete('pending');
    void this.ctx.storage.deleteAlarm();
  }

  #store(config: BucketConfig): void {
    this.ctx.storage.kv.put('config', config);
    this.#config = config;
  }

  /** The edge copy is a cache: a failure to write it costs time later, never correctness. */
  async #publish(config: BucketConfig): Promise<void> {
    try {
      await this.env.CONFIG.put(configKey(config.name), JSON.stringify(config));
    } catch (error) {
      console.warn(JSON.stringify({ event: 'config-copy-failed', bucket: config.name, error: String(error) }));
    }
  }

  async #unpublish(config: BucketConfig): Promise<void> {
    try {
      await this.env.CONFIG.delete(configKey(config.name));
    } catch (error) {
      console.warn(JSON.stringify({ event: 'config-copy-failed', bucket: config.name, error: String(error) }));
    }
  }

  #directory(owner: string) {
    return this.env.DIRECTORY.get(this.env.DIRECTORY.idFromName(owner));
  }

  #eachShard<T>(
    config: BucketConfig,
    task: (
      shard: ReturnType<typeof shardStub>,
      call: { bucket: string; shard: number; epoch: number; config: number },
    ) => Promise<T>,
  ): Promise<T[]> {
    return Promise.all(
      Array.from({ length: config.shards }, (_, shard) =>
        task(shardStub(this.env.INDEX, config.id, shard), {
          bucket: config.id,
          shard,
          epoch: config.epoch,
          config: config.version,
        }),
      ),
    );
  }
}

/** The configuration after a change, one version on. */
export function applyPatch(config: BucketConfig, patch: ConfigPatch): BucketConfig {
  const { documents: changed, ...settings } = patch;
  const documents: Record<string, unknown> = { ...config.documents };
  for (const [name, value] of Object.entries(changed ?? {})) {
    if (value === null) delete documents[name];
    else documents[name] = value;
  }
  return { ...config, ...settings, documents: documents as Documents, version: config.version + 1 };
}

function entryOf(stored: BucketConfig): BucketEntry {
  const config = legible(stored);
  return {
    name: config.name,
    created: config.created,
    region: config.region,
    storageClass: config.storageClass,
    resourceGroup: config.resourceGroup,
    ...(config.documents.tags === undefined ? {} : { tags: config.documents.tags }),
  };
}
