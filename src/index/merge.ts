import { afterPrefix, compareKeys } from '../lib/order.ts';
import type { ListEntry, ListPage, ListStart } from './listing-records.ts';

/** One shard's page of whatever is listed. `next` is null at the end. */
export interface Page<E, S> {
  readonly entries: readonly E[];
  readonly next: S | null;
}

/** Asks one shard for a page. */
export type PageSource<E = ListEntry, S = ListStart> = (shard: number, start: S, limit: number) => Promise<Page<E, S>>;

/** The order of a listing. Entries that compare as equal are one and the same, reported by several shards. */
export interface EntryOrder<E, S> {
  compare(a: E, b: E): number;
  /** Where the listing goes on behind an entry, null where nothing can follow. */
  behind(entry: E): S | null;
}

interface Stream<E, S> {
  readonly shard: number;
  entries: readonly E[];
  at: number;
  next: S | null;
}

/** Objects and common prefixes by their names. */
const objectOrder: EntryOrder<ListEntry, ListStart> = {
  compare: (a, b) => compareKeys(entryName(a), entryName(b)),
  behind: placeBehind,
};

/** One page of objects over all shards. */
export function mergedPage(shards: number, start: ListStart, limit: number, source: PageSource): Promise<ListPage> {
  return mergeShards(objectOrder, shards, start, limit, source);
}

/**
 * Merges the shards' sorted pages into one page in order. Each shard is first asked for a little more than its share;
 * one that runs dry before the page is full is asked again, and only that one. A common prefix that several shards
 * report counts once.
 */
export async function mergeShards<E, S>(
  order: EntryOrder<E, S>,
  shards: number,
  start: S,
  limit: number,
  source: PageSource<E, S>,
): Promise<Page<E, S>> {
  const share = Math.min(limit + 1, Math.ceil((2 * limit) / shards) + 8);
  const streams = await Promise.all(
    Array.from({ length: shards }, async (_, shard): Promise<Stream<E, S>> => {
      const page = await source(shard, start, share);
      return { shard, entries: page.entries, at: 0, next: page.next };
    }),
  );
  const merged: E[] = [];
  let last: E | undefined;
  for (;;) {
    await refill(streams, share, source);
    const stream = smallest(order, streams);
    if (stream === undefined) return { entries: merged, next: null };
    const entry = stream.entries[stream.at]!;
    if (last !== undefined && order.compare(last, entry) === 0) {
      stream.at++;
      continue;
    }
    if (merged.length === limit) return { entries: merged, next: order.behind(last!) };
    merged.push(entry);
    last = entry;
    stream.at++;
  }
}

/** The place where a listing goes on behind an entry: behind all of its keys if it is a common prefix. */
export function placeBehind(entry: ListEntry): ListStart | null {
  if ('key' in entry) return { after: entry.key };
  const from = afterPrefix(entry.prefix);
  return from === undefined ? null : { from };
}

/** Text by which an entry is ordered: a key, or a common prefix. */
export function entryName(entry: ListEntry): string {
  return 'prefix' in entry ? entry.prefix : entry.key;
}

async function refill<E, S>(streams: readonly Stream<E, S>[], share: number, source: PageSource<E, S>): Promise<void> {
  for (const stream of streams) {
    while (stream.at === stream.entries.length && stream.next !== null) {
      const page = await source(stream.shard, stream.next, share);
      stream.entries = page.entries;
      stream.next = page.next;
      stream.at = 0;
    }
  }
}

function smallest<E, S>(order: EntryOrder<E, S>, streams: readonly Stream<E, S>[]): Stream<E, S> | undefined {
  let least: Stream<E, S> | undefined;
  for (const stream of streams) {
    if (stream.at === stream.entries.length) continue;
    if (least === undefined || order.compare(stream.entries[stream.at]!, least.entries[least.at]!) < 0) least = stream;
  }
  return least;
}
