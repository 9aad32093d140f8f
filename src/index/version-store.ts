import type { BlobLedger } from './blobs.ts';
import { DirectoryTree, directoryKey, parentKey } from './directory-tree.ts';
import type { ObjectContent, Segment, ShardRules, Versioning } from './records.ts';
import { Refused } from './refused.ts';
import { isRetained } from './retention.ts';
import { COLUMNS, packSegments, type Row, unpackSegments } from './rows.ts';
import { mintVersionId, NULL_VERSION } from './versions.ts';

/** Segment lists up to this length live in the version's own row, longer ones in their own table. */
const ROW_SEGMENTS_MAX = 32;
/** Segments in one reply. */
const SEGMENT_PAGE = 256;

/** Where a new version goes: its id, and the row that it takes over, if any. */
export interface Place {
  readonly versionId: string;
  readonly row: number | null;
}

/** For changes to an object that a directory can have no part in. @throws {Refused} `directory` */
export function refuseDirectory(row: Row | undefined): void {
  if (row?.kind === 'Directory') throw new Refused('directory');
}

const emptyMarker: ObjectContent = {
  kind: 'DeleteMarker',
  size: 0,
  etag: '',
  crc64: null,
  storageClass: '',
  acl: null,
  meta: { headers: {}, user: {} },
  tags: null,
  link: null,
  cipher: null,
  inline: null,
  segments: [],
};

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

  /** @param rules those of the newest configuration that the shard knows. Throws where they cannot be told */
  constructor(sql: SqlStorage, ledger: BlobLedger, rules: () => ShardRules) {
    this.#sql = sql;
    this.#ledger = ledger;
    this.#tree = new DirectoryTree(sql);
    this.#rules = rules;
  }

  /** The current version, or the one that is named. A delete marker is a row too, and so is a directory. */
  find(key: string, versionId?: string): Row | undefined {
    const current = this.#current(key) ?? this.#directory(key);
    if (versionId === undefined || current?.version === versionId) return current;
    return this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM version WHERE key = ? AND current = 0 AND version = ?`, key, versionId)
      .toArray()[0];
  }

  /** Bytes that live in the row itself. */
  inline(row: Row): Uint8Array | null {
    if (row.segments !== '[]' || row.size === 0) return null;
    const { inline } = this.#sql
      .exec<{ inline: ArrayBuffer | null }>('SELECT inline FROM version WHERE id = ?', row.id)
      .one();
    return inline === null ? null : new Uint8Array(inline);
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
    if (current !== undefined) this.mustYield(current, now);
    if (this.#rules().hierarchical) {
      // Many clients make a directory by an empty object whose name ends in a slash.
      const makesDirectory = key.endsWith('/') && content.size === 0;
      if (key.includes('//') || (key.endsWith('/') && !makesDirectory)) throw new Refused('bad-name');
      this.#tree.make(makesDirectory ? key : parentKey(key), now);
      if (makesDirectory) return NULL_VERSION;
    }
    const place = this.#makeRoom(key, current, versioning, now);
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
      content.inline as ArrayBuffer | null,
    ];
    const columns =
      '(key, version, kind, size, etag, crc64, modified, class, acl, meta, tags, link, cipher, segments, inline, restore, current)';
    const holders = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 1)';
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
    if (!inRow) this.#insertSegments(id, 0, content.segments);
    return place.versionId;
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

  /** A page of a version's segments: those that reach behind byte `start`. */
  segmentPage(row: Row, start: number): { segments: readonly Segment[]; more: number | null } {
    if (row.segments !== null) return { segments: unpackSegments(row.segments), more: null };
    const rows = this.#segmentRows(row.id, start, SEGMENT_PAGE + 1);
    const segments = rows
      .slice(0, SEGMENT_PAGE)
      .map(({ blob, offset, length, crc64 }) => ({ blob, offset, length, crc64 }));
    return { segments, more: rows.length > SEGMENT_PAGE ? rows[SEGMENT_PAGE]!.start : null };
  }

  allSegments(row: Row): readonly Segment[] {
    return row.segments === null ? this.#segmentRows(row.id, 0, -1) : unpackSegments(row.segments);
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
      return { versionId: mintVersionId(), row: null };
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

  #demote(row: Row): void {
    this.#sql.exec('UPDATE version SET current = 0 WHERE id = ?', row.id);
  }

  #releaseContent(row: Row, now: number): void {
    this.#ledger.release(this.allSegments(row), now);
    if (row.segments === null) this.#sql.exec('DELETE FROM segment WHERE owner = ?', row.id);
  }

  #insertSegments(owner: number, at: number, segments: readonly Segment[]): void {
    let start = at;
    for (const { blob, offset, length, crc64 } of segments) {
      this.#sql.exec(
        'INSERT INTO segment (owner, start, blob, offset, length, crc64) VALUES (?, ?, ?, ?, ?, ?)',
        owner,
        start,
        blob,
        offset,
        length,
        crc64,
      );
      start += length;
    }
  }

  #segmentRows(owner: number, start: number, limit: number): Array<Segment & { start: number }> {
    return this.#sql
      .exec<{ start: number; blob: string; offset: number; length: number; crc64: string }>(
        `SELECT start, blob, offset, length, crc64 FROM segment WHERE owner = ?1 AND start >=
           coalesce((SELECT max(start) FROM segment WHERE owner = ?1 AND start <= ?2), 0) ORDER BY start LIMIT ?3`,
        owner,
        start,
        limit,
      )
      .toArray();
  }
}
