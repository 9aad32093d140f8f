import { afterPrefix, compareKeys } from '../lib/order.ts';
import type { ListEntry, ListPage, ListStart } from './records.ts';

/** Asks one shard for a page. */
export type PageSource = (shard: number, start: ListStart, limit: number) => Promise<ListPage>;

interface Stream {
  readonly shard: number;
  entries: readonly ListEntry[];
  at: number;
  next: ListStart | null;
}

/**
 * Merges the shards' sorted pages into one page in key order. Each shard is first asked for a little more than its
 * share; one that runs dry before the page is full is asked again, and only that one. A common prefix that several
 * shards report counts once.
 */
export async function mergedPage(
  shards: number,
  start: ListStart,
  limit: number,
  source: PageSource,
): Promise<ListPage> {
  const share = Math.min(limit + 1, Math.ceil((2 * limit) / shards) + 8);
  const streams = await Promise.all(
    Array.from({ length: shards }, async (_, shard): Promise<Stream> => {
      const page = await source(shard, start, share);
      return { shard, entries: page.entries, at: 0, next: page.next };
    }),
  );
  const merged: ListEntry[] = [];
  let last: ListEntry | undefined;
  for (;;) {
    await refill(streams, share, source);
    const stream = smallest(streams);
    if (stream === undefined) return { entries: merged, next: null };
    const entry = stream.entries[stream.at]!;
    if (last !== undefined && 'prefix' in last && 'prefix' in entry && last.prefix === entry.prefix) {
      stream.at++;
      continue;
    }
    if (merged.length === limit) return { entries: merged, next: placeBehind(last!) };
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

async function refill(streams: readonly Stream[], share: number, source: PageSource): Promise<void> {
  for (const stream of streams) {
    while (stream.at === stream.entries.length && stream.next !== null) {
      const page = await source(stream.shard, stream.next, share);
      stream.entries = page.entries;
      stream.next = page.next;
      stream.at = 0;
    }
  }
}

function smallest(streams: readonly Stream[]): Stream | undefined {
  let least: Stream | undefined;
  for (const stream of streams) {
    if (stream.at === stream.entries.length) continue;
    if (least === undefined || compareKeys(nameAt(stream), nameAt(least)) < 0) least = stream;
  }
  return least;
}

function nameAt(stream: Stream): string {
  return entryName(stream.entries[stream.at]!);
}
