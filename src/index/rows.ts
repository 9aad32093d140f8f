import type {
  MarkerInfo,
  ObjectAcl,
  ObjectCipher,
  ObjectKind,
  ObjectRecord,
  RestoreState,
  Segment,
  StoredMeta,
  Tags,
} from './records.ts';

/** A row of `version` without its inline bytes. */
export interface Row extends Record<string, SqlStorageValue> {
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
  tags: string | null;
  link: string | null;
  restore: string | null;
  cipher: string | null;
  segments: string | null;
  closed: number;
  manifest: number | null;
}

export const COLUMNS =
  'id, key, version, kind, size, etag, crc64, modified, class, acl, meta, tags, link, restore, cipher, segments, closed, manifest';

export function recordOf(row: Row): ObjectRecord {
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
    tags: row.tags === null ? null : (JSON.parse(row.tags) as Tags),
    link: row.link,
    restore: row.restore === null ? null : (JSON.parse(row.restore) as RestoreState),
    cipher: row.cipher === null ? null : (JSON.parse(row.cipher) as ObjectCipher),
  };
}

export function markerOf(row: Row): MarkerInfo {
  return { versionId: row.version, modified: row.modified };
}

type PackedSegment = [blob: string, offset: number, length: number, crc64: string];

/** Segments as a row keeps them. */
export function packSegments(segments: readonly Segment[]): string {
  return JSON.stringify(
    segments.map(({ blob, offset, length, crc64 }): PackedSegment => [blob, offset, length, crc64]),
  );
}

export function unpackSegments(text: string): Segment[] {
  if (text === '[]') return [];
  return (JSON.parse(text) as PackedSegment[]).map(([blob, offset, length, crc64]) => ({
    blob,
    offset,
    length,
    crc64,
  }));
}
