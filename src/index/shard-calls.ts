import { shardOf } from './names.ts';
import type { Answer, Call, Refusal, Rejection, SeenTags } from './records.ts';
import type { IndexShard } from './shard.ts';
import { shardStub } from './stub.ts';

/** What a call needs to know of the bucket's configuration. */
export interface BucketView {
  readonly id: string;
  readonly shards: number;
  readonly epoch: number;
  readonly version: number;
}

/** The request's copy of the configuration, and the way to a newer one. */
export interface Judge {
  view(): BucketView;
  /** The tags of objects that the request was judged by, where it was. */
  seen?(): readonly SeenTags[];
  /** Loads the configuration in force and judges the request by it. Throws where it is refused now. */
  rejudge(): Promise<void>;
}

/** What a shard answers that has run a call. */
export type Outcome<T> = Exclude<Answer<T>, Rejection>;

/** The index cannot answer at the moment: too much to do, restarting, or its bucket is just being deleted. */
export class IndexUnavailable extends Error {
  override readonly name = 'IndexUnavailable';
}

/** The bucket turned out to have another shard map than a call over all of its shards began with. */
class MapChanged extends Error {
  override readonly name = 'MapChanged';
}

type Stub = DurableObjectStub<IndexShard>;

/** A call to a shard. */
export type ShardCall<T> = (stub: Stub, call: Call) => Promise<Answer<T>>;

/**
 * A call to one shard as a step of work over a whole map.
 * @param repeatable as for {@link ShardCalls.onKey}; true unless said otherwise
 */
export type OnShard = <T>(shard: number, run: ShardCall<T>, repeatable?: boolean) => Promise<Outcome<T>>;

const ATTEMPTS_MAX = 8;
const BUSY_WAIT_MS = 25;

/** How a request calls the shards of its bucket, until they run the call. */
export class ShardCalls {
  readonly #namespace: DurableObjectNamespace<IndexShard>;
  readonly #judge: Judge;

  constructor(namespace: DurableObjectNamespace<IndexShard>, judge: Judge) {
    this.#namespace = namespace;
    this.#judge = judge;
  }

  /** @param repeatable whether the call may be made once more where nobody knows whether it was run */
  onKey<T>(key: string, repeatable: boolean, run: ShardCall<T>): Promise<Outcome<T>> {
    return this.#onShard((view) => shardOf(view.id, key, view.shards), repeatable, run);
  }

  /**
   * Runs work over all shards of the bucket, all of it again where the bucket turns out to have another shard map than
   * the request's copy of the configuration said.
   */
  async overMap<T>(work: (map: BucketView, onShard: OnShard) => Promise<T>): Promise<T> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const map = this.#judge.view();
      try {
        return await work(map, (shard, run, repeatable = true) => this.#inMap(map, shard, repeatable, run));
      } catch (error) {
        if (!(error instanceof MapChanged)) throw error;
      }
    }
    throw new IndexUnavailable('the shard map did not settle');
  }

  #inMap<T>(map: BucketView, shard: number, repeatable: boolean, run: ShardCall<T>): Promise<Outcome<T>> {
    const pick = (view: BucketView) => {
      if (view.id !== map.id || view.epoch !== map.epoch) throw new MapChanged();
      return shard;
    };
    return this.#onShard(pick, repeatable, run);
  }

  /** Calls a shard until it runs the call, judging the request anew whenever what it was judged by has moved on. */
  async #onShard<T>(pick: (view: BucketView) => number, repeatable: boolean, run: ShardCall<T>): Promise<Outcome<T>> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const view = this.#judge.view();
      const shard = pick(view);
      const stub = shardStub(this.#namespace, view.id, shard);
      const call = this.#callTo(shard, view);
      const answer = await guarded(() => run(stub, call), repeatable && attempt < ATTEMPTS_MAX);
      if (answer === undefined) continue;
      if ('ok' in answer || 'refused' in answer) return answer;
      if ('busy' in answer) await scheduler.wait(BUSY_WAIT_MS * attempt);
      else await this.#judge.rejudge();
    }
    throw new IndexUnavailable('the index did not settle');
  }

  #callTo(shard: number, { id, shards, epoch, version }: BucketView): Call {
    const call = { bucket: id, shard, epoch, config: version };
    const seen = this.#judge.seen?.().filter(({ key }) => shardOf(id, key, shards) === shard) ?? [];
    return seen.length === 0 ? call : { ...call, seen };
  }
}

/** Runs a call. Undefined where it broke off in a way that may be tried again. */
async function guarded<T>(run: () => Promise<T>, repeatable: boolean): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    const fault = error as { retryable?: boolean; overloaded?: boolean };
    if (fault.overloaded) throw new IndexUnavailable('the index has too much to do', { cause: error });
    if (!fault.retryable) throw error;
    if (repeatable) return undefined;
    throw new IndexUnavailable('the index restarted', { cause: error });
  }
}

/** The answer to a call that nothing can refuse. */
export function mustBeOk<T>(answer: Outcome<T>): T {
  if ('ok' in answer) return answer.ok;
  throw new Error(`unexpected refusal: ${(answer as { refused: Refusal }).refused}`);
}
