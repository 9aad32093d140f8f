import { isSweepable, sweepWindow } from '../blob/garbage.ts';
import { parseBlobName } from '../blob/names.ts';
import type { BlobStore } from '../blob/store.ts';
import { type BlobLedger, type DueBlob, ORPHAN_MS } from './blobs.ts';
import type { Claim, LeaseBook, OpenLease } from './leases.ts';

/** Blobs deleted with one call. */
const BATCH = 1_000;

/** How a shard reaches another one. */
export type Peers = (shard: string) => {
  giveBack(holder: string, claims: readonly Claim[]): Promise<void>;
  held(claims: readonly Claim[]): Promise<readonly string[]>;
};

/**
 * Deletes the blobs whose grace period is over, and gives those of other shards back. A crash in between only means
 * that this is done once more. A home that cannot be reached is asked again with the next run.
 */
export async function collectGarbage(
  store: BlobStore,
  ledger: BlobLedger,
  peers: Peers,
  home: string,
  now: number,
): Promise<void> {
  let last: DueBlob | undefined;
  for (;;) {
    const due = ledger.due(now, BATCH, last);
    last = due.at(-1);
    if (last === undefined) return;
    const byHome = Map.groupBy(due, ({ name }) => parseBlobName(name)?.shardId ?? home);
    for (const [owner, blobs] of byHome) {
      if (owner !== home) await giveBack(peers, owner, home, blobs, ledger);
      else {
        await store.delete(blobs.map(({ name }) => name));
        ledger.forget(blobs);
      }
    }
  }
}

async function giveBack(
  peers: Peers,
  owner: string,
  holder: string,
  blobs: readonly DueBlob[],
  ledger: BlobLedger,
): Promise<void> {
  try {
    await peers(owner).giveBack(
      holder,
      blobs.map(({ name, lease }) => ({ blob: name, token: lease ?? 0 })),
    );
  } catch (error) {
    console.warn(JSON.stringify({ event: 'lease-not-returned', home: owner, holder, error: String(error) }));
    return;
  }
  ledger.forget(blobs);
}

/**
 * Asks the holders of older leases whether they have made use of them: one that was never committed is ended here
 * (docs/architecture.md, "Copies between shards").
 */
export async function auditLeases(
  leases: LeaseBook,
  peers: Peers,
  end: (holder: string, claims: readonly Claim[]) => void,
  now: number,
): Promise<void> {
  let last: OpenLease | undefined;
  for (;;) {
    const open = leases.toAsk(now, BATCH, last);
    last = open.at(-1);
    if (last === undefined) return;
    for (const [holder, claims] of Map.groupBy(open, (lease) => lease.holder)) {
      try {
        const held = new Set(await peers(holder).held(claims));
        leases.confirm(
          claims.filter(({ blob }) => held.has(blob)),
          now,
        );
        end(
          holder,
          claims.filter(({ blob }) => !held.has(blob)),
        );
      } catch (error) {
        console.warn(JSON.stringify({ event: 'lease-not-confirmed', holder, error: String(error) }));
      }
    }
  }
}

/**
 * Deletes blobs that were written but never committed: those old enough that no commit can come any more and that no
 * row names. Names sort by hour, so a sweep goes on where the last one ended.
 */
export async function sweepOrphans(
  store: BlobStore,
  ledger: BlobLedger,
  storage: DurableObjectStorage,
  home: string,
  now: number,
): Promise<void> {
  const window = sweepWindow(home, now, ORPHAN_MS);
  for (;;) {
    const startAfter = storage.kv.get<string>('swept');
    const page = await store.list({ prefix: window.prefix, startAfter, limit: BATCH });
    const old = page.blobs.filter(({ name }) => name < window.before);
    const orphans = old.filter((blob) => isSweepable(blob, window) && !ledger.isHeld(blob.name));
    if (orphans.length > 0) await store.delete(orphans.map(({ name }) => name));
    const last = old.at(-1);
    if (last !== undefined) storage.kv.put('swept', last.name);
    if (page.cursor === null || old.length < page.blobs.length) return;
  }
}
