import { afterPrefix, byteLength } from '../lib/order.ts';
import type { DirectoryCommand, PruneCommand, RenameCommand, TreeCommand, TreePage } from './directory-records.ts';
import { type DirectoryTree, directoryKey, parentKey } from './directory-tree.ts';
import { mayWrite } from './objects.ts';
import type { Answer, WriteGuard } from './records.ts';
import { COLUMNS, type Row } from './rows.ts';
import type { VersionStore } from './version-store.ts';

/** The operations on directories of a hierarchical namespace. Every method is one transaction of its caller. */
export class DirectoryTable {
  readonly #sql: SqlStorage;
  readonly #versions: VersionStore;
  readonly #tree: DirectoryTree;

  constructor(sql: SqlStorage, versions: VersionStore, tree: DirectoryTree) {
    this.#sql = sql;
    this.#versions = versions;
    this.#tree = tree;
  }

  /** Makes a directory unless it is there ([CreateDirectory-1], [CreateDirectory-6]). */
  create({ path, guard }: DirectoryCommand, now: number): Answer<{ modified: number }> {
    const existing = this.#versions.find(path);
    if (!mayWrite(guard, existing)) return { refused: 'denied' };
    if (existing?.kind === 'Directory') return { ok: { modified: existing.modified } };
    if (existing !== undefined) return { refused: 'exists' };
    this.#tree.make(directoryKey(path), now);
    return { ok: { modified: now } };
  }

  /** Gives an object, or a directory with all that is in it, another name. Only keys change ([Rename-4]). */
  rename(command: RenameCommand): Answer<true> {
    const { source, target, directory, guard } = command;
    const row = this.#versions.find(source);
    if (!mayWrite(guard, row)) return { refused: 'denied' };
    if (row === undefined || !this.#hasParent(target)) return { refused: 'no-such-key' };
    // The caller was judged by what it was a moment ago.
    if ((row.kind === 'Directory') !== directory) return { refused: 'exists' };
    if (this.#versions.find(target) !== undefined) return { refused: 'exists' };
    if (directory) return this.#move(command);
    this.#sql.exec('UPDATE version SET key = ? WHERE id = ?', target, row.id);
    return { ok: true };
  }

  /** The last keys of a directory, those in it before the directory itself, last first ([DeleteDirectory-6]). */
  tree({ path, behind, limit }: TreeCommand): Answer<TreePage> {
    const key = directoryKey(path);
    if (!this.#tree.exists(key)) return { refused: 'no-such-key' };
    // What an earlier call had already deleted has been written to again ([DeleteDirectory-9]).
    if (behind !== null && this.#anyWithin(behind, key)) return { refused: 'exists' };
    const rows = this.#last(key, limit + 1);
    return { ok: { keys: rows.slice(0, limit).map((row) => row.key), more: rows.length > limit } };
  }

  /**
   * Deletes exactly these keys, the last of the directory.
   * @returns how many; `exists` where others are the last by now
   */
  prune({ path, keys, guard }: PruneCommand, now: number): Answer<number> {
    const key = directoryKey(path);
    if (!this.#tree.exists(key)) return { refused: 'no-such-key' };
    const rows = this.#last(key, keys.length);
    if (rows.length !== keys.length || rows.some((row, i) => row.key !== keys[i])) return { refused: 'exists' };
    if (!rows.every((row) => mayWrite(guard, row))) return { refused: 'denied' };
    for (const row of rows) {
      if (row.kind === 'Directory') this.#sql.exec('DELETE FROM version WHERE id = ?', row.id);
      else this.#versions.drop(row, now);
    }
    return { ok: rows.length };
  }

  #hasParent(path: string): boolean {
    const parent = parentKey(path);
    return parent === '' || this.#tree.exists(parent);
  }

  #move({ source, target, guard, keyBytesMax }: RenameCommand): Answer<true> {
    const from = directoryKey(source);
    const to = directoryKey(target);
    const end = afterPrefix(from)!;
    if (!guard.owner && this.#anyClosed(from, end, guard)) return { refused: 'denied' };
    // Bytes, not characters: for SQLite a text's characters end at its first NUL.
    const length = byteLength(from);
    const { longest } = this.#sql
      .exec<{ longest: number }>(
        'SELECT max(length(CAST(key AS BLOB))) AS longest FROM version WHERE current = 1 AND key >= ? AND key < ?',
        from,
        end,
      )
      .one();
    if (longest - length + byteLength(to) > keyBytesMax) return { refused: 'bad-name' };
    this.#sql.exec(
      `UPDATE version SET key = ? || CAST(substr(CAST(key AS BLOB), ?) AS TEXT)
       WHERE current = 1 AND key >= ? AND key < ?`,
      to,
      length + 1,
      from,
      end,
    );
    return { ok: true };
  }

  /** Whether the caller may not change something in a directory. */
  #anyClosed(from: string, end: string, { fallback }: WriteGuard): boolean {
    const closed = this.#sql.exec(
      `SELECT 1 FROM version WHERE current = 1 AND key >= ? AND key < ?
       AND NOT coalesce(acl = 'public-read-write', ?) LIMIT 1`,
      from,
      end,
      fallback ? 1 : 0,
    );
    return closed.toArray().length > 0;
  }

  #last(key: string, limit: number): Row[] {
    return this.#sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM version WHERE current = 1 AND key >= ? AND key < ? ORDER BY key DESC LIMIT ?`,
        key,
        afterPrefix(key)!,
        limit,
      )
      .toArray();
  }

  #anyWithin(from: string, key: string): boolean {
    return (
      this.#sql
        .exec('SELECT 1 FROM version WHERE current = 1 AND key >= ? AND key < ? LIMIT 1', from, afterPrefix(key)!)
        .toArray().length > 0
    );
  }
}
