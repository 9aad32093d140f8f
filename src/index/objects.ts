import type { BlobLedger } from './blobs.ts';
import type {
  AclCommand,
  Answer,
  ObjectAddress,
  PutCommand,
  PutReply,
  ReadCommand,
  ReadReply,
  RemoveCommand,
  Removed,
  RemoveEntry,
  SeenTags,
  SegmentPage,
  SegmentPlace,
  Sight,
  Tags,
  TagsCommand,
  Versioning,
  WriteGuard,
} from './records.ts';
import { markerOf, type Row, recordOf } from './rows.ts';
import type { VersionStore } from './version-store.ts';

/** The operations on single objects. Every method is one transaction of its caller. */
export class ObjectTable {
  readonly #sql: SqlStorage;
  readonly #versions: VersionStore;
  readonly #ledger: BlobLedger;

  constructor(sql: SqlStorage, versions: VersionStore, ledger: BlobLedger) {
    this.#sql = sql;
    this.#versions = versions;
    this.#ledger = ledger;
  }

  read(command: ReadCommand): Answer<ReadReply> {
    const row = this.#versions.find(command.key, command.versionId);
    const isWanted = command.directories === true && row?.kind === 'Directory';
    const refusal = isWanted ? undefined : unreadable(row, command.versionId);
    if (refusal !== undefined) return refusal;
    const record = recordOf(row!);
    if (!command.content) return { ok: { record, inline: null, tail: null, segments: [], more: null } };
    const inline = this.#versions.inline(row!);
    const tail = inline === null ? this.#versions.tail(row!) : null;
    return { ok: { record, inline, tail, ...this.#versions.segmentPage(row!) } };
  }

  put(command: PutCommand, now: number): Answer<PutReply> {
    const { content, leases } = command;
    return this.place(command, now, () => {
      if (leases === undefined) this.#ledger.hold(content.segments);
      else this.#ledger.share(content.segments, leases, now);
    });
  }

  /**
   * Makes a content the current version of its key.
   * @param hold sees to it that the content holds its blobs; called once nothing stands in the way
   */
  place(command: PutCommand, now: number, hold: () => void): Answer<PutReply> {
    const { key, versioning, content, replaces } = command;
    const current = this.#versions.find(key);
    const existing = visible(current);
    if (!mayWrite(command.guard, existing)) return { refused: 'denied' };
    if (existing !== undefined && command.forbidOverwrite && versioning === null) return { refused: 'exists' };
    if (replaces !== undefined && !isSeen(existing, replaces)) return { refused: 'changed' };
    hold();
    const versionId = this.#versions.write(key, current, content, versioning, now);
    return { ok: { versionId: versioning === null ? null : versionId, modified: now } };
  }

  /**
   * Removes objects in the order given; each entry sees the effect of those before it. Where the caller may not remove
   * one of them, none is.
   */
  remove(command: RemoveCommand, now: number): Answer<Removed[]> {
    const { entries, versioning, guard, dryRun } = command;
    const mayRemove = ({ key, versionId }: RemoveEntry) =>
      mayWrite(guard, visible(this.#versions.find(key, versionId)));
    if (!guard.owner && !entries.every(mayRemove)) return { refused: 'denied' };
    const retained = ({ key, versionId }: RemoveEntry) => {
      const row = this.#versions.find(key, versionId);
      return row !== undefined && this.#versions.retains(row, now);
    };
    if (dryRun) return entries.some(retained) ? { refused: 'immutable' } : { ok: [] };
    return {
      ok: entries.map(({ key, versionId }) =>
        versionId === undefined
          ? this.#removeCurrent(key, versioning, now)
          : this.#removeVersion(key, versionId, versioning, now),
      ),
    };
  }

  setAcl(command: AclCommand): Answer<{ versionId: string }> {
    const row = this.#versions.find(command.key, command.versionId);
    const refusal = unreadable(row, command.versionId);
    if (refusal !== undefined) return refusal;
    this.#sql.exec('UPDATE version SET acl = ? WHERE id = ?', command.acl, row!.id);
    return { ok: { versionId: row!.version } };
  }

  /** Tags of versions, in the order asked for; null where there is no such version, or it has none. */
  tags(addresses: readonly ObjectAddress[]): readonly (Tags | null)[] {
    return addresses.map(({ key, versionId }) => {
      const row = this.#versions.find(key, versionId);
      return row === undefined ? null : recordOf(row).tags;
    });
  }

  /** Whether versions have the tags that somebody has seen. */
  areTagged(seen: readonly SeenTags[]): boolean {
    const now = this.tags(seen);
    return seen.every(({ tags }, i) => JSON.stringify(tags) === JSON.stringify(now[i]));
  }

  /** Replaces the tags of a version; nothing else about it changes ([PutObjectTagging-4]). */
  setTags(command: TagsCommand): Answer<{ versionId: string }> {
    const row = this.#versions.find(command.key, command.versionId);
    const refusal = unreadable(row, command.versionId);
    if (refusal !== undefined) return refusal;
    const tags = command.tags === null ? null : JSON.stringify(command.tags);
    this.#sql.exec('UPDATE version SET tags = ? WHERE id = ?', tags, row!.id);
    return { ok: { versionId: row!.version } };
  }

  /** A further page of the segments of a version that was read before, `limit` of them at most. */
  segments({ manifest, start }: SegmentPlace, limit: number): Answer<SegmentPage> {
    const page = this.#versions.manifestPage(manifest, start, limit);
    return page === undefined ? { refused: 'no-such-version' } : { ok: page };
  }

  #removeCurrent(key: string, versioning: Versioning | null, now: number): Removed {
    const current = this.#versions.find(key);
    if (versioning !== null)
      return { versionId: this.#versions.writeMarker(key, current, versioning, now), marker: true };
    if (current !== undefined) this.#versions.drop(current, now);
    return { versionId: null, marker: false };
  }

  #removeVersion(key: string, versionId: string, versioning: Versioning | null, now: number): Removed {
    const row = this.#versions.find(key, versionId);
    const shown = versioning === null ? null : versionId;
    if (row === undefined) return { versionId: shown, marker: false };
    this.#versions.drop(row, now);
    return { versionId: shown, marker: row.kind === 'DeleteMarker' };
  }
}

/** A row that a client sees as an object: not a delete marker. */
export function visible(row: Row | undefined): Row | undefined {
  return row?.kind === 'DeleteMarker' ? undefined : row;
}

function isSeen(row: Row | undefined, { versionId, etag, size, modified }: Sight): boolean {
  return row?.version === versionId && row.etag === etag && row.size === size && row.modified === modified;
}

/** Why a version cannot be read as an object, if it cannot. */
export function unreadable(row: Row | undefined, versionId: string | undefined): Answer<never> | undefined {
  if (row === undefined) return { refused: versionId === undefined ? 'no-such-key' : 'no-such-version' };
  if (row.kind === 'Directory') return { refused: 'directory' };
  if (row.kind !== 'DeleteMarker') return undefined;
  return { refused: versionId === undefined ? 'no-such-key' : 'delete-marker', at: markerOf(row) };
}

/** Whether a caller may change a key: what exists there decides, by its own ACL if it has one. */
export function mayWrite(guard: WriteGuard, existing: Row | undefined): boolean {
  if (guard.owner) return true;
  const acl = existing?.acl ?? null;
  return acl === null ? guard.fallback : acl === 'public-read-write';
}
