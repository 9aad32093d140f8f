import { parseBlobName } from '../blob/names.ts';
import type { Segment } from './records.ts';

/** How long a blob stays after its last holder went, for readers that still stream it. */
export const GRACE_MS = 24 * 3_600_000;
/** Age at which a blob that no row names counts as an orphan of a failed write. */
export const ORPHAN_MS = 7 * 24 * 3_600_000;
/** A commit must come well before the sweep could take its blobs. */
export const COMMIT_MS = ORPHAN_MS - 24 * 3_600_000;

/** Counts who holds which blob. All methods run inside the caller's transaction. */
export class BlobLedger {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Adds a holder to each blob. A blob that already lost its last holder is never taken up again: it may be deleted at
   * any moment. New holders come from new blobs, or from rows that hold the blob themselves.
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
      if (held.length === 0) throw new Error(`blob ${blob} is already due for deletion`);
    }
  }

  /** Takes a holder from each blob; one without any is due for deletion after the grace period. */
  release(segments: readonly Segment[], now: number): void {
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

  /** When the next blob is due, or undefined. */
  nextDue(): number | undefined {
    const row = this.#sql.exec<{ due: number }>('SELECT due FROM blob WHERE due IS NOT NULL ORDER BY due LIMIT 1');
    return row.toArray()[0]?.due;
  }

  due(now: number, limit: number): string[] {
    return this.#sql
      .exec<{ name: string }>('SELECT name FROM blob WHERE due <= ? ORDER BY due LIMIT ?', now, limit)
      .toArray()
      .map((row) => row.name);
  }

  /** Forgets blobs that were deleted. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#sql.exec('DELETE FROM blob WHERE name = ? AND holders = 0', name);
  }

  any(): boolean {
    return this.#sql.exec('SELECT 1 FROM blob LIMIT 1').toArray().length > 0;
  }
}

/** Whether a blob is too old to be committed: the sweep might already see it as an orphan. */
export function isTooOldToCommit(segments: readonly Segment[], home: string, now: number): boolean {
  return segments.some(({ blob }) => {
    const name = parseBlobName(blob);
    return name !== null && name.shardId === home && name.hourMs < now - COMMIT_MS;
  });
}
