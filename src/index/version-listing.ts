import { afterPrefix, compareKeys } from '../lib/order.ts';
import { commonPrefix, entryOf, type ListedRow, startWithin } from './listing.ts';
import type { ListStart } from './listing-records.ts';
import type { EntryOrder } from './merge.ts';
import type { VersionListCommand, VersionListEntry, VersionListPage, VersionListStart } from './version-records.ts';
import type { VersionStore } from './version-store.ts';
import { mintedAt, NULL_VERSION, OWN } from './versions.ts';

interface Row extends ListedRow {
  id: number;
  version: string;
  latest: number;
}

/** One branch for each of the two partial indices: SQLite merges the branches and sorts nothing. */
const COLUMNS = 'id, key, version, kind, size, etag, modified, class, restore';
const CURRENT = `SELECT ${COLUMNS}, 1 AS latest FROM version WHERE current = 1`;
const OLDER = `SELECT ${COLUMNS}, 0 AS latest FROM version WHERE current = 0`;

/**
 * One page of this shard's versions and delete markers: keys in order, within a key the newest first
 * ([GetBucketVersions-1], [GetBucketVersions-2]). With a delimiter each common prefix is jumped over by a new look-up and
 * swallows all versions below it ([GetBucketVersions-15]).
 */
export function versionPage(sql: SqlStorage, versions: VersionStore, command: VersionListCommand): VersionListPage {
  const { prefix, delimiter, limit } = command;
  const entries: VersionListEntry[] = [];
  let start: VersionListStart | undefined = command.start;
  while (start !== undefined) {
    let jump: ListStart | undefined;
    for (const row of rowsFrom(sql, versions, start, prefix)) {
      // A full page ends only where another entry follows: nobody is sent on to an empty page.
      if (entries.length === limit) return { entries, next: start };
      const common = commonPrefix(row.key, prefix, delimiter);
      if (common === undefined) {
        entries.push({ ...entryOf(row), versionId: row.version, latest: row.latest === 1 });
        start = { key: row.key, olderThan: row.version };
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

/** How the shards' pages are merged. Versions of one key all come from one shard, in their order. */
export const versionOrder: EntryOrder<VersionListEntry, VersionListStart> = {
  compare: (a, b) => compareKeys(nameOf(a), nameOf(b)) || ('key' in a && 'key' in b ? -1 : 0),
  behind(entry) {
    if ('key' in entry) return { key: entry.key, olderThan: entry.versionId };
    const from = afterPrefix(entry.prefix);
    return from === undefined ? null : { from };
  },
};

/** What a page ended on, as a client is told: a key, or a common prefix. */
export function nameOf(entry: VersionListEntry): string {
  return 'prefix' in entry ? entry.prefix : entry.key;
}

function* rowsFrom(
  sql: SqlStorage,
  versions: VersionStore,
  start: VersionListStart,
  prefix: string,
): Generator<Row, void> {
  if (!('olderThan' in start)) {
    yield* rowsOfKeys(sql, start, prefix);
    return;
  }
  const { key, olderThan } = start;
  if (key.startsWith(prefix)) {
    const below = idBelow(sql, versions, key, olderThan);
    const condition = 'AND key = ? AND id < ?';
    yield* sql.exec<Row>(inOrder(condition), key, below, key, below);
  }
  yield* rowsOfKeys(sql, { after: key }, prefix);
}

function rowsOfKeys(sql: SqlStorage, start: ListStart, prefix: string): Iterable<Row> {
  const within = startWithin(prefix, start);
  const end = afterPrefix(prefix);
  const [operator, bound] = 'after' in within ? ['>', within.after] : ['>=', within.from];
  return end === undefined
    ? sql.exec<Row>(inOrder(`AND key ${operator} ?`), bound, bound)
    : sql.exec<Row>(inOrder(`AND key ${operator} ? AND key < ?`), bound, end, bound, end);
}

function inOrder(condition: string): string {
  return `${CURRENT} ${condition} UNION ALL ${OLDER} ${condition} ORDER BY key, id DESC`;
}

/**
 * The row id below which the older versions of a key lie. A version that was deleted since the last page is placed by
 * the time in its id; of a null version that is gone nothing is known, so its key is listed anew.
 */
function idBelow(sql: SqlStorage, versions: VersionStore, key: string, olderThan: string): number {
  const row = versions.find(key, olderThan);
  if (row !== undefined) return row.id;
  if (olderThan === NULL_VERSION) return Number.MAX_SAFE_INTEGER;
  const older = sql
    .exec<Pick<Row, 'id' | 'version' | 'modified'>>(
      `SELECT id, version, modified FROM version WHERE key = ? AND current = 0 AND version < ? AND version >= ?
       ORDER BY version DESC LIMIT 1`,
      key,
      olderThan,
      OWN,
    )
    .toArray();
  const ids = [...older, versions.find(key), versions.find(key, NULL_VERSION)].map((candidate) =>
    candidate !== undefined && isOlder(candidate, olderThan) ? candidate.id : 0,
  );
  return Math.max(...ids) + 1;
}

function isOlder({ version, modified }: Pick<Row, 'version' | 'modified'>, than: string): boolean {
  return version === NULL_VERSION ? modified < mintedAt(than) : version < than;
}
