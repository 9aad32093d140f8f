import { afterPrefix, compareKeys } from '../lib/order.ts';
import type { ListCommand, ListEntry, ListedObject, ListPage, ListStart } from './listing-records.ts';
import type { ObjectKind, RestoreState } from './records.ts';

/** Rows that one call may look at: a page behind a long run of delete markers ends early and says where to go on. */
const SCAN_MAX = 20_000;

export interface ListedRow extends Record<string, SqlStorageValue> {
  key: string;
  kind: string;
  size: number;
  etag: string;
  modified: number;
  class: string;
  restore: string | null;
}

/**
 * One page of this shard's current objects in key order. With a delimiter each common prefix is jumped over by a new
 * look-up, so that a directory of millions of keys costs one row.
 */
export function listPage(sql: SqlStorage, command: ListCommand): ListPage {
  const { prefix, delimiter, limit } = command;
  const end = afterPrefix(prefix);
  const entries: ListEntry[] = [];
  let start: ListStart | undefined = startWithin(prefix, command.start);
  let scanned = 0;
  while (start !== undefined) {
    const cursor: Iterable<ListedRow> = openCursor(sql, start, end);
    let jump: ListStart | undefined;
    for (const row of cursor) {
      const visible = row.kind !== 'DeleteMarker';
      // A full page ends only where another entry follows: nobody is sent on to an empty page.
      if ((visible && entries.length === limit) || scanned === SCAN_MAX) return { entries, next: start };
      scanned++;
      start = { after: row.key };
      if (!visible) continue;
      const common = commonPrefix(row.key, prefix, delimiter);
      if (common === undefined) {
        entries.push(entryOf(row));
        continue;
      }
      entries.push({ prefix: common });
      const behind = afterPrefix(common);
      if (behind === undefined) return { entries, next: null };
      jump = { from: behind };
      break;
    }
    start = jump;
  }
  return { entries, next: null };
}

/** The part of a key up to and including the first delimiter behind the prefix ([GetBucket-9]), or undefined. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** The later of where the caller wants to start and where the prefix does. */
export function startWithin(prefix: string, start: ListStart): ListStart {
  if (prefix === '') return start;
  const from = 'after' in start ? start.after : start.from;
  return from.startsWith(prefix) || compareKeys(from, prefix) > 0 ? start : { from: prefix };
}

function openCursor(sql: SqlStorage, start: ListStart, end: string | undefined): Iterable<ListedRow> {
  const [operator, bound] = 'after' in start ? ['>', start.after] : ['>=', start.from];
  const columns = 'SELECT key, kind, size, etag, modified, class, restore FROM version WHERE current = 1';
  return end === undefined
    ? sql.exec<ListedRow>(`${columns} AND key ${operator} ? ORDER BY key`, bound)
    : sql.exec<ListedRow>(`${columns} AND key ${operator} ? AND key < ? ORDER BY key`, bound, end);
}

export function entryOf(row: ListedRow): ListedObject {
  return {
    key: row.key,
    kind: row.kind as ObjectKind,
    size: row.size,
    etag: row.etag,
    modified: row.modified,
    storageClass: row.class,
    restore: row.restore === null ? null : (JSON.parse(row.restore) as RestoreState),
  };
}
