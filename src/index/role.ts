import { ORPHAN_MS } from './blobs.ts';
import { shardName } from './names.ts';
import type { Call, Rejection, ShardRules } from './records.ts';

/** What a shard is, from its opening to its retirement. */
interface Role {
  readonly bucket: string;
  readonly shard: number;
  readonly epoch: number;
  /** Newest configuration version that the bucket told. */
  readonly config: number;
  /** What that version says of every change. */
  readonly rules: ShardRules;
  /** `sealed`: the bucket is being deleted. `retired`: it is; only garbage is left to collect. */
  readonly state: 'open' | 'sealed' | 'retired';
  /** When it was retired, ms. */
  readonly retired?: number;
}

/** A retired shard stays so long that its last sweep has seen every blob that was being written when it was retired. */
const RETIRED_MS = ORPHAN_MS + 24 * 3_600_000;

/** What a shard is for, and which calls it runs. A shard that was never opened runs none. */
export class ShardRole {
  readonly #storage: DurableObjectStorage;
  #role: Role | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#role = storage.kv.get<Role>('role');
  }

  get isKnown(): boolean {
    return this.#role !== undefined;
  }

  /** As blobs' names and leases have it; undefined for a shard that was never opened. */
  get name(): string | undefined {
    return this.#role && shardName(this.#role.bucket, this.#role.shard);
  }

  /** Without rules nothing is changed: a shard that cannot tell whether content is protected must not touch it ([Sec-27]). */
  get rules(): ShardRules {
    const rules = this.#role?.rules;
    if (!rules) throw new Error('the shard does not know the rules of its bucket');
    return rules;
  }

  open({ bucket, shard, epoch, config }: Call, rules: ShardRules): void {
    this.#become({ bucket, shard, epoch, config, rules, state: 'open' });
  }

  configure({ config }: Call, rules: ShardRules): void {
    const role = this.#role;
    if (role !== undefined && config > role.config) this.#become({ ...role, config, rules });
  }

  seal(): void {
    if (this.#role?.state === 'open') this.#become({ ...this.#role, state: 'sealed' });
  }

  unseal(): void {
    if (this.#role?.state === 'sealed') this.#become({ ...this.#role, state: 'open' });
  }

  retire(now: number): void {
    if (this.#role === undefined || this.#role.state === 'retired') return;
    this.#become({ ...this.#role, state: 'retired', retired: now });
  }

  /** Whether its bucket is gone for so long that nothing can come any more. */
  isOver(now: number): boolean {
    const { state, retired = 0 } = this.#role ?? {};
    return state === 'retired' && now >= retired + RETIRED_MS;
  }

  forget(): void {
    this.#role = undefined;
  }

  /** Why a call cannot be run, if it cannot. */
  reject(call: Call): Rejection | undefined {
    const role = this.#role;
    if (role === undefined || role.state === 'retired' || role.bucket !== call.bucket) return { gone: true };
    if (role.epoch !== call.epoch) return { moved: role.epoch };
    if (role.config > call.config) return { stale: role.config };
    if (role.state === 'sealed') return { busy: true };
    return undefined;
  }

  #become(role: Role): void {
    this.#storage.kv.put('role', role);
    this.#role = role;
  }
}
