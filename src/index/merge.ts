import { afterPrefix, compareKeys } from '../lib/order.ts';
import type { ListEntry, ListPage, ListStart } from './records.ts';

/** An entry is ordered by its key, or is a common prefix and ordered by that. */
type Entry = { readonly key: string } | { readonly prefix: string };

/** A page of entries `E`, and the place `S` where the next one starts. */
interface Page<E, S> {
  readonly entries: readonly E[];
  readonly next: S | null;
}

/** Asks one shard for a page. */
type Source<E, S> = (shard: number, start: S, limit: number) => Promise<Page<E, S>>;
export type PageSource = Source<ListEntry, ListStart>;

interface Stream<E, S> extends Page<E, S> {
  readonly shard: number;
  entries: readonly E[];
  at: number;
  next: S | null;
}

/** Merges pages of current objects. */
export function mergedPage(shards: number, start: ListStart, limit: number, source: PageSource): Promise<ListPage> {
  return mergedPages(shards, start, limit, source, placeBehind);
}

/**
 * Merges the shards' sorted pages into one page in key order. Each shard is first asked for a little more than its
 * share; one that runs dry before the page is full is asked again, and only that one. A common prefix that several
 * shards report counts once. All entries of one key come from one shard, in the order in which they are to be listed.
 * @param behind the place where a listing goes on behind an entry, null where nothing can follow
 */
export async function mergedPages<E extends Entry, S>(
  shards: number,
  start: S,
  limit: number,
  source: Source<E, S>,
  behind: (entry: E) => S | null,
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
    const stream = smallest(streams);
    if (stream === undefined) return { entries: merged, next: null };
    const entry = stream.entries[stream.at]!;
    if (last !== undefined && 'prefix' in last && 'prefix' in entry && last.prefix === entry.prefix) {
      stream.at++;
      continue;
    }
    if (merged.length === limit) return { entries: merged, next: behind(last!) };
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
export function entryName(entry: Entry): string {
  return 'prefix' in entry ? entry.prefix : entry.key;
}

async function refill<E, S>(streams: readonly Stream<E, S>[], share: number, source: Source<E, S>): Promise<void> {
  for (const stream of streams) {
    while (stream.at === stream.entries.length && stream.next !== null) {
      const page = await source(stream.shard, stream.next, share);
      stream.entries = page.entries;
      stream.next = page.next;
      stream.at = 0;
    }
  }
}

function smallest<E extends Entry, S>(streams: readonly Stream<E, S>[]): Stream<E, S> | undefined {
  let least: Stream<E, S> | undefined;
  for (const stream of streams) {
    if (stream.at === stream.entries.length) continue;
    if (least === undefined || compareKeys(nameAt(stream), nameAt(least)) < 0) least = stream;
  }
  return least;
}

function nameAt<E extends Entry, S>(stream: Stream<E, S>): string {
  return entryName(stream.entries[stream.at]!);
}
