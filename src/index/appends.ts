import { crc64Combine } from '../blob/crc64-combine.ts';
import { randomHex } from '../lib/random.ts';
import type { AppendCommand, AppendReply } from './append-records.ts';
import type { BlobLedger } from './blobs.ts';
import { mayWrite, visible } from './objects.ts';
import { type Answer, isSameCipher, type ObjectContent, type Segment, type Versioning } from './records.ts';
import { type Row, recordOf } from './rows.ts';
import type { VersionStore } from './version-store.ts';

/**
 * Small fragments gather in the index until there are so many bytes, then they become one blob: an object of a million
 * log lines is some thousand blobs, and most appends need no call to R2 at all.
 */
export const TAIL_BYTES_MAX = 128 * 1_024;

/** Appends to objects. Every method is one transaction of its caller, so of many appends at one position one passes. */
export class AppendTable {
  readonly #versions: VersionStore;
  readonly #ledger: BlobLedger;

  constructor(versions: VersionStore, ledger: BlobLedger) {
    this.#versions = versions;
    this.#ledger = ledger;
  }

  /**
   * Adds a fragment to the current version, or creates it where there is none or a delete marker ([AppendObject-4]).
   * @throws {Refused} `immutable` while a retention policy protects what is there ([AppendObject-18])
   */
  append(command: AppendCommand, now: number): Answer<AppendReply> {
    const { key, position, versioning } = command;
    const current = this.#versions.find(key);
    const existing = visible(current);
    if (!mayWrite(command.guard, existing)) return { refused: 'denied' };
    if (existing !== undefined && (existing.kind !== 'Appendable' || existing.closed === 1))
      return { refused: 'not-appendable' };
    if (existing !== undefined) this.#versions.mustYield(existing, now);
    const size = existing?.size ?? 0;
    if (position !== size) return { ok: { outcome: 'misplaced', position: size } };
    const cipher = existing === undefined ? command.creation.cipher : recordOf(existing).cipher;
    if (command.fragment.size > 0 && !isSameCipher(cipher, command.fragment.cipher))
      return { ok: { outcome: 'reseal', cipher } };
    if (existing === undefined) return { ok: this.#create(command, current, now) };
    // An empty fragment changes nothing, the time of the last change included ([AppendObject-7]).
    if (command.fragment.size === 0)
      return { ok: appended(existing.size, recordOf(existing), existing.version, versioning) };
    return { ok: this.#grow(command, existing, now) };
  }

  #create(command: AppendCommand, current: Row | undefined, now: number): AppendReply {
    const { key, fragment, creation, versioning } = command;
    const made = { etag: newEtag(), crc64: fragment.crc64, cipher: creation.cipher };
    this.#ledger.hold(fragment.segments);
    const content = { ...fragment, ...creation, ...made, kind: 'Appendable', link: null } as const;
    const versionId = this.#versions.write(key, current, content, versioning, now);
    return appended(fragment.size, made, versionId, versioning);
  }

  #grow(command: AppendCommand, row: Row, now: number): AppendReply {
    const { fragment, versioning } = command;
    const change = this.#placed(command, row);
    if (change === undefined) {
      return { outcome: 'flush', etag: row.etag, tail: this.#versions.tail(row) ?? new Uint8Array() };
    }
    const size = row.size + fragment.size;
    const made = {
      etag: newEtag(),
      crc64: String(crc64Combine(BigInt(row.crc64 ?? 0), BigInt(fragment.crc64), fragment.size)),
    };
    const { cipher } = recordOf(row);
    this.#ledger.hold(change.segments);
    const acl = command.acl === undefined ? row.acl : command.acl;
    this.#versions.grow(row, { ...made, ...change, size, acl }, now);
    return appended(size, { ...made, cipher }, row.version, versioning);
  }

  /** Where the fragment's bytes go: behind the tail, into blobs, or nowhere until the tail has been flushed. */
  #placed(
    { fragment, flushed }: AppendCommand,
    row: Row,
  ): { segments: readonly Segment[]; tail: Uint8Array | null } | undefined {
    if (flushed?.etag === row.etag) return { segments: flushed.segments, tail: null };
    const tail = this.#versions.tail(row) ?? new Uint8Array();
    if (fragment.inline === null) return tail.length === 0 ? { segments: fragment.segments, tail: null } : undefined;
    if (tail.length + fragment.inline.length > TAIL_BYTES_MAX) return undefined;
    return { segments: [], tail: joined(tail, fragment.inline) };
  }
}

function appended(
  position: number,
  { etag, crc64, cipher }: Pick<ObjectContent, 'etag' | 'crc64' | 'cipher'>,
  versionId: string,
  versioning: Versioning | null,
): AppendReply {
  return {
    outcome: 'appended',
    position,
    etag,
    crc64: crc64 ?? '0',
    cipher,
    versionId: versioning === null ? null : versionId,
  };
}

/** Not the MD5 of anything: 24 hex digits of chance and eight zeros ([ObjCommon-22]). */
function newEtag(): string {
  return `${randomHex(12).toUpperCase()}00000000`;
}

/** Two runs of bytes as one. */
export function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
