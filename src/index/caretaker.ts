import type { CipherStore } from '../blob/cipher-store.ts';
import { Mutex } from '../lib/mutex.ts';
import type { BlobLedger } from './blobs.ts';
import { Compactor } from './compaction.ts';
import { nextCompaction } from './compaction-queue.ts';
import { auditLeases, collectGarbage, type Peers, sweepOrphans } from './garbage.ts';
import type { Claim, LeaseBook } from './leases.ts';
import { Manifests } from './manifests.ts';

const DAY_MS = 24 * 3_600_000;
const RETRY_MS = 3_600_000;
/** Between two runs of compaction, so that requests come first. */
const PAUSE_MS = 500;

/** Storage key of the time of the next daily run, ms. */
const DAILY = 'maintenance';

/**
 * What a shard does when nobody asks: once a day it deletes garbage, and whenever there is something to compact it does
 * that, in bounded steps. One task at a time.
 */
export class Caretaker {
  readonly #storage: DurableObjectStorage;
  readonly #ledger: BlobLedger;
  readonly #leases: LeaseBook;
  readonly #manifests: Manifests;
  readonly #compactor: Compactor;
  readonly #store: CipherStore;
  readonly #peers: Peers;
  /** Whether contents of many segments are rewritten by themselves. */
  readonly #compacts: boolean;
  readonly #mutex = new Mutex();
  /** When the alarm will come, as far as it is known: never later than this. */
  #alarmBy = Number.POSITIVE_INFINITY;

  constructor(
    storage: DurableObjectStorage,
    ledger: BlobLedger,
    leases: LeaseBook,
    store: CipherStore,
    peers: Peers,
    compacts: boolean,
  ) {
    this.#storage = storage;
    this.#ledger = ledger;
    this.#leases = leases;
    this.#manifests = new Manifests(storage.sql, ledger);
    this.#compactor = new Compactor(storage, ledger, this.#manifests, store);
    this.#store = store;
    this.#peers = peers;
    this.#compacts = compacts;
  }

  /** Arms the alarm of a new shard. */
  begin(now: number): void {
    this.#storage.kv.put(DAILY, now + DAY_MS);
    void this.#storage.setAlarm(now + DAY_MS);
  }

  /** Sees to it that the alarm comes in time for what a change has given compaction to do. */
  wake(): void {
    const next = this.#nextCompaction();
    if (next === undefined || next >= this.#alarmBy) return;
    this.#alarmBy = next;
    void this.#armBy(next);
  }

  /**
   * The alarm. It is always armed again: one that failed too often would not come any more.
   * @param home name of the shard
   * @returns whether the daily run found nothing left to keep
   */
  async alarm(home: string, now: number): Promise<boolean> {
    this.#alarmBy = Number.POSITIVE_INFINITY;
    let empty = false;
    try {
      if (now >= (this.#storage.kv.get<number>(DAILY) ?? 0)) {
        this.#storage.kv.put(DAILY, now + RETRY_MS);
        empty = await this.maintain(home, now);
        this.#storage.kv.put(DAILY, now + DAY_MS);
      }
      if (this.#compacts) await this.compact(home, now);
    } catch (error) {
      console.error(JSON.stringify({ event: 'maintenance-failed', shard: home, error: String(error) }));
    }
    const daily = this.#storage.kv.get<number>(DAILY) ?? now + DAY_MS;
    const next = Math.min(daily, this.#nextCompaction() ?? daily);
    this.#alarmBy = Math.max(next, Date.now() + PAUSE_MS);
    await this.#storage.setAlarm(this.#alarmBy);
    return empty;
  }

  /** Deletes garbage and orphans, and settles what is lent and borrowed. @returns whether no blob is left */
  maintain(home: string, now: number): Promise<boolean> {
    return this.#mutex.run(async () => {
      while (this.#storage.transactionSync(() => this.#manifests.collect(now)));
      await auditLeases(this.#leases, this.#peers, (holder, claims) => this.endLeases(holder, claims, now), now);
      await collectGarbage(this.#store, this.#ledger, this.#peers, home, now);
      await sweepOrphans(this.#store, this.#ledger, this.#storage, home, now);
      return !this.#ledger.any();
    });
  }

  /** A bounded amount of compaction. */
  compact(home: string, now: number): Promise<void> {
    return this.#mutex.run(() => this.#compactor.run(home, now));
  }

  /** Ends leases that other shards had on blobs of this one. */
  endLeases(holder: string, claims: readonly Claim[], now: number): void {
    this.#storage.transactionSync(() => this.#ledger.release(this.#leases.end(holder, claims), now));
  }

  #nextCompaction(): number | undefined {
    return this.#compacts ? nextCompaction(this.#storage.sql) : undefined;
  }

  async #armBy(time: number): Promise<void> {
    const armed = await this.#storage.getAlarm();
    if (armed === null || armed > time) await this.#storage.setAlarm(time);
  }
}
