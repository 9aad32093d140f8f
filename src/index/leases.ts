import { parseBlobName } from '../blob/names.ts';
import { REVIVE_MS } from './blobs.ts';
import type { Lease } from './records.ts';

/** A commit that brings a lease must come within this time. */
export const LEASE_COMMIT_MS = 3_600_000;
/** So long after it was given the holder of a lease is first asked whether it holds the blob: no commit can come then. */
const ASK_MS = 24 * 3_600_000;
/** A lease that is in use is looked at again after this time, in case its return was lost. */
const ASK_AGAIN_MS = 30 * 24 * 3_600_000;

/** A blob, and the token of the lease that is meant. */
export interface Claim {
  readonly blob: string;
  readonly token: number;
}

/** A lease whose holder should be asked whether it still holds the blob. */
export interface OpenLease extends Claim {
  readonly holder: string;
  /** When, ms since the epoch. */
  readonly ask: number;
}

/**
 * The home's side of blobs that another shard holds, and the holder's answers about them (docs/architecture.md, "Copies
 * between shards"). A lease counts as one holder of its blob, however many rows of the other shard name it. Every method
 * runs inside its caller's transaction.
 */
export class LeaseBook {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /**
   * Lends blobs of this shard to another one. Each call has a token of its own, greater than any before it: a return
   * that names an older token than the lease has now is out of date.
   * @returns null, and nothing lent, where one of the blobs is gone (or the holder is the home: it needs no lease)
   */
  lend(home: string, blobs: readonly string[], holder: string, now: number): Lease | null {
    if (holder === home || !blobs.every((blob) => this.#canLend(home, blob, now))) return null;
    const token = (this.#storage.kv.get<number>('lease-token') ?? 0) + 1;
    this.#storage.kv.put('lease-token', token);
    for (const blob of blobs) {
      const known = this.#sql.exec(
        'UPDATE lease SET token = ?, ask = ? WHERE blob = ? AND holder = ? RETURNING 1',
        token,
        now + ASK_MS,
        blob,
        holder,
      );
      if (known.toArray().length > 0) continue;
      this.#sql.exec(
        'INSERT INTO lease (blob, holder, token, ask) VALUES (?, ?, ?, ?)',
        blob,
        holder,
        token,
        now + ASK_MS,
      );
      this.#sql.exec('UPDATE blob SET holders = holders + 1, due = NULL WHERE name = ?', blob);
    }
    return { home, holder, token, granted: now };
  }

  #canLend(home: string, blob: string, now: number): boolean {
    if (parseBlobName(blob)?.shardId !== home) return false;
    const alive = this.#sql.exec(
      'SELECT 1 FROM blob WHERE name = ? AND (holders > 0 OR due > ?)',
      blob,
      now + REVIVE_MS,
    );
    return alive.toArray().length > 0;
  }

  /** Ends leases, each only if it is still the one that is meant. @returns the blobs that lost a holder by that */
  end(holder: string, claims: readonly Claim[]): { blob: string }[] {
    return claims.filter(({ blob, token }) => {
      const ended = this.#sql.exec(
        'DELETE FROM lease WHERE blob = ? AND holder = ? AND token = ? RETURNING 1',
        blob,
        holder,
        token,
      );
      return ended.toArray().length > 0;
    });
  }

  /** Leases whose holders should be asked now; a further page starts behind the last of the page before. */
  toAsk(now: number, limit: number, after: OpenLease = { ask: 0, blob: '', holder: '', token: 0 }): OpenLease[] {
    return this.#sql
      .exec<{ blob: string; holder: string; token: number; ask: number }>(
        `SELECT blob, holder, token, ask FROM lease WHERE ask <= ? AND (ask, blob, holder) > (?, ?, ?)
         ORDER BY ask, blob, holder LIMIT ?`,
        now,
        after.ask,
        after.blob,
        after.holder,
        limit,
      )
      .toArray();
  }

  /** The holder said that it holds these: nothing to ask for a while. */
  confirm(leases: readonly OpenLease[], now: number): void {
    for (const { blob, holder, token } of leases) {
      this.#sql.exec(
        'UPDATE lease SET ask = ? WHERE blob = ? AND holder = ? AND token = ?',
        now + ASK_AGAIN_MS,
        blob,
        holder,
        token,
      );
    }
  }

  /**
   * The holder's answer: which of these blobs of another shard it has a row for. A row that was made under an older
   * lease adopts the token, so that it is this lease that will be given back.
   */
  held(claims: readonly Claim[]): string[] {
    return claims
      .filter(({ blob, token }) => {
        const row = this.#sql.exec(
          'UPDATE blob SET lease = max(coalesce(lease, 0), ?) WHERE name = ? RETURNING 1',
          token,
          blob,
        );
        return row.toArray().length > 0;
      })
      .map(({ blob }) => blob);
  }
}

/** Whether leases let a shard hold blobs now: a home may already have taken back one that is old. */
export function areInForce(leases: readonly Lease[], holder: string, now: number): boolean {
  return leases.every((lease) => lease.holder === holder && now - lease.granted <= LEASE_COMMIT_MS);
}
