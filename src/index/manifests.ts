import { type BlobLedger, GRACE_MS } from './blobs.ts';
import type { Segment } from './records.ts';

/** A segment and where it starts in its list, in bytes. */
export interface PlacedSegment extends Segment {
  readonly start: number;
}

/**
 * Segment lists that are too long for their version's own row. Each has an id that is never used twice, and stays for
 * the grace period after its version went: a reader that asks for it page by page gets one list, or none, and never a
 * mixture of two. Every method runs inside its caller's transaction.
 */
export class Manifests {
  readonly #sql: SqlStorage;
  readonly #ledger: BlobLedger;

  constructor(sql: SqlStorage, ledger: BlobLedger) {
    this.#sql = sql;
    this.#ledger = ledger;
  }

  /** A new list. Its blobs must be held already, for it. */
  create(segments: readonly Segment[] = []): number {
    const { id } = this.#sql.exec<{ id: number }>('INSERT INTO manifest (due) VALUES (NULL) RETURNING id').one();
    this.append(id, 0, segments);
    return id;
  }

  /** Adds segments behind the list's first `end` bytes, which is where it ends. */
  append(id: number, end: number, segments: readonly Segment[]): void {
    let start = end;
    for (const { blob, offset, length, crc64 } of segments) {
      this.#sql.exec(
        'INSERT INTO segment (owner, start, blob, offset, length, crc64) VALUES (?, ?, ?, ?, ?, ?)',
        id,
        start,
        blob,
        offset,
        length,
        crc64,
      );
      start += length;
    }
  }

  /** The segments from the one that holds byte `start` on, at most `limit` (-1: all). */
  from(id: number, start: number, limit: number): PlacedSegment[] {
    return this.#sql
      .exec<{ start: number; blob: string; offset: number; length: number; crc64: string }>(
        `SELECT start, blob, offset, length, crc64 FROM segment WHERE owner = ?1 AND start >=
           coalesce((SELECT max(start) FROM segment WHERE owner = ?1 AND start <= ?2), 0) ORDER BY start LIMIT ?3`,
        id,
        start,
        limit,
      )
      .toArray();
  }

  count(id: number): number {
    return this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM segment WHERE owner = ?', id).one().n;
  }

  /** Nobody uses the list any more but readers that have begun. */
  retire(id: number, now: number): void {
    this.#sql.exec('UPDATE manifest SET due = ? WHERE id = ?', now + GRACE_MS, id);
  }

  /** Removes a list that nobody has ever read from; its blobs have found another holder. */
  dissolve(id: number): void {
    this.#sql.exec('DELETE FROM segment WHERE owner = ?', id);
    this.#sql.exec('DELETE FROM manifest WHERE id = ?', id);
  }

  /** Removes one list whose time has come and lets go of its blobs. @returns whether there was one */
  collect(now: number): boolean {
    const due = this.#sql
      .exec<{ id: number }>('SELECT id FROM manifest WHERE due <= ? ORDER BY due LIMIT 1', now)
      .toArray()[0];
    if (due === undefined) return false;
    this.#ledger.release(this.from(due.id, 0, -1), now);
    this.dissolve(due.id);
    return true;
  }
}
