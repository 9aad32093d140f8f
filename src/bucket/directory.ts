import { DurableObject } from 'cloudflare:workers';
import type { BucketEntry } from './config.ts';
import { Nonces } from './nonces.ts';

/** Most buckets of one account in one region ([PutBucket-3]). */
export const BUCKETS_PER_REGION_MAX = 100;

export interface TagWish {
  readonly key: string;
  readonly value?: string;
}

export interface DirectoryQuery {
  readonly prefix: string;
  /** Exclusive. */
  readonly marker: string;
  readonly limit: number;
  /** Tags that a bucket must have, all of them; without a value any will do. */
  readonly tags?: readonly TagWish[];
}

export interface DirectoryPage {
  readonly buckets: readonly BucketEntry[];
  readonly truncated: boolean;
  /** Whether the page is all that the account has ([GetService-1]). */
  readonly whole: boolean;
  /** Entries whose creation never finished as far as the directory knows; their buckets can tell. */
  readonly pending: readonly string[];
}

/**
 * The buckets of one account. An entry is reserved before its bucket exists, so that the quota is exact, and confirmed
 * once it does; a reservation whose bucket never came is settled by whoever lists it.
 */
export class DirectoryObject extends DurableObject<Env> {
  readonly #sql: SqlStorage;
  readonly #nonces: Nonces;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS bucket (
      name TEXT PRIMARY KEY, region TEXT NOT NULL, entry TEXT NOT NULL, pending INTEGER NOT NULL
    ) WITHOUT ROWID`);
    this.#nonces = new Nonces(this.#sql);
  }

  /** Takes a place for a bucket. False where the account has as many as it may have in that region. */
  reserve(entry: BucketEntry): boolean {
    const others = this.#sql
      .exec<{ n: number }>('SELECT count(*) AS n FROM bucket WHERE region = ? AND name <> ?', entry.region, entry.name)
      .one().n;
    if (others >= BUCKETS_PER_REGION_MAX) return false;
    this.#sql.exec(
      'INSERT OR REPLACE INTO bucket (name, region, entry, pending) VALUES (?, ?, ?, 1)',
      entry.name,
      entry.region,
      JSON.stringify(entry),
    );
    return true;
  }

  confirm(entry: BucketEntry): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO bucket (name, region, entry, pending) VALUES (?, ?, ?, 0)',
      entry.name,
      entry.region,
      JSON.stringify(entry),
    );
  }

  /** Takes a nonce of one of the account's keys. @returns whether it is new */
  spend(nonce: string, until: number): boolean {
    return this.#nonces.spend(nonce, until, Date.now());
  }

  release(name: string): void {
    this.#sql.exec('DELETE FROM bucket WHERE name = ?', name);
  }

  list(query: DirectoryQuery): DirectoryPage {
    const rows = [];
    // An account has few buckets: there is no index for their tags.
    for (const row of this.#rows(query)) {
      const entry = JSON.parse(row.entry) as BucketEntry;
      if (hasTags(entry, query.tags)) rows.push({ ...row, entry });
      if (rows.length > query.limit) break;
    }
    const all = this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM bucket').one().n;
    const shown = rows.slice(0, query.limit);
    return {
      buckets: shown.map((row) => row.entry),
      truncated: rows.length > query.limit,
      whole: shown.length === all,
      pending: shown.filter((row) => row.pending === 1).map((row) => row.name),
    };
  }

  #rows({ marker, prefix }: DirectoryQuery) {
    return this.#sql.exec<{ name: string; entry: string; pending: number }>(
      'SELECT name, entry, pending FROM bucket WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name',
      marker,
      prefix.length,
      prefix,
    );
  }
}

function hasTags({ tags = [] }: BucketEntry, wanted: readonly TagWish[] = []): boolean {
  return wanted.every(({ key, value }) => tags.some((tag) => tag.key === key && (value ?? tag.value) === tag.value));
}
