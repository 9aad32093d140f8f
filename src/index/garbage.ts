import { blobHour, hourStart } from '../blob/names.ts';
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
 * row names. Blob names carry their hour, so only hours not swept yet are listed.
 */
export async function sweepOrphans(
  store: BlobStore,
  ledger: BlobLedger,
  storage: DurableObjectStorage,
  home: string,
  now: number,
): Promise<void> {
  const prefix = `${home}/`;
  const end = hourStart(now - ORPHAN_MS);
  let after = storage.kv.get<string>('swept');
  for (;;) {
    const page = await store.list(prefix, after);
    const old = page.names.filter((name) => blobHour(name) < end);
    const orphans = old.filter((name) => !ledger.isHeld(name));
    if (orphans.length > 0) await store.delete(orphans);
    after = old.at(-1) ?? after;
    if (after !== undefined) storage.kv.put('swept', after);
    if (!page.truncated || old.length < page.names.length) return;
  }
}
