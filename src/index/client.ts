import type { Piece } from '../blob/segments.ts';
import type { AppendCommand, AppendReply } from './append-records.ts';
import { borrowBlobs } from './borrow.ts';
import type { DirectoryCommand, PruneCommand, RenameCommand, TreeCommand, TreePage } from './directory-records.ts';
import type { FlightEnd, FlightReply } from './flights.ts';
import type { ListCommand, ListPage, StatReply } from './listing-records.ts';
import { mergedPage, mergeShards } from './merge.ts';
import { shardName, shardOf } from './names.ts';
import type {
  AclCommand,
  Lease,
  ObjectAddress,
  PutCommand,
  PutReply,
  ReadCommand,
  ReadReply,
  RemoveCommand,
  Removed,
  RemoveEntry,
  Segment,
  SegmentPage,
  SegmentPlace,
  Tags,
  TagsCommand,
} from './records.ts';
import type { CleanReply, RestoreCommand, RestoreReply } from './restore.ts';
import type { IndexShard } from './shard.ts';
import { type BucketView, type Judge, mustBeOk, type Outcome, ShardCalls } from './shard-calls.ts';
import { UploadsClient } from './uploads-client.ts';
import { versionOrder } from './version-listing.ts';
import type { VersionListCommand, VersionListPage } from './version-records.ts';

/** Segments asked for at a time: by a reader, who goes on when they are sent, and by a copy, which needs them all. */
const READ_PAGE = 256;
const COPY_PAGE = 5_000;

/** The object index of one bucket, whatever the number of its shards. */
export class IndexClient {
  readonly #namespace: DurableObjectNamespace<IndexShard>;
  readonly #judge: Judge;
  readonly #calls: ShardCalls;
  readonly uploads: UploadsClient;

  constructor(namespace: DurableObjectNamespace<IndexShard>, judge: Judge) {
    this.#namespace = namespace;
    this.#judge = judge;
    this.#calls = new ShardCalls(namespace, judge);
    this.uploads = new UploadsClient(this.#calls);
  }

  /** The home of new blobs of a key. */
  homeOf(key: string): string {
    const view = this.#judge.view();
    return shardName(view.id, shardOf(view.id, key, view.shards));
  }

  read(command: ReadCommand): Promise<Outcome<ReadReply>> {
    return this.#calls.onKey(command.key, true, (stub, call) => stub.read(call, command));
  }

  /** Tags of the current or the named versions, in the order asked for; null for what is not there or has none. */
  tags(addresses: readonly ObjectAddress[]): Promise<readonly (Tags | null)[]> {
    return this.#calls.overMap(async (map, onShard) => {
      const tags = new Array<Tags | null>(addresses.length).fill(null);
      await Promise.all(
        [...byShard(addresses, map)].map(async ([shard, members]) => {
          const own = members.map((i) => addresses[i]!);
          const found = mustBeOk(
            // What was seen before does not matter to whoever looks.
            await onShard(shard, (stub, { seen: _, ...call }) => stub.tags(call, own)),
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
      const answer: Outcome<SegmentPage> = await this.#calls.onKey(key, true, (stub, call) =>
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
    return this.#calls.onKey(key, false, (stub, call) => stub.put(call, command()));
  }

  /** @param command made anew for each attempt, as for `put` */
  append(key: string, command: () => AppendCommand): Promise<Outcome<AppendReply>> {
    return this.#calls.onKey(key, false, (stub, call) => stub.append(call, command()));
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
    return this.#calls.overMap(async (map, onShard) => {
      const groups = byShard(entries, map);
      const removeAll = async (dryRun: boolean): Promise<Outcome<readonly Removed[]>> => {
        const removed = new Array<Removed>(entries.length);
        const answers = await Promise.all(
          [...groups].map(async ([shard, members]) => {
            const own = members.map((i) => entries[i]!);
            // Done twice it would write two markers; everything else about it may be repeated.
            const marks = own.some(({ versionId }) => versionId === undefined) && command().versioning !== null;
            const answer = await onShard(
              shard,
              (stub, call) => stub.remove(call, { ...command(), entries: own, dryRun }),
              dryRun || !marks,
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
    return this.#calls.onKey(command.key, true, (stub, call) => stub.setAcl(call, command));
  }

  setTags(command: TagsCommand): Promise<Outcome<{ versionId: string }>> {
    return this.#calls.onKey(command.key, true, (stub, call) => stub.setTags(call, command));
  }

  restore(command: RestoreCommand): Promise<Outcome<RestoreReply>> {
    return this.#calls.onKey(command.key, false, (stub, call) => stub.restore(call, command));
  }

  cleanRestored(address: ObjectAddress): Promise<Outcome<CleanReply>> {
    return this.#calls.onKey(address.key, false, (stub, call) => stub.cleanRestored(call, address));
  }

  /** Asks for leave to fetch a missing object. @param seen the fetch of another's that is waited for */
  async joinFlight(key: string, seen: number | undefined): Promise<FlightReply> {
    return mustBeOk(await this.#calls.onKey(key, true, (stub, call) => stub.joinFlight(call, key, seen)));
  }

  async landFlight(key: string, flight: number, end: FlightEnd): Promise<void> {
    await this.#calls.onKey(key, true, (stub, call) => stub.landFlight(call, key, flight, end));
  }

  // Directories: a bucket that has them has one shard.

  createDirectory(path: string, command: () => DirectoryCommand): Promise<Outcome<{ modified: number }>> {
    return this.#calls.onKey(path, true, (stub, call) => stub.createDirectory(call, command()));
  }

  rename(target: string, command: () => RenameCommand): Promise<Outcome<true>> {
    return this.#calls.onKey(target, false, (stub, call) => stub.rename(call, command()));
  }

  tree(command: TreeCommand): Promise<Outcome<TreePage>> {
    return this.#calls.onKey(command.path, true, (stub, call) => stub.tree(call, command));
  }

  prune(path: string, command: () => PruneCommand): Promise<Outcome<number>> {
    return this.#calls.onKey(path, false, (stub, call) => stub.prune(call, command()));
  }

  /** One page over all shards. `limit` entries at most. */
  list(command: ListCommand): Promise<ListPage> {
    const { prefix, delimiter } = command;
    return this.#calls.overMap((map, onShard) =>
      mergedPage(map.shards, command.start, command.limit, async (shard, start, limit) =>
        mustBeOk(await onShard(shard, (stub, call) => stub.list(call, { prefix, delimiter, start, limit }))),
      ),
    );
  }

  /** One page of versions and delete markers over all shards. `limit` entries at most. */
  listVersions(command: VersionListCommand): Promise<VersionListPage> {
    const { prefix, delimiter } = command;
    return this.#calls.overMap((map, onShard) =>
      mergeShards(versionOrder, map.shards, command.start, command.limit, async (shard, start, limit) => {
        const page = { prefix, delimiter, start, limit };
        return mustBeOk(await onShard(shard, (stub, call) => stub.listVersions(call, page)));
      }),
    );
  }

  /** Figures of each shard. */
  async stat(): Promise<readonly StatReply[]> {
    return this.#calls.overMap((map, onShard) =>
      Promise.all(
        Array.from({ length: map.shards }, async (_, shard) =>
          mustBeOk(await onShard(shard, (stub, call) => stub.stat(call))),
        ),
      ),
    );
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
