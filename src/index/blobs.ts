import { parseBlobName } from '../blob/names.ts';
import type { Lease, Segment } from './records.ts';
import { Refused } from './refused.ts';

/** How long a blob stays after its last holder went, for readers that still stream it. */
export const GRACE_MS = 24 * 3_600_000;
/** Age at which a blob that no row names counts as an orphan of a failed write. */
export const ORPHAN_MS = 7 * 24 * 3_600_000;
/** A commit must come well before the sweep could take its blobs. */
export const COMMIT_MS = ORPHAN_MS - 24 * 3_600_000;
/** A blob that nobody holds any more may be taken up again until so long before it is due. */
export const REVIVE_MS = 3_600_000;

/** A blob that this shard has given up, and, where it is another shard's, the lease that it had on it. */
export interface DueBlob {
  readonly name: string;
  readonly lease: number | null;
  readonly due: number;
}

/** Counts who holds which blob. All methods run inside the caller's transaction. */
export class BlobLedger {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Adds a holder to each blob of this shard that was written just now. A blob that already lost its last holder is
   * never taken up again this way: it may be deleted at any moment.
   * @throws {Refused} `expired-blob`
   */
  hold(segments: readonly Segment[]): void {
    for (const { blob } of segments) {
      const held = this.#sql
        .exec(
          `INSERT INTO blob (name, holders) VALUES (?, 1)
           ON CONFLICT (name) DO UPDATE SET holders = holders + 1 WHERE holders > 0 RETURNING holders`,
          blob,
        )
        .toArray();
      if (held.length === 0) throw new Refused('expired-blob');
    }
  }

  /**
   * Adds a holder to blobs that exist already: those that this shard knows, and those of other shards for which it
   * brings a lease.
   * @throws {Refused} `expired-blob` where a blob is unknown here, or is due so soon that it may be on its way out
   */
  share(segments: readonly Segment[], leases: readonly Lease[], now: number): void {
    const tokens = new Map(leases.map(({ home, token }) => [home, token]));
    for (const { blob } of segments) {
      const token = tokens.size === 0 ? undefined : tokens.get(parseBlobName(blob)?.shardId ?? '');
      if (token === undefined) this.#shareKnown(blob, now);
      else this.#shareLeased(blob, token);
    }
  }

  #shareKnown(blob: string, now: number): void {
    const held = this.#sql.exec(
      'UPDATE blob SET holders = holders + 1, due = NULL WHERE name = ? AND (holders > 0 OR due > ?) RETURNING 1',
      blob,
      now + REVIVE_MS,
    );
    if (held.toArray().length === 0) throw new Refused('expired-blob');
  }

  /** A lease outlives what was there before it: even a row that is just being given back is taken up again. */
  #shareLeased(blob: string, token: number): void {
    this.#sql.exec(
      `INSERT INTO blob (name, holders, lease) VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE
       SET holders = holders + 1, due = NULL, lease = max(coalesce(lease, 0), excluded.lease)`,
      blob,
      token,
    );
  }

  /** Takes a holder from each blob; one without any is due for deletion after the grace period. */
  release(segments: readonly Pick<Segment, 'blob'>[], now: number): void {
    for (const { blob } of segments) {
      this.#sql.exec(
        'UPDATE blob SET holders = holders - 1, due = CASE WHEN holders = 1 THEN ? END WHERE name = ?',
        now + GRACE_MS,
        blob,
      );
    }
  }

  isHeld(blob: string): boolean {
    return this.#sql.exec('SELECT 1 FROM blob WHERE name = ?', blob).toArray().length > 0;
  }

  /** Blobs whose time has come, the oldest first; a further page starts behind the last of the page before. */
  due(now: number, limit: number, after: Pick<DueBlob, 'due' | 'name'> = { due: 0, name: '' }): DueBlob[] {
    return this.#sql
      .exec<{ name: string; lease: number | null; due: number }>(
        'SELECT name, lease, due FROM blob WHERE due <= ? AND (due, name) > (?, ?) ORDER BY due, name LIMIT ?',
        now,
        after.due,
        after.name,
        limit,
      )
      .toArray();
  }

  /** Forgets blobs that were deleted, or given back under these leases. */
  forget(blobs: readonly Pick<DueBlob, 'name' | 'lease'>[]): void {
    for (const { name, lease } of blobs) {
      this.#sql.exec('DELETE FROM blob WHERE name = ? AND holders = 0 AND lease IS ?', name, lease);
    }
  }

  any(): boolean {
    return this.#sql.exec('SELECT 1 FROM blob LIMIT 1').toArray().length > 0;
  }
}

/**
 * Whether one of some new blobs must not be committed: the sweep might already see it as an orphan, or it was written
 * for another shard (of a bucket that has been deleted and made again since), whose sweep would delete it.
 */
export function isTooOldToCommit(segments: readonly Segment[], home: string, now: number): boolean {
  return segments.some(({ blob }) => {
    const name = parseBlobName(blob);
    return name === null || name.shardId !== home || name.hourMs < now - COMMIT_MS;
  });
}
