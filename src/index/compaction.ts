import type { CipherStore } from '../blob/cipher-store.ts';
import { crc64Combine } from '../blob/crc64-combine.ts';
import { makeBlobName } from '../blob/names.ts';
import { readSegments } from '../blob/read.ts';
import type { BlobLedger } from './blobs.ts';
import { isFragmented, noteFragmented } from './compaction-queue.ts';
import type { Manifests } from './manifests.ts';
import type { Segment } from './records.ts';
import { packSegments, unpackSegments } from './rows.ts';
import { ROW_SEGMENTS_MAX } from './version-store.ts';

export interface CompactionLimits {
  /** Segments that one new blob replaces, at most: each is a call to the store. A run reads no more than this in all. */
  readonly pieces: number;
  /** Bytes of one new blob, at most. */
  readonly blobBytes: number;
}

const defaults: CompactionLimits = { pieces: 500, blobBytes: 512 * 1024 ** 2 };
/** After a failure a version is left alone for this long. */
const RETRY_MS = 6 * 3_600_000;

/** A version on the list, and how far its rewriting has come: `target` holds the first `covered` bytes of `source`. */
interface Task extends Record<string, SqlStorageValue> {
  version: number;
  source: number | null;
  target: number | null;
  covered: number;
}

interface Content extends Record<string, SqlStorageValue> {
  size: number;
  class: string;
  segments: string | null;
  manifest: number | null;
}

/**
 * Rewrites contents of many small segments into few large blobs. Bytes are piped from the store to the store; the
 * checksum of a new blob is combined from those of its pieces. A content is replaced in one transaction, and only if it
 * is still the one that was read; its old list and blobs stay for the grace period, so no reader notices.
 */
export class Compactor {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #ledger: BlobLedger;
  readonly #manifests: Manifests;
  readonly #store: CipherStore;
  readonly #limits: CompactionLimits;

  constructor(
    storage: DurableObjectStorage,
    ledger: BlobLedger,
    manifests: Manifests,
    store: CipherStore,
    limits: CompactionLimits = defaults,
  ) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#ledger = ledger;
    this.#manifests = manifests;
    this.#store = store;
    this.#limits = limits;
  }

  /**
   * A bounded amount of work. Never two runs at a time.
   * @param home name of this shard, to which the new blobs will belong
   */
  async run(home: string, now: number): Promise<void> {
    for (let pieces = 0; pieces < this.#limits.pieces; ) {
      const task = this.#next(now);
      if (task === undefined) return;
      try {
        pieces += await this.#step(task, home, now);
      } catch (error) {
        console.warn(JSON.stringify({ event: 'compaction-failed', shard: home, error: String(error) }));
        this.#sql.exec('UPDATE fragmented SET due = ? WHERE version = ?', now + RETRY_MS, task.version);
      }
    }
  }

  #next(now: number): Task | undefined {
    const query =
      'SELECT version, source, target, covered FROM fragmented WHERE due <= ? ORDER BY due, version LIMIT 1';
    return this.#sql.exec<Task>(query, now).toArray()[0];
  }

  /** One new blob, or one decision. @returns what it counts for: pieces read, at least 1 */
  async #step(task: Task, home: string, now: number): Promise<number> {
    const content = this.#contentOf(task);
    if (content === undefined) this.#drop(task, now);
    else if (content.manifest === null) return this.#shorten(task, content, home, now);
    else if (content.manifest !== task.source) this.#begin(task, content, now);
    else {
      const rest = this.#manifests.from(task.source, task.covered, this.#limits.pieces);
      const run = this.#firstRun(rest.filter(({ start }) => start >= task.covered));
      if (run.length > 0) return this.#advance(task, content, run, home, now);
      this.#finish(task, content, home, now);
    }
    return 1;
  }

  /** A list in the version's own row is so short that it becomes one blob, at once. */
  async #shorten(task: Task, content: Content, home: string, now: number): Promise<number> {
    const segments = unpackSegments(content.segments ?? '[]');
    const run = this.#firstRun(segments);
    if (!isFragmented(segments.length, content.size) || run.length < segments.length) {
      this.#drop(task, now);
      return 1;
    }
    const merged = await this.#merge(run, content, home, now);
    const taken = this.#storage.transactionSync(() => {
      // Names of blobs are unique, so an equal list is the same content.
      if (this.#contentOf(task)?.segments !== content.segments) return false;
      this.#ledger.hold([merged]);
      this.#ledger.release(run, now);
      this.#setRow(task, [merged]);
      this.#forget(task, now);
      return true;
    });
    if (taken) report(home, segments.length, 1);
    else await this.#store.delete([merged.blob]);
    return run.length;
  }

  /** Begins with the content that the version has now. */
  #begin(task: Task, content: Content, now: number): void {
    this.#storage.transactionSync(() => {
      this.#forget(task, now);
      if (!isFragmented(this.#manifests.count(content.manifest!), content.size)) return;
      this.#sql.exec(
        'INSERT INTO fragmented (version, due, source) VALUES (?, ?, ?)',
        task.version,
        now,
        content.manifest,
      );
    });
  }

  /** Adds the next blob to the new list; a segment that is large enough is kept as it is. */
  async #advance(task: Task, content: Content, run: readonly Segment[], home: string, now: number): Promise<number> {
    const kept = run.length === 1 ? run[0] : undefined;
    const added = kept ?? (await this.#merge(run, content, home, now));
    const taken = this.#storage.transactionSync(() => {
      if (this.#contentOf(task)?.manifest !== task.source) return false;
      if (kept === undefined) this.#ledger.hold([added]);
      else this.#ledger.share([added], [], now);
      const target = task.target ?? this.#manifests.create();
      this.#manifests.append(target, task.covered, [added]);
      const covered = task.covered + added.length;
      this.#sql.exec('UPDATE fragmented SET target = ?, covered = ? WHERE version = ?', target, covered, task.version);
      return true;
    });
    if (!taken && kept === undefined) await this.#store.delete([added.blob]);
    return run.length;
  }

  /** The new list is complete: it takes the place of the old one. */
  #finish(task: Task, content: Content, home: string, now: number): void {
    const { source, target } = task;
    if (source === null || target === null) {
      this.#drop(task, now);
      return;
    }
    const before = this.#manifests.count(source);
    const after = this.#manifests.count(target);
    this.#storage.transactionSync(() => {
      if (after <= ROW_SEGMENTS_MAX) {
        this.#setRow(task, this.#manifests.from(target, 0, -1));
        this.#manifests.dissolve(target);
      } else {
        this.#sql.exec('UPDATE version SET manifest = ? WHERE id = ?', target, task.version);
      }
      this.#manifests.retire(source, now);
      this.#sql.exec('DELETE FROM fragmented WHERE version = ?', task.version);
      // Each pass must pay, or there would be no end to it.
      if (after <= before / 2) noteFragmented(this.#sql, task.version, after, content.size, now);
    });
    report(home, before, after);
  }

  /** Takes a version off the list: there is nothing to do for it, or what was begun is of no use. */
  #drop(task: Task, now: number): void {
    this.#storage.transactionSync(() => this.#forget(task, now));
  }

  #forget(task: Task, now: number): void {
    if (task.target !== null) this.#manifests.retire(task.target, now);
    this.#sql.exec('DELETE FROM fragmented WHERE version = ?', task.version);
  }

  async #merge(run: readonly Segment[], content: Content, home: string, now: number): Promise<Segment> {
    const length = run.reduce((sum, segment) => sum + segment.length, 0);
    const blob = await this.#store.nameInPlaceOf(run.at(-1)!.blob, makeBlobName(home, now));
    await this.#store.put(blob, await readSegments(this.#store, run, { offset: 0, length }), {
      length,
      infrequent: content.class !== 'Standard',
    });
    const crc64 = run.reduce((crc, segment) => crc64Combine(crc, BigInt(segment.crc64), segment.length), 0n);
    return { blob, offset: 0, length, crc64: String(crc64) };
  }

  #contentOf({ version }: Task): Content | undefined {
    return this.#sql
      .exec<Content>('SELECT size, class, segments, manifest FROM version WHERE id = ?', version)
      .toArray()[0];
  }

  #setRow({ version }: Task, segments: readonly Segment[]): void {
    this.#sql.exec('UPDATE version SET segments = ?, manifest = NULL WHERE id = ?', packSegments(segments), version);
  }

  /** The first segments that fit into one blob together. */
  #firstRun(segments: readonly Segment[]): Segment[] {
    let bytes = 0;
    let count = 0;
    for (const { length } of segments) {
      if (count > 0 && bytes + length > this.#limits.blobBytes) break;
      bytes += length;
      count++;
    }
    return segments.slice(0, count);
  }
}

/** Tells whoever watches how many segments a content had, and has. */
function report(shard: string, before: number, after: number): void {
  console.info(JSON.stringify({ event: 'compacted', shard, before, after }));
}
