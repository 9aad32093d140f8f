import type { BlobLedger } from './blobs.ts';
import { noteFragmented } from './compaction-queue.ts';
import { emptyMarker, refuseHoles, refuseMixture } from './content.ts';
import { DirectoryTree, directoryKey, parentKey } from './directory-tree.ts';
import { Manifests } from './manifests.ts';
import type { ObjectContent, Segment, SegmentPage, ShardRules, Versioning } from './records.ts';
import { Refused } from './refused.ts';
import { isRetained } from './retention.ts';
import { COLUMNS, packSegments, type Row, unpackSegments } from './rows.ts';
import { mintVersionId, NULL_VERSION } from './versions.ts';

/** Segment lists up to this length live in the version's own row, longer ones in a manifest. */
export const ROW_SEGMENTS_MAX = 32;
/** Segments in one reply. */
const SEGMENT_PAGE = 256;

/** What an append changes. */
export interface Growth {
  /** The whole object's, afterwards. */
  readonly size: number;
  readonly etag: string;
  readonly crc64: string;
  readonly acl: string | null;
  /** New ones, behind those that are there. */
  readonly segments: readonly Segment[];
  /** The bytes behind all segments, afterwards. */
  readonly tail: Uint8Array | null;
}

/** Where a new version goes: its id, and the row that it takes over, if any. */
export interface Place {
  readonly versionId: string;
  readonly row: number | null;
}

/** For changes to an object that a directory can have no part in. @throws {Refused} `directory` */
export function refuseDirectory(row: Row | undefined): void {
  if (row?.kind === 'Directory') throw new Refused('directory');
}

/**
 * Rows of versions and their content: what all operations on objects are made of. Within a key one row is current, and
 * of the others a higher id is newer. Every method runs inside its caller's transaction, which one that throws
 * {@link Refused} ends: whatever replaces or removes content passes the bucket's rules here.
 */
export class VersionStore {
  readonly #sql: SqlStorage;
  readonly #ledger: BlobLedger;
  readonly #tree: DirectoryTree;
  readonly #rules: () => ShardRules;
  readonly #manifests: Manifests;

  /** @param rules those of the newest configuration that the shard knows. Throws where they cannot be told */
  constructor(sql: SqlStorage, ledger: BlobLedger, rules: () => ShardRules) {
    this.#sql = sql;
    this.#ledger = ledger;
    this.#tree = new DirectoryTree(sql);
    this.#rules = rules;
    this.#manifests = new Manifests(sql, ledger);
  }

  /** The current version, or the one that is named. A delete marker is a row too, and so is a directory. */
  find(key: string, versionId?: string): Row | undefined {
    const current = this.#current(key) ?? this.#directory(key);
    if (versionId === undefined || current?.version === versionId) return current;
    return this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM version WHERE key = ? AND current = 0 AND version = ?`, key, versionId)
      .toArray()[0];
  }

  /** The whole content, where it lives in the index. */
  inline(row: Row): Uint8Array | null {
    if (row.segments !== '[]' || row.size === 0) return null;
    if (row.kind === 'Appendable') return this.tail(row);
    const { inline } = this.#sql
      .exec<{ inline: ArrayBuffer | null }>('SELECT inline FROM version WHERE id = ?', row.id)
      .one();
    return inline === null ? null : new Uint8Array(inline);
  }

  /** The bytes of an appendable that are in no blob yet. */
  tail(row: Row): Uint8Array | null {
    if (row.kind !== 'Appendable') return null;
    const [found] = this.#sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM tail WHERE owner = ?', row.id).toArray();
    return found === undefined ? null : new Uint8Array(found.bytes);
  }

  /**
   * Writes a new current version of a key. The content's blobs must be held already.
   * @throws {Refused} `immutable` while what is there is protected, `directory` where a directory is there, `exists`
   * where an object is in the place of a directory above it, `bad-name` where no object may have the name
   */
  write(
    key: string,
    current: Row | undefined,
    content: ObjectContent,
    versioning: Versioning | null,
    now: number,
  ): string {
    refuseHoles(content);
    if (current !== undefined) this.mustYield(current, now);
    if (this.#rules().hierarchical) {
      // Many clients make a directory by an empty object whose name ends in a slash.
      const makesDirectory = key.endsWith('/') && content.size === 0;
      if (key.includes('//') || (key.endsWith('/') && !makesDirectory)) throw new Refused('bad-name');
      this.#tree.make(makesDirectory ? key : parentKey(key), now);
      if (makesDirectory) return NULL_VERSION;
    }
    const place = this.#makeRoom(key, current, versioning, now);
    const appendable = content.kind === 'Appendable';
    const inRow = content.segments.length <= ROW_SEGMENTS_MAX;
    const values = [
      key,
      place.versionId,
      content.kind,
      content.size,
      content.etag,
      content.crc64,
      now,
      content.storageClass,
      content.acl,
      JSON.stringify(content.meta),
      content.tags === null ? null : JSON.stringify(content.tags),
      content.link,
      content.cipher === null ? null : JSON.stringify(content.cipher),
      inRow ? packSegments(content.segments) : null,
      inRow ? null : this.#manifests.create(content.segments),
      appendable ? null : (content.inline as ArrayBuffer | null),
      content.restore ? JSON.stringify(content.restore) : null,
    ];
    const columns =
      '(key, version, kind, size, etag, crc64, modified, class, acl, meta, tags, link, cipher, segments, manifest, inline, restore, closed, current)';
    const holders = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 1)';
    const { id } =
      place.row === null
        ? this.#sql
            .exec<{ id: number }>(`INSERT INTO version ${columns} VALUES ${holders} RETURNING id`, ...values)
            .one()
        : this.#sql
            .exec<{ id: number }>(
              `UPDATE version SET ${columns} = ${holders} WHERE id = ? RETURNING id`,
              ...values,
              place.row,
            )
            .one();
    if (appendable) this.#setTail(id, content.inline);
    noteFragmented(this.#sql, id, content.segments.length, content.size, now);
    return place.versionId;
  }

  /**
   * Adds bytes to an appendable, in place. The new segments' blobs must be held already.
   * @throws {Refused} as {@link mustYield}
   */
  grow(row: Row, growth: Growth, now: number): void {
    this.mustYield(row, now);
    refuseMixture(growth.segments, row.cipher !== null);
    if (row.cipher !== null && growth.tail !== null) throw new Error('plain bytes of an encrypted object');
    if (growth.segments.length > 0) this.#extend(row, growth.segments, now);
    this.#setTail(row.id, growth.tail);
    this.#sql.exec(
      'UPDATE version SET size = ?, etag = ?, crc64 = ?, acl = ?, modified = ? WHERE id = ?',
      growth.size,
      growth.etag,
      growth.crc64,
      growth.acl,
      now,
      row.id,
    );
  }

  /** Makes a delete marker the current version. @returns its id */
  writeMarker(key: string, current: Row | undefined, versioning: Versioning, now: number): string {
    return this.write(key, current, emptyMarker, versioning, now);
  }

  /**
   * For every change of a version's content, and its end.
   * @throws {Refused} `immutable` while a retention policy protects it, `directory` where it is one
   */
  mustYield(row: Row, now: number): void {
    refuseDirectory(row);
    if (this.retains(row, now)) throw new Refused('immutable');
  }

  /** Whether a retention policy protects this version now ([Worm-3], [Worm-4]). */
  retains(row: Row, now: number): boolean {
    return row.kind !== 'DeleteMarker' && isRetained(row.modified, this.#rules().retention, now);
  }

  /**
   * Removes a version for good. Where it was current, the newest of the others takes its place ([DeleteObject-6]).
   * @throws {Refused} as {@link mustYield}
   */
  drop(row: Row, now: number): void {
    this.mustYield(row, now);
    this.#releaseContent(row, now);
    this.#sql.exec('DELETE FROM version WHERE id = ?', row.id);
    this.#sql.exec(
      `UPDATE version SET current = 1 WHERE id = (SELECT max(id) FROM version WHERE key = ?1 AND current = 0)
       AND NOT EXISTS (SELECT 1 FROM version WHERE key = ?1 AND current = 1)`,
      row.key,
    );
  }

  /** The first page of a version's segments. */
  segmentPage(row: Row): SegmentPage {
    if (row.manifest === null) return { segments: unpackSegments(row.segments ?? '[]'), more: null };
    return this.manifestPage(row.manifest, 0, SEGMENT_PAGE)!;
  }

  /** The segments of a manifest from the one on that holds byte `start`. Undefined where there is no such list (any more). */
  manifestPage(manifest: number, start: number, limit: number): SegmentPage | undefined {
    const rows = this.#manifests.from(manifest, start, limit + 1);
    if (rows.length === 0) return undefined;
    const next = rows[limit];
    return {
      start: rows[0]!.start,
      segments: rows.slice(0, limit).map(({ blob, offset, length, crc64 }) => ({ blob, offset, length, crc64 })),
      more: next === undefined ? null : { manifest, start: next.start },
    };
  }

  #current(key: string): Row | undefined {
    return this.#sql.exec<Row>(`SELECT ${COLUMNS} FROM version WHERE key = ? AND current = 1`, key).toArray()[0];
  }

  /** A directory answers to its path with and without the slash at its end. */
  #directory(key: string): Row | undefined {
    return this.#rules().hierarchical && !key.endsWith('/') ? this.#current(directoryKey(key)) : undefined;
  }

  any(): boolean {
    return this.#sql.exec('SELECT 1 FROM version LIMIT 1').toArray().length > 0;
  }

  /**
   * Moves or removes what the new version takes the place of, and names the new one. A null version that is replaced by
   * a null version lends its row: one write instead of four.
   */
  #makeRoom(key: string, current: Row | undefined, versioning: Versioning | null, now: number): Place {
    if (versioning === 'Enabled') {
      if (current !== undefined) this.#demote(current);
      return { versionId: mintVersionId(now), row: null };
    }
    if (current?.version === NULL_VERSION) {
      this.#releaseContent(current, now);
      return { versionId: NULL_VERSION, row: current.id };
    }
    if (current !== undefined) {
      // Suspended: versions with ids of their own stay, an older null version gives way ([PutBucketVersioning-5]).
      const older = this.find(key, NULL_VERSION);
      if (older !== undefined) this.drop(older, now);
      this.#demote(current);
    }
    return { versionId: NULL_VERSION, row: null };
  }

  /** What was replaced once takes no more appends, not even where it becomes current again ([AppendObject-12]). */
  #demote(row: Row): void {
    this.#sql.exec('UPDATE version SET current = 0, closed = 1 WHERE id = ?', row.id);
  }

  #releaseContent(row: Row, now: number): void {
    if (row.manifest === null) this.#ledger.release(unpackSegments(row.segments ?? '[]'), now);
    else this.#manifests.retire(row.manifest, now);
    if (row.kind === 'Appendable') this.#setTail(row.id, null);
  }

  #setTail(owner: number, bytes: Uint8Array | null): void {
    if (bytes === null || bytes.length === 0) this.#sql.exec('DELETE FROM tail WHERE owner = ?', owner);
    else this.#sql.exec('INSERT OR REPLACE INTO tail (owner, bytes) VALUES (?, ?)', owner, bytes);
  }

  /** Adds segments behind those of an appendable: in its row while they fit there, then in a list of their own. */
  #extend(row: Row, added: readonly Segment[], now: number): void {
    const inBlobs = row.size - (this.tail(row)?.length ?? 0);
    if (row.manifest !== null) {
      this.#manifests.append(row.manifest, inBlobs, added);
      noteFragmented(this.#sql, row.id, this.#manifests.count(row.manifest), row.size, now);
      return;
    }
    const all = [...unpackSegments(row.segments ?? '[]'), ...added];
    const inRow = all.length <= ROW_SEGMENTS_MAX;
    this.#sql.exec(
      'UPDATE version SET segments = ?, manifest = ? WHERE id = ?',
      inRow ? packSegments(all) : null,
      inRow ? null : this.#manifests.create(all),
      row.id,
    );
    noteFragmented(this.#sql, row.id, all.length, row.size, now);
  }
}
