import { afterPrefix, compareKeys } from '../lib/order.ts';
import { commonPrefix } from './listing.ts';
import type { EntryOrder } from './merge.ts';
import type { ListUploadsCommand, UploadEntry, UploadStart, UploadsPage } from './upload-records.ts';

interface Row extends Record<string, SqlStorageValue> {
  key: string;
  upload: string;
  initiated: number;
  class: string;
}

/**
 * One page of this shard's unfinished uploads, by key and then by id ([ListMultipartUploads-1]). With a delimiter each
 * common prefix is jumped over by a new look-up.
 */
export function uploadsPage(sql: SqlStorage, command: ListUploadsCommand): UploadsPage {
  const { prefix, delimiter, limit } = command;
  const end = afterPrefix(prefix);
  const entries: UploadEntry[] = [];
  let start: UploadStart | undefined = startWithin(prefix, command.start);
  while (start !== undefined) {
    const cursor: Iterable<Row> = openCursor(sql, start, end);
    let jump: UploadStart | undefined;
    for (const row of cursor) {
      // A full page ends only where another entry follows: nobody is sent on to an empty page.
      if (entries.length === limit) return { entries, next: start };
      const common = commonPrefix(row.key, prefix, delimiter);
      if (common === undefined) {
        start = { after: row.key, uploadId: row.upload };
        entries.push({ key: row.key, uploadId: row.upload, initiated: row.initiated, storageClass: row.class });
        continue;
      }
      entries.push({ prefix: common });
      const behind = afterPrefix(common);
      if (behind === undefined) return { entries, next: null };
      start = { from: behind };
      jump = start;
      break;
    }
    start = jump;
  }
  return { entries, next: null };
}

/** How the shards' pages of uploads are merged. */
export const uploadOrder: EntryOrder<UploadEntry, UploadStart> = {
  compare(a, b) {
    const byName = compareKeys('key' in a ? a.key : a.prefix, 'key' in b ? b.key : b.prefix);
    return byName !== 0 || !('key' in a && 'key' in b) ? byName : compareKeys(a.uploadId, b.uploadId);
  },
  behind(entry) {
    if ('key' in entry) return { after: entry.key, uploadId: entry.uploadId };
    const from = afterPrefix(entry.prefix);
    return from === undefined ? null : { from };
  },
};

/** The later of where the caller wants to start and where the prefix does. */
function startWithin(prefix: string, start: UploadStart): UploadStart {
  if (prefix === '') return start;
  const from = 'after' in start ? start.after : start.from;
  return from.startsWith(prefix) || compareKeys(from, prefix) > 0 ? start : { from: prefix };
}

function openCursor(sql: SqlStorage, start: UploadStart, end: string | undefined): Iterable<Row> {
  const { condition, bounds } = boundOf(start);
  const columns = `SELECT key, upload, initiated, class FROM upload WHERE ${condition}`;
  return end === undefined
    ? sql.exec<Row>(`${columns} ORDER BY key, upload`, ...bounds)
    : sql.exec<Row>(`${columns} AND key < ? ORDER BY key, upload`, ...bounds, end);
}

function boundOf(start: UploadStart): { condition: string; bounds: string[] } {
  if ('from' in start) return { condition: 'key >= ?', bounds: [start.from] };
  if (start.uploadId === undefined) return { condition: 'key > ?', bounds: [start.after] };
  return { condition: '(key, upload) > (?, ?)', bounds: [start.after, start.uploadId] };
}
