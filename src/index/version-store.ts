import type { BlobLedger } from './blobs.ts';
import { noteFragmented } from './compaction-queue.ts';
import { Manifests } from './manifests.ts';
import type { ObjectContent, SegmentPage, Versioning } from './records.ts';
import { COLUMNS, packSegments, type Row, unpackSegments } from './rows.ts';
import { mintVersionId, NULL_VERSION } from './versions.ts';

/** Segment lists up to this length live in the version's own row, longer ones in a manifest. */
export const ROW_SEGMENTS_MAX = 32;
/** Segments in one reply. */
const SEGMENT_PAGE = 256;

/** Where a new version goes: its id, and the row that it takes over, if any. */
export interface Place {
  readonly versionId: string;
  readonly row: number | null;
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
  inline: null,
  segments: [],
};

/**
 * Rows of versions and their content: what all operations on objects are made of. Within a key one row is current, and
 * of the others a higher id is newer. Every method runs inside its caller's transaction.
 */
export class VersionStore {
  readonly #sql: SqlStorage;
  readonly #ledger: BlobLedger;
  readonly #manifests: Manifests;

  constructor(sql: SqlStorage, ledger: BlobLedger) {
    this.#sql = sql;
    this.#ledger = ledger;
    this.#manifests = new Manifests(sql, ledger);
  }

  /** The current version, or the one that is named. A delete marker is a row too. */
  find(key: string, versionId?: string): Row | undefined {
    const current = this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM version WHERE key = ? AND current = 1`, key)
      .toArray()[0];
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

  /** Writes a new current version of a key. The content's blobs must be held already. */
  write(
    key: string,
    current: Row | undefined,
    content: ObjectContent,
    versioning: Versioning | null,
    now: number,
  ): string {
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
      inRow ? packSegments(content.segments) : null,
      inRow ? null : this.#manifests.create(content.segments),
      content.inline as ArrayBuffer | null,
      content.restore ? JSON.stringify(content.restore) : null,
    ];
    const columns =
      '(key, version, kind, size, etag, crc64, modified, class, acl, meta, tags, link, segments, manifest, inline, restore, current)';
    const holders = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)';
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
    noteFragmented(this.#sql, id, content.segments.length, content.size, now);
    return place.versionId;
  }

  /** Makes a delete marker the current version. @returns its id */
  writeMarker(key: string, current: Row | undefined, versioning: Versioning, now: number): string {
    return this.write(key, current, emptyMarker, versioning, now);
  }

  /** Removes a version for good. Where it was current, the newest of the others takes its place ([DeleteObject-6]). */
  drop(row: Row, now: number): void {
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
    if (row.manifest === null) this.#ledger.release(unpackSegments(row.segments ?? '[]'), now);
    else this.#manifests.retire(row.manifest, now);
  }
}
