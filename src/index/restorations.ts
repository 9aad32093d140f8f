import { unreadable } from './objects.ts';
import type { Answer, ObjectAddress } from './records.ts';
import { type CleanReply, planRestore, type RestoreCommand, type RestoreReply, thawOf } from './restore.ts';
import { recordOf } from './rows.ts';
import type { VersionStore } from './version-store.ts';

/** Restorations of frozen objects. Nothing runs meanwhile: what an object is follows from its row and the clock. */
export class RestorationTable {
  readonly #sql: SqlStorage;
  readonly #versions: VersionStore;

  constructor(sql: SqlStorage, versions: VersionStore) {
    this.#sql = sql;
    this.#versions = versions;
  }

  /** Begins a restoration, or makes a finished one last longer. */
  restore(command: RestoreCommand, now: number): Answer<RestoreReply> {
    const found = this.#find(command);
    if ('refused' in found) return found;
    const { id, record } = found;
    const { outcome, next } = planRestore(record.storageClass, record.restore, command, now);
    if (next !== undefined) this.#sql.exec('UPDATE version SET restore = ? WHERE id = ?', JSON.stringify(next), id);
    return { ok: { outcome, versionId: record.versionId, storageClass: record.storageClass } };
  }

  /** Freezes a restored object before its time. */
  clean(address: ObjectAddress, now: number): Answer<CleanReply> {
    const found = this.#find(address);
    if ('refused' in found) return found;
    const { id, record } = found;
    const thaw = thawOf(record.storageClass, record.restore, now);
    if (thaw === 'restored') this.#sql.exec('UPDATE version SET restore = NULL WHERE id = ?', id);
    return { ok: { thaw, versionId: record.versionId } };
  }

  #find({ key, versionId }: ObjectAddress) {
    const row = this.#versions.find(key, versionId);
    const refusal = unreadable(row, versionId);
    if (refusal !== undefined && 'refused' in refusal) return refusal;
    return { id: row!.id, record: recordOf(row!) };
  }
}
