import type { BlobLedger } from './blobs.ts';
import type {
  AclCommand,
  Answer,
  MarkerInfo,
  ObjectAcl,
  ObjectKind,
  ObjectRecord,
  PutCommand,
  PutReply,
  ReadCommand,
  ReadReply,
  RemoveCommand,
  Removed,
  RemoveEntry,
  Segment,
  StoredMeta,
  Versioning,
  WriteGuard,
} from './records.ts';
import { mintVersionId, NULL_VERSION } from './versions.ts';

/** Segment lists up to this length live in the version's own row, longer ones in their own table. */
const ROW_SEGMENTS_MAX = 32;
/** Segments in one reply. */
const SEGMENT_PAGE = 256;

interface Row extends Record<string, SqlStorageValue> {
  id: number;
  key: string;
  version: string;
  kind: string;
  size: number;
  etag: string;
  crc64: string | null;
  modified: number;
  class: string;
  acl: string | null;
  meta: string;
  segments: string | null;
}

type ContentRow = Row & { inline: ArrayBuffer | null };

/** Where a new version goes: its id, and the row that it takes over, if any. */
interface Place {
  readonly versionId: string;
  readonly row: number | null;
}

const emptyMarker = {
  kind: 'DeleteMarker',
  size: 0,
  etag: '',
  crc64: null,
  storageClass: '',
  acl: null,
  meta: { headers: {}, user: {} },
  segments: [],
  inline: null,
} as const;

const COLUMNS = 'id, key, version, kind, size, etag, crc64, modified, class, acl, meta, segments';

/** Objects and their versions. Every method is one transaction of its caller. */
export class ObjectTable {
  readonly #sql: SqlStorage;
  readonly #ledger: BlobLedger;

  constructor(sql: SqlStorage, ledger: BlobLedger) {
    this.#sql = sql;
    this.#ledger = ledger;
  }

  read(command: ReadCommand): Answer<ReadReply> {
    const columns = command.content ? `${COLUMNS}, inline` : COLUMNS;
    const row = this.#find(command.key, command.versionId, columns) as ContentRow | undefined;
    if (row === undefined) return { refused: command.versionId === undefined ? 'no-such-key' : 'no-such-version' };
    if (row.kind === 'DeleteMarker') {
      return { refused: command.versionId === undefined ? 'no-such-key' : 'delete-marker', at: markerOf(row) };
    }
    if (!command.content) return { ok: { record: recordOf(row), inline: null, segments: [], more: null } };
    const page = this.#segmentPage(row, 0);
    return { ok: { record: recordOf(row), inline: row.inline ? new Uint8Array(row.inline) : null, ...page } };
  }

  put(command: PutCommand, now: number): Answer<PutReply> {
    const current = this.#find(command.key);
    const existing = current !== undefined && current.kind !== 'DeleteMarker' ? current : undefined;
    if (!mayWrite(command.guard, existing)) return { refused: 'denied' };
    if (existing !== undefined && command.forbidOverwrite && command.versioning === null) return { refused: 'exists' };
    this.#ledger.hold(command.segments);
    const place = this.#makeRoom(command.key, current, command.versioning, now);
    this.#write(command, place, now);
    return { ok: { versionId: command.versioning === null ? null : place.versionId, modified: now } };
  }

  /**
   * Removes objects in the order given; each entry sees the effect of those before it. Where the caller may not remove
   * one of them, none is.
   */
  remove(command: RemoveCommand, now: number): Answer<Removed[]> {
    if (!command.guard.owner && !command.entries.every((entry) => this.#mayRemove(entry, command))) {
      return { refused: 'denied' };
    }
    return {
      ok: command.entries.map((entry) =>
        entry.versionId === undefined
          ? this.#removeCurrent(entry.key, command.versioning, now)
          : this.#removeVersion(entry.key, entry.versionId, command.versioning, now),
      ),
    };
  }

  setAcl(command: AclCommand): Answer<{ versionId: string }> {
    const row = this.#find(command.key, command.versionId);
    if (row === undefined) return { refused: command.versionId === undefined ? 'no-such-key' : 'no-such-version' };
    if (row.kind === 'DeleteMarker') return { refused: 'delete-marker', at: markerOf(row) };
    this.#sql.exec('UPDATE version SET acl = ? WHERE id = ?', command.acl, row.id);
    return { ok: { versionId: row.version } };
  }

  /** A further page of a version's segments, from byte `start` on. */
  segments(
    key: string,
    versionId: string,
    start: number,
  ): Answer<{ segments: readonly Segment[]; more: number | null }> {
    const row = this.#find(key, versionId);
    if (row === undefined) return { refused: 'no-such-version' };
    return { ok: this.#segmentPage(row, start) };
  }

  any(): boolean {
    return this.#sql.exec('SELECT 1 FROM version LIMIT 1').toArray().length > 0;
  }

  #find(key: string, versionId?: string, columns = COLUMNS): Row | undefined {
    const current = this.#sql
      .exec<Row>(`SELECT ${columns} FROM version WHERE key = ? AND current = 1`, key)
      .toArray()[0];
    if (versionId === undefined || current?.version === versionId) return current;
    return this.#sql
      .exec<Row>(`SELECT ${columns} FROM version WHERE key = ? AND current = 0 AND version = ?`, key, versionId)
      .toArray()[0];
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
      const older = this.#find(key, NULL_VERSION);
      if (older !== undefined) this.#drop(older, now);
      this.#demote(current);
    }
    return { versionId: NULL_VERSION, row: null };
  }

  #demote(row: Row): void {
    this.#sql.exec('UPDATE version SET current = 0 WHERE id = ?', row.id);
  }

  #releaseContent(row: Row, now: number): void {
    this.#ledger.release(this.#allSegments(row), now);
    if (row.segments === null) this.#sql.exec('DELETE FROM segment WHERE owner = ?', row.id);
  }

  #drop(row: Row, now: number): void {
    this.#releaseContent(row, now);
    this.#sql.exec('DELETE FROM version WHERE id = ?', row.id);
  }

  #write(
    content: Omit<PutCommand, 'kind' | 'versioning' | 'forbidOverwrite' | 'guard'> & { kind: ObjectKind },
    place: Place,
    now: number,
  ): void {
    const inRow = content.segments.length <= ROW_SEGMENTS_MAX;
    const values = [
      content.key,
      place.versionId,
      content.kind,
      content.size,
      content.etag,
      content.crc64,
      now,
      content.storageClass,
      content.acl,
      JSON.stringify(content.meta),
      inRow ? JSON.stringify(content.segments.map(packSegment)) : null,
      content.inline as ArrayBuffer | null,
    ];
    const columns = '(key, version, kind, size, etag, crc64, modified, class, acl, meta, segments, inline, current)';
    const holders = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)';
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
    if (!inRow) this.#insertSegments(id, content.segments);
  }

  #insertSegments(owner: number, segments: readonly Segment[]): void {
    let start = 0;
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

  #mayRemove({ key, versionId }: RemoveEntry, { guard }: RemoveCommand): boolean {
    const row = this.#find(key, versionId);
    return mayWrite(guard, row?.kind === 'DeleteMarker' ? undefined : row);
  }

  #removeCurrent(key: string, versioning: Versioning | null, now: number): Removed {
    const current = this.#find(key);
    if (versioning === null) {
      if (current !== undefined) this.#drop(current, now);
      return { versionId: null, marker: false };
    }
    const place = this.#makeRoom(key, current, versioning, now);
    this.#write({ ...emptyMarker, key }, place, now);
    return { versionId: place.versionId, marker: true };
  }

  #removeVersion(key: string, versionId: string, versioning: Versioning | null, now: number): Removed {
    const row = this.#find(key, versionId);
    const shown = versioning === null ? null : versionId;
    if (row === undefined) return { versionId: shown, marker: false };
    this.#drop(row, now);
    // Where the current version went, the newest of the others takes its place ([DeleteObject-6]).
    this.#sql.exec(
      `UPDATE version SET current = 1 WHERE id = (SELECT max(id) FROM version WHERE key = ? AND current = 0)
       AND NOT EXISTS (SELECT 1 FROM version WHERE key = ? AND current = 1)`,
      key,
      key,
    );
    return { versionId: shown, marker: row.kind === 'DeleteMarker' };
  }

  #segmentPage(row: Row, start: number): { segments: readonly Segment[]; more: number | null } {
    if (row.segments !== null) return { segments: unpackSegments(row.segments), more: null };
    const rows = this.#segmentRows(row.id, start, SEGMENT_PAGE + 1);
    const segments = rows.slice(0, SEGMENT_PAGE);
    return { segments, more: rows.length > SEGMENT_PAGE ? rows[SEGMENT_PAGE]!.start : null };
  }

  #allSegments(row: Row): readonly Segment[] {
    return row.segments === null ? this.#segmentRows(row.id, 0, -1) : unpackSegments(row.segments);
  }

  /** Segments that end behind byte `start`. */
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

function mayWrite(guard: WriteGuard, existing: Row | undefined): boolean {
  if (guard.owner) return true;
  const acl = existing?.acl ?? null;
  return acl === null ? guard.fallback : acl === 'public-read-write';
}

type PackedSegment = [blob: string, offset: number, length: number, crc64: string];

function packSegment({ blob, offset, length, crc64 }: Segment): PackedSegment {
  return [blob, offset, length, crc64];
}

function unpackSegments(text: string): Segment[] {
  if (text === '[]') return [];
  return (JSON.parse(text) as PackedSegment[]).map(([blob, offset, length, crc64]) => ({
    blob,
    offset,
    length,
    crc64,
  }));
}

function recordOf(row: Row): ObjectRecord {
  return {
    key: row.key,
    versionId: row.version,
    kind: row.kind as ObjectKind,
    size: row.size,
    etag: row.etag,
    crc64: row.crc64,
    modified: row.modified,
    storageClass: row.class,
    acl: row.acl as ObjectAcl | null,
    meta: JSON.parse(row.meta) as StoredMeta,
  };
}

function markerOf(row: Row): MarkerInfo {
  return { versionId: row.version, modified: row.modified };
}
