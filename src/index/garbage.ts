import { isSweepable, sweepWindow } from '../blob/garbage.ts';
import type { BlobStore } from '../blob/store.ts';
import { type BlobLedger, ORPHAN_MS } from './blobs.ts';

/** Blobs deleted with one call. */
const BATCH = 1_000;

/** Deletes the blobs whose grace period is over. A crash in between only means that they are deleted once more. */
export async function collectGarbage(store: BlobStore, ledger: BlobLedger, now: number): Promise<void> {
  for (let names = ledger.due(now, BATCH); names.length > 0; names = ledger.due(now, BATCH)) {
    await store.delete(names);
    ledger.forget(names);
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
