import { Refused } from './refused.ts';
import { NULL_VERSION } from './versions.ts';

/** The row of a directory has its path and a slash as key: it is sorted, and found by prefix, like what is in it. */
export function directoryKey(path: string): string {
  return `${path}/`;
}

/** Key of the directory that a key is in; the empty text for the bucket's root. */
export function parentKey(key: string): string {
  return key.slice(0, key.lastIndexOf('/', key.length - 2) + 1);
}

/**
 * Rows of directories in a bucket with a hierarchical namespace. The parents of every row exist, so that one look-up
 * tells whether a path is there.
 */
export class DirectoryTree {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  exists(key: string): boolean {
    return this.#sql.exec('SELECT 1 FROM version WHERE key = ? AND current = 1', key).toArray().length > 0;
  }

  /**
   * Makes a directory and those above it, as far as they are missing.
   * @param key of the directory; the empty text needs nothing
   * @throws {Refused} `exists` where one of the names is taken by an object
   */
  make(key: string, now: number): void {
    const missing: string[] = [];
    for (let at = key; at !== '' && !this.exists(at); at = parentKey(at)) {
      if (this.exists(at.slice(0, -1))) throw new Refused('exists');
      missing.push(at);
    }
    for (const at of missing.reverse()) this.#insert(at, now);
  }

  #insert(key: string, now: number): void {
    this.#sql.exec(
      `INSERT INTO version (key, version, current, kind, size, etag, modified, class, meta, segments)
       VALUES (?, ?, 1, 'Directory', 0, 'null', ?, 'Standard', ?, '[]')`,
      key,
      NULL_VERSION,
      now,
      JSON.stringify({ headers: { 'content-type': 'application/x-directory' }, user: {} }),
    );
  }
}
