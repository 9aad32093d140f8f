import type { Piece } from '../blob/segments.ts';
import type { AppendCommand, AppendReply } from './append-records.ts';
import { borrowBlobs } from './borrow.ts';
import type { DirectoryCommand, PruneCommand, RenameCommand, TreeCommand, TreePage } from './directory-records.ts';
import type { FlightEnd, FlightReply } from './flights.ts';
import { mergedPage, mergeShards } from './merge.ts';
import { shardName, shardOf } from './names.ts';
import type {
  AclCommand,
  Answer,
  Call,
  Lease,
  ListCommand,
  ListPage,
  ObjectAddress,
  PutCommand,
  PutReply,
  ReadCommand,
  ReadReply,
  Refusal,
  Rejection,
  RemoveCommand,
  Removed,
  RemoveEntry,
  SeenTags,
  Segment,
  SegmentPage,
  SegmentPlace,
  StatReply,
  Tags,
  TagsCommand,
} from './records.ts';
import type { CleanReply, RestoreCommand, RestoreReply } from './restore.ts';
import type { IndexShard } from './shard.ts';
import { shardStub } from './stub.ts';
import { UploadsClient } from './uploads-client.ts';
import { versionOrder } from './version-listing.ts';
import type { VersionListCommand, VersionListPage } from './version-records.ts';

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

export type OnShard = <T>(shard: number, run: ShardCall<T>) => Promise<Outcome<T>>;

/** How a part of the client calls shards, until they run the call. */
export interface ShardCalls {
  /** @param repeatable whether the call may be made once more where nobody knows whether it was run */
  onKey<T>(key: string, repeatable: boolean, run: ShardCall<T>): Promise<Outcome<T>>;
  /** Work over all shards, with calls that may be repeated; anew where the shard map turns out to be another one. */
  overMap<R>(work: (shards: number, onShard: OnShard) => Promise<R>): Promise<R>;
}

/** Segments asked for at a time: by a reader, who goes on when they are sent, and by a copy, which needs them all. */
const READ_PAGE = 256;
const COPY_PAGE = 5_000;

const ATTEMPTS_MAX = 8;
const BUSY_WAIT_MS = 25;

/** The object index of one bucket, whatever the number of its shards. */
export class IndexClient {
  readonly #namespace: DurableObjectNamespace<IndexShard>;
  readonly #judge: Judge;
  readonly uploads: UploadsClient;

  constructor(namespace: DurableObjectNamespace<IndexShard>, judge: Judge) {
    this.#namespace = namespace;
    this.#judge = judge;
    this.uploads = new UploadsClient({
      onKey: (key, repeatable, run) => this.#onKey(key, repeatable, run),
      overMap: (work) => this.#overMap((map) => work(map.shards, (shard, run) => this.#inMap(map, shard, true, run))),
    });
  }

  /** The home of new blobs of a key. */
  homeOf(key: string): string {
    const view = this.#judge.view();
    return shardName(view.id, shardOf(view.id, key, view.shards));
  }

  read(command: ReadCommand): Promise<Outcome<ReadReply>> {
    return this.#onKey(command.key, true, (stub, call) => stub.read(call, command));
  }

  /** Tags of the current or the named versions, in the order asked for; null for what is not there or has none. */
  tags(addresses: readonly ObjectAddress[]): Promise<readonly (Tags | null)[]> {
    return this.#overMap(async (map) => {
      const tags = new Array<Tags | null>(addresses.length).fill(null);
      await Promise.all(
        [...byShard(addresses, map)].map(async ([shard, members]) => {
          const own = members.map((i) => addresses[i]!);
          const found = mustBeOk(
            // What was seen before does not matter to whoever looks.
            await this.#inMap(map, shard, true, (stub, { seen: _, ...call }) => stub.tags(call, own)),
          );
          found.forEach((one, n) => {
            tags[members[n]!] = one;
          });
        }),
      );
      return tags;
    });
  }

  /** What a version consists of from one place on, page by page: the first piece is cut to begin exactly there. */
  async *pieces(key: string, place: SegmentPlace): AsyncGenerator<readonly Piece[]> {
    let skip: number | undefined;
    for await (const { start = 0, segments } of this.#pages(key, place, READ_PAGE)) {
      skip ??= place.start - start;
      const [first, ...rest] = segments;
      if (first !== undefined) yield [{ ...first, offset: first.offset + skip, length: first.length - skip }, ...rest];
      skip = 0;
    }
  }

  /** All segments of a version that was read just now which have bytes between `from` and `to`, and where they start. */
  async segments(
    { record, segments, more }: ReadReply,
    from = 0,
    to = Number.POSITIVE_INFINITY,
  ): Promise<{ start: number; segments: readonly Segment[] }> {
    if (more === null || to <= more.start) return { start: 0, segments };
    const inFirst = from < more.start;
    const all = inFirst ? [...segments] : [];
    let first = inFirst ? 0 : undefined;
    for await (const page of this.#pages(record.key, inFirst ? more : { ...more, start: from }, COPY_PAGE)) {
      first ??= page.start ?? 0;
      all.push(...page.segments);
      if (page.more !== null && page.more.start >= to) break;
    }
    return { start: first ?? 0, segments: all };
  }

  async *#pages(key: string, place: SegmentPlace, limit: number): AsyncGenerator<SegmentPage> {
    for (let at: SegmentPlace | null = place; at !== null; ) {
      const from: SegmentPlace = at;
      const answer: Outcome<SegmentPage> = await this.#onKey(key, true, (stub, call) =>
        stub.segments(call, from, limit),
      );
      if (!('ok' in answer)) throw new Error(`the segments of a version are gone: ${answer.refused}`);
      yield answer.ok;
      at = answer.ok.more;
    }
  }

  /**
   * Leave for a key's shard to hold these blobs: from each other shard that is the home of one.
   * @returns null where one of them is gone
   */
  borrow(key: string, segments: readonly Segment[]): Promise<readonly Lease[] | null> {
    return borrowBlobs(this.#namespace, this.homeOf(key), segments);
  }

  /** @param command made anew for each attempt: what it says of the bucket must be what the request was judged by */
  put(key: string, command: () => PutCommand): Promise<Outcome<PutReply>> {
    return this.#onKey(key, false, (stub, call) => stub.put(call, command()));
  }

  /** @param command made anew for each attempt, as for `put` */
  append(key: string, command: () => AppendCommand): Promise<Outcome<AppendReply>> {
    return this.#onKey(key, false, (stub, call) => stub.append(call, command()));
  }

  /**
   * Removes in the order given, each shard's entries with one call. All or nothing: where entries live in several
   * shards and any of them could refuse, all are asked first ([DeleteMultipleObjects-14]).
   * @param mayRefuse whether a shard could
   */
  remove(
    entries: readonly RemoveEntry[],
    command: () => Omit<RemoveCommand, 'entries' | 'dryRun'>,
    mayRefuse: () => boolean = () => !command().guard.owner,
  ): Promise<Outcome<readonly Removed[]>> {
    return this.#overMap(async (map) => {
      const groups = byShard(entries, map);
      const removeAll = async (dryRun: boolean): Promise<Outcome<readonly Removed[]>> => {
        const removed = new Array<Removed>(entries.length);
        const answers = await Promise.all(
          [...groups].map(async ([shard, members]) => {
            const own = members.map((i) => entries[i]!);
            // Done twice it would write two markers; everything else about it may be repeated.
            const marks = own.some(({ versionId }) => versionId === undefined) && command().versioning !== null;
            const answer = await this.#inMap(map, shard, dryRun || !marks, (stub, call) =>
              stub.remove(call, { ...command(), entries: own, dryRun }),
            );
            if ('ok' in answer) {
              answer.ok.forEach((one, n) => {
                removed[members[n]!] = one;
              });
            }
            return answer;
          }),
        );
        return answers.find((answer) => 'refused' in answer) ?? { ok: removed };
      };
      if (groups.size > 1 && (mayRefuse() || (this.#judge.seen?.().length ?? 0) > 0)) {
        const answer = await removeAll(true);
        if ('refused' in answer) return answer;
      }
      return removeAll(false);
    });
  }

  setAcl(command: AclCommand): Promise<Outcome<{ versionId: string }>> {
    return this.#onKey(command.key, true, (stub, call) => stub.setAcl(call, command));
  }

  setTags(command: TagsCommand): Promise<Outcome<{ versionId: string }>> {
    return this.#onKey(command.key, true, (stub, call) => stub.setTags(call, command));
  }

  restore(command: RestoreCommand): Promise<Outcome<RestoreReply>> {
    return this.#onKey(command.key, false, (stub, call) => stub.restore(call, command));
  }

  cleanRestored(address: ObjectAddress): Promise<Outcome<CleanReply>> {
    return this.#onKey(address.key, false, (stub, call) => stub.cleanRestored(call, address));
  }

  /** Asks for leave to fetch a missing object. @param seen the fetch of another's that is waited for */
  async joinFlight(key: string, seen: number | undefined): Promise<FlightReply> {
    return mustBeOk(await this.#onKey(key, true, (stub, call) => stub.joinFlight(call, key, seen)));
  }

  async landFlight(key: string, flight: number, end: FlightEnd): Promise<void> {
    await this.#onKey(key, true, (stub, call) => stub.landFlight(call, key, flight, end));
  }

  // Directories: a bucket that has them has one shard.

  createDirectory(path: string, command: () => DirectoryCommand): Promise<Outcome<{ modified: number }>> {
    return this.#onKey(path, true, (stub, call) => stub.createDirectory(call, command()));
  }

  rename(target: string, command: () => RenameCommand): Promise<Outcome<true>> {
    return this.#onKey(target, false, (stub, call) => stub.rename(call, command()));
  }

  tree(command: TreeCommand): Promise<Outcome<TreePage>> {
    return this.#onKey(command.path, true, (stub, call) => stub.tree(call, command));
  }

  prune(path: string, command: () => PruneCommand): Promise<Outcome<number>> {
    return this.#onKey(path, false, (stub, call) => stub.prune(call, command()));
  }

  /** One page over all shards. `limit` entries at most. */
  list(command: ListCommand): Promise<ListPage> {
    const { prefix, delimiter } = command;
    return this.#overMap((map) =>
      mergedPage(map.shards, command.start, command.limit, async (shard, start, limit) =>
        mustBeOk(
          await this.#inMap(map, shard, true, (stub, call) => stub.list(call, { prefix, delimiter, start, limit })),
        ),
      ),
    );
  }

  /** One page of versions and delete markers over all shards. `limit` entries at most. */
  listVersions(command: VersionListCommand): Promise<VersionListPage> {
    const { prefix, delimiter } = command;
    return this.#overMap((map) =>
      mergeShards(versionOrder, map.shards, command.start, command.limit, async (shard, start, limit) => {
        const page = { prefix, delimiter, start, limit };
        return mustBeOk(await this.#inMap(map, shard, true, (stub, call) => stub.listVersions(call, page)));
      }),
    );
  }

  /** Figures of each shard. */
  async stat(): Promise<readonly StatReply[]> {
    return this.#overMap((map) =>
      Promise.all(
        Array.from({ length: map.shards }, async (_, shard) =>
          mustBeOk(await this.#inMap(map, shard, true, (stub, call) => stub.stat(call))),
        ),
      ),
    );
  }

  /**
   * Runs work over all shards of the bucket, all of it again where the bucket turns out to have another shard map than
   * the request's copy of the configuration said.
   */
  async #overMap<T>(work: (map: BucketView) => Promise<T>): Promise<T> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      try {
        return await work(this.#judge.view());
      } catch (error) {
        if (!(error instanceof MapChanged)) throw error;
      }
    }
    throw new IndexUnavailable('the shard map did not settle');
  }

  /** A call to one shard as a step of work over a whole map. */
  #inMap<T>(map: BucketView, shard: number, repeatable: boolean, run: ShardCall<T>): Promise<Outcome<T>> {
    const pick = (view: BucketView) => {
      if (view.id !== map.id || view.epoch !== map.epoch) throw new MapChanged();
      return shard;
    };
    return this.#onShard(pick, repeatable, run);
  }

  #onKey<T>(key: string, repeatable: boolean, run: ShardCall<T>): Promise<Outcome<T>> {
    return this.#onShard((view) => shardOf(view.id, key, view.shards), repeatable, run);
  }

  /** Calls a shard until it runs the call, judging the request anew whenever its configuration has moved on. */
  async #onShard<T>(pick: (view: BucketView) => number, repeatable: boolean, run: ShardCall<T>): Promise<Outcome<T>> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const view = this.#judge.view();
      const shard = pick(view);
      const stub = shardStub(this.#namespace, view.id, shard);
      const seen = this.#judge.seen?.().filter(({ key }) => shardOf(view.id, key, view.shards) === shard) ?? [];
      const call = {
        bucket: view.id,
        shard,
        epoch: view.epoch,
        config: view.version,
        ...(seen.length === 0 ? {} : { seen }),
      };
      const answer = await guarded(() => run(stub, call), repeatable && attempt < ATTEMPTS_MAX);
      if (answer === undefined) continue;
      if ('ok' in answer || 'refused' in answer) return answer;
      if ('busy' in answer) await scheduler.wait(BUSY_WAIT_MS * attempt);
      else await this.#judge.rejudge();
    }
    throw new IndexUnavailable('the index did not settle');
  }
}

/** Positions of the entries by the shard that has their keys. */
function byShard(entries: readonly RemoveEntry[], { id, shards }: BucketView): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  entries.forEach(({ key }, i) => {
    const shard = shardOf(id, key, shards);
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [i]);
    else group.push(i);
  });
  return groups;
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

function mustBeOk<T>(answer: Outcome<T>): T {
  if ('ok' in answer) return answer.ok;
  throw new Error(`unexpected refusal: ${(answer as { refused: Refusal }).refused}`);
}
