import { createHash } from 'node:crypto';
import { crc64Combine } from '../blob/crc64-combine.ts';
import { randomHex } from '../lib/random.ts';
import type { BlobLedger } from './blobs.ts';
import { mayWrite, type ObjectTable, visible } from './objects.ts';
import type { Answer, ObjectAcl, ObjectCipher, StoredMeta, Tags } from './records.ts';
import { Refused } from './refused.ts';
import { packSegments, unpackSegments } from './rows.ts';
import type {
  AbortCommand,
  CompleteCommand,
  CompleteReply,
  InitiateCommand,
  ListPartsCommand,
  NamedPart,
  PartsPage,
  PutPartCommand,
  UploadHead,
  UploadRef,
} from './upload-records.ts';
import { refuseDirectory, type VersionStore } from './version-store.ts';

interface UploadRow extends Record<string, SqlStorageValue> {
  id: number;
  class: string;
  acl: string | null;
  meta: string;
  tags: string | null;
  cipher: string | null;
}

interface PartRow extends Record<string, SqlStorageValue> {
  number: number;
  size: number;
  etag: string;
  crc64: string;
  segments: string;
}

/**
 * Multipart uploads that are not completed yet. A part is a row with its blobs, and completion turns the rows of the
 * parts into the segment list of an object: no byte moves. Every method is one transaction of its caller.
 */
export class UploadTable {
  readonly #sql: SqlStorage;
  readonly #ledger: BlobLedger;
  readonly #versions: VersionStore;
  readonly #objects: ObjectTable;

  constructor(sql: SqlStorage, ledger: BlobLedger, versions: VersionStore, objects: ObjectTable) {
    this.#sql = sql;
    this.#ledger = ledger;
    this.#versions = versions;
    this.#objects = objects;
  }

  initiate(command: InitiateCommand, now: number): Answer<{ uploadId: string }> {
    const { key, head, versioning, forbidOverwrite, guard } = command;
    const existing = visible(this.#versions.find(key));
    if (!mayWrite(guard, existing)) return { refused: 'denied' };
    refuseDirectory(existing);
    if (existing !== undefined && forbidOverwrite && versioning === null) return { refused: 'exists' };
    const uploadId = randomHex(16).toUpperCase();
    this.#sql.exec(
      'INSERT INTO upload (key, upload, initiated, class, acl, meta, tags, cipher) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      key,
      uploadId,
      now,
      head.storageClass,
      head.acl,
      JSON.stringify(head.meta),
      head.tags === null ? null : JSON.stringify(head.tags),
      head.cipher === null ? null : JSON.stringify(head.cipher),
    );
    return { ok: { uploadId } };
  }

  /** Whether the caller may go on with an upload: what a commit checks again, asked before a body is read. */
  check(command: AbortCommand): Answer<UploadHead> {
    return { ok: headOf(this.#admitted(command)) };
  }

  /** Stores a part, in place of an earlier one of its number ([UploadPart-3]). */
  putPart(command: PutPartCommand, now: number): Answer<{ modified: number }> {
    const upload = this.#admitted(command);
    const { number, part, leases } = command;
    if (leases === undefined) this.#ledger.hold(part.segments);
    else this.#ledger.share(part.segments, leases, now);
    const older = this.#sql
      .exec<{ segments: string }>('SELECT segments FROM part WHERE upload = ? AND number = ?', upload.id, number)
      .toArray()[0];
    if (older !== undefined) this.#ledger.release(unpackSegments(older.segments), now);
    this.#sql.exec(
      'INSERT OR REPLACE INTO part (upload, number, size, etag, crc64, modified, segments) VALUES (?, ?, ?, ?, ?, ?, ?)',
      upload.id,
      number,
      part.size,
      part.etag,
      part.crc64,
      now,
      packSegments(part.segments),
    );
    return { ok: { modified: now } };
  }

  listParts({ key, uploadId, after, limit }: ListPartsCommand): Answer<PartsPage> {
    const upload = this.#find({ key, uploadId });
    if (upload === undefined) return { refused: 'no-such-upload' };
    const parts = this.#sql
      .exec<{ number: number; size: number; etag: string; crc64: string; modified: number }>(
        'SELECT number, size, etag, crc64, modified FROM part WHERE upload = ? AND number > ? ORDER BY number LIMIT ?',
        upload.id,
        after,
        limit + 1,
      )
      .toArray();
    return {
      ok: { storageClass: upload.class, parts: parts.slice(0, limit), truncated: parts.length > limit },
    };
  }

  abort(command: AbortCommand, now: number): Answer<null> {
    const upload = this.#admitted(command);
    for (const { segments } of this.#parts(upload)) this.#ledger.release(unpackSegments(segments), now);
    this.#remove(upload);
    return { ok: null };
  }

  /**
   * Makes the object of the parts that are named, or of all. The parts' holds on their blobs become the object's; parts
   * that are not named are given up ([CompleteMultipartUpload-4]).
   */
  complete(command: CompleteCommand, now: number): Answer<CompleteReply> {
    const { key, versioning, forbidOverwrite, guard } = command;
    const upload = this.#find(command);
    if (upload === undefined) return { refused: 'no-such-upload' };
    const rows = this.#parts(upload);
    const chosen = command.parts === 'all' ? rows : choose(rows, command.parts);
    if ('refused' in chosen) return chosen;
    const small = chosen.find(({ size }, i) => size < command.partMin && i < chosen.length - 1);
    if (small !== undefined) return { refused: 'part-too-small', part: small };
    const head = headOf(upload);
    const content = {
      kind: 'Multipart',
      ...sumUp(chosen),
      ...head,
      acl: command.acl === undefined ? head.acl : command.acl,
      link: null,
      inline: null,
      segments: chosen.flatMap(({ segments }) => unpackSegments(segments)),
    } as const;
    const used = new Set(chosen);
    const answer = this.#objects.place({ key, content, versioning, forbidOverwrite, guard }, now, () => {
      for (const row of rows) if (!used.has(row)) this.#ledger.release(unpackSegments(row.segments), now);
      this.#remove(upload);
    });
    if (!('ok' in answer)) return answer;
    const { size, etag, crc64, cipher } = content;
    return { ok: { ...answer.ok, size, etag, crc64, cipher, contentType: head.meta.headers['content-type'] } };
  }

  any(): boolean {
    return this.#sql.exec('SELECT 1 FROM upload LIMIT 1').toArray().length > 0;
  }

  #find({ key, uploadId }: UploadRef): UploadRow | undefined {
    return this.#sql
      .exec<UploadRow>(
        'SELECT id, class, acl, meta, tags, cipher FROM upload WHERE key = ? AND upload = ?',
        key,
        uploadId,
      )
      .toArray()[0];
  }

  /**
   * An upload of a key that the caller may write.
   * @throws {Refused} `denied`, `no-such-upload`
   */
  #admitted(command: AbortCommand): UploadRow {
    if (!mayWrite(command.guard, visible(this.#versions.find(command.key)))) throw new Refused('denied');
    const upload = this.#find(command);
    if (upload === undefined) throw new Refused('no-such-upload');
    return upload;
  }

  #parts({ id }: UploadRow): PartRow[] {
    return this.#sql
      .exec<PartRow>('SELECT number, size, etag, crc64, segments FROM part WHERE upload = ? ORDER BY number', id)
      .toArray();
  }

  #remove({ id }: UploadRow): void {
    this.#sql.exec('DELETE FROM part WHERE upload = ?', id);
    this.#sql.exec('DELETE FROM upload WHERE id = ?', id);
  }
}

/** The rows of the parts that are named, both in ascending order. */
function choose(
  rows: readonly PartRow[],
  named: readonly NamedPart[],
): PartRow[] | Extract<Answer<never>, { refused: unknown }> {
  const known = new Map(rows.map((row) => [row.number, row]));
  const chosen: PartRow[] = [];
  for (const { number, etag } of named) {
    const row = known.get(number);
    if (row === undefined || row.etag.toUpperCase() !== etag.toUpperCase())
      return { refused: 'invalid-part', part: { number, etag, size: row?.size ?? null } };
    chosen.push(row);
  }
  return chosen;
}

/**
 * What is said of the whole: its ETag is the MD5 of the parts' ETags as texts, and the number of parts (evidence for
 * [ObjCommon-22]); its CRC-64 is that of the bytes, combined ([CompleteMultipartUpload-8]).
 */
function sumUp(parts: readonly PartRow[]): { size: number; etag: string; crc64: string } {
  const hash = createHash('md5');
  let size = 0;
  let crc = 0n;
  for (const part of parts) {
    hash.update(part.etag);
    crc = crc64Combine(crc, BigInt(part.crc64), part.size);
    size += part.size;
  }
  return { size, etag: `${hash.digest('hex').toUpperCase()}-${parts.length}`, crc64: String(crc) };
}

function headOf(row: UploadRow): UploadHead {
  return {
    storageClass: row.class,
    acl: row.acl as ObjectAcl | null,
    meta: JSON.parse(row.meta) as StoredMeta,
    tags: row.tags === null ? null : (JSON.parse(row.tags) as Tags),
    cipher: row.cipher === null ? null : (JSON.parse(row.cipher) as ObjectCipher),
  };
}
