/** What the index keeps of an object, and what is said to a shard and answered by it. Plain data: it crosses RPC. */

/** A byte range of an immutable blob. */
export interface Segment {
  readonly blob: string;
  readonly offset: number;
  readonly length: number;
  /** CRC-64 of exactly these bytes, decimal. */
  readonly crc64: string;
}

/** A run of an object's segments. */
export interface SegmentPage {
  /** Where the first of them begins in the object, in bytes; 0 if it is left out. */
  readonly start?: number;
  readonly segments: readonly Segment[];
  /** Where the next page is, if there is one. */
  readonly more: SegmentPlace | null;
}

/** A place in a long list of segments. The list does not change, and is not found any more some time after it was replaced. */
export interface SegmentPlace {
  readonly manifest: number;
  /** Byte offset in the object. */
  readonly start: number;
}

/** A home's leave to hold some of its blobs, as long as the commit that needs it comes within the hour. */
export interface Lease {
  /** Name of the shard whose blobs are meant ... */
  readonly home: string;
  /** ... and of the one that may hold them. */
  readonly holder: string;
  readonly token: number;
  /** ms since the epoch, by the home's clock. */
  readonly granted: number;
}

export type ObjectKind = 'Normal' | 'Multipart' | 'Appendable' | 'Symlink' | 'DeleteMarker' | 'Directory';

/** Metadata that is stored as sent and replayed on download. */
export interface StoredMeta {
  /** Standard headers by lower-case name, such as `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata by lower-case name, without the dialect's prefix. */
  readonly user: Readonly<Record<string, string>>;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Tags in the order in which they were given ([GetObjectTagging-3]); keys are unique, and there is at least one. */
export type Tags = readonly Tag[];

/** ACL of an object. Absent means that the bucket's applies ("default"). */
export type ObjectAcl = 'private' | 'public-read' | 'public-read-write';

/**
 * How content is encrypted at rest, as clients are told. What opens it is kept with the content: in the names of its
 * blobs, or in front of its inline bytes.
 */
export interface ObjectCipher {
  readonly algorithm: 'AES256' | 'KMS';
  /** The client's name of the key; only with KMS. */
  readonly keyId?: string;
}

/** Whether the same is said of two contents. */
export function isSameCipher(one: ObjectCipher | null, other: ObjectCipher | null): boolean {
  return one?.algorithm === other?.algorithm && one?.keyId === other?.keyId;
}

export interface ObjectRecord {
  readonly key: string;
  /** `null` for the version that was written while versioning was not enabled. */
  readonly versionId: string;
  readonly kind: ObjectKind;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** CRC-64 of the whole content, decimal, where it is known. */
  readonly crc64: string | null;
  /** ms since the epoch. */
  readonly modified: number;
  readonly storageClass: string;
  readonly acl: ObjectAcl | null;
  readonly meta: StoredMeta;
  readonly tags: Tags | null;
  /** Target key of a symbolic link. */
  readonly link: string | null;
  readonly restore: RestoreState | null;
  readonly cipher: ObjectCipher | null;
}

/** The last restoration that was asked for of a frozen object. Times in ms; what they mean depends on the clock. */
export interface RestoreState {
  readonly requested: number;
  /** From then on the object can be read ... */
  readonly ready: number;
  /** ... until then. */
  readonly expires: number;
  readonly tier: RestoreTier;
}

export type RestoreTier = 'Expedited' | 'Standard' | 'Bulk';

/** Every call to a shard says which shard it thinks it talks to and by which configuration it was judged. */
export interface Call {
  readonly bucket: string;
  readonly shard: number;
  readonly epoch: number;
  readonly config: number;
  /** Tags that objects of this shard had when the request was judged by them. */
  readonly seen?: readonly SeenTags[];
}

/** The tags of a version as somebody has seen them; null where there was none, or it had none. */
export interface SeenTags extends ObjectAddress {
  readonly tags: Tags | null;
}

/** Why a shard did not run a call at all. */
export type Rejection =
  /** The caller judged by an older configuration than this one: load it, judge again. */
  | { readonly stale: number }
  /** The caller judged by other tags of an object than it has now: look again, judge again. */
  | { readonly retagged: true }
  /** The bucket (or this shard of it) exists no more. */
  | { readonly gone: true }
  /** The bucket is being deleted, or not: ask again in a moment. */
  | { readonly busy: true }
  /** The shard map has changed; its epoch now. */
  | { readonly moved: number };

/** Why an operation on an object was refused. */
export type Refusal =
  | 'no-such-key'
  | 'no-such-version'
  | 'delete-marker'
  | 'exists'
  | 'denied'
  /** What is there takes no more bytes. */
  | 'not-appendable'
  /** A retention policy protects it. */
  | 'immutable'
  /** A directory is in its place. */
  | 'directory'
  /** No object of a hierarchical namespace has such a name. */
  | 'bad-name'
  /** The blob waited so long for its commit that the orphan sweep may have taken it. */
  | 'expired-blob'
  /** What was to be replaced is not what the caller has seen. */
  | 'changed'
  | 'no-such-upload'
  /** A listed part does not exist, or is not the one that is meant. */
  | 'invalid-part'
  /** A part that is not the last one is too small. */
  | 'part-too-small';

export type Answer<T> =
  | { readonly ok: T }
  | { readonly refused: Refusal; readonly at?: MarkerInfo; readonly part?: PartFault }
  | Rejection;

/** The part that stands in the way of a completion. */
export interface PartFault {
  readonly number: number;
  readonly etag: string;
  /** Bytes; null where there is no such part. */
  readonly size: number | null;
}

/** The delete marker that stands in the way of a read. */
export interface MarkerInfo {
  readonly versionId: string;
  readonly modified: number;
}

/** What holds for every change in a bucket, whoever asks. Its shards are told with each configuration version. */
export interface ShardRules {
  readonly hierarchical: boolean;
  readonly retention: Retention | null;
}

/** A retention policy as it protects content. */
export interface Retention {
  /** How long content is protected from when it was written, ms. */
  readonly period: number;
  /** From then on it protects nothing, ms; null once it is locked. */
  readonly lapses: number | null;
}

export type Versioning = 'Enabled' | 'Suspended';

/**
 * How far a caller may change existing objects. `owner` needs no look at them; for others an object's own ACL decides,
 * and `fallback` where it has none.
 */
export interface WriteGuard {
  readonly owner: boolean;
  readonly fallback: boolean;
}

export interface ReadCommand {
  readonly key: string;
  readonly versionId?: string;
  /** Whether segments and inline bytes are wanted. */
  readonly content: boolean;
  /** Whether a directory too is an answer; else it is refused. */
  readonly directories?: boolean;
}

/** A version, and the first page of its segments. */
export interface ReadReply extends SegmentPage {
  readonly record: ObjectRecord;
  /** The whole content, where it lives in the index; then there are no segments. Sealed where there is a cipher. */
  readonly inline: Uint8Array | null;
  /** The bytes behind the segments of an appendable, where not all of its bytes are in blobs. */
  readonly tail: Uint8Array | null;
}

/** A new version as it is written: everything but its place among the others. */
export interface ObjectContent {
  readonly kind: ObjectKind;
  readonly size: number;
  readonly etag: string;
  readonly crc64: string | null;
  readonly storageClass: string;
  readonly acl: ObjectAcl | null;
  readonly meta: StoredMeta;
  readonly tags: Tags | null;
  readonly link: string | null;
  readonly cipher: ObjectCipher | null;
  /**
   * Bytes that live in the index: all of them, sealed where there is a cipher, or those of an appendable without one
   * that follow its segments.
   */
  readonly inline: Uint8Array | null;
  readonly segments: readonly Segment[];
  /** Of an archived object that is only edited: it stays as restored as it was. */
  readonly restore?: RestoreState | null;
}

export interface PutCommand {
  readonly key: string;
  readonly content: ObjectContent;
  readonly versioning: Versioning | null;
  readonly forbidOverwrite: boolean;
  readonly guard: WriteGuard;
  /** Set for copies: the content's blobs exist already, and those of other shards are leased. */
  readonly leases?: readonly Lease[];
  /** Set where the current version must be the one that the caller has seen. */
  readonly replaces?: Sight;
}

/** What tells one content of a key from any other. */
export type Sight = Pick<ObjectRecord, 'versionId' | 'etag' | 'size' | 'modified'>;

export interface PutReply {
  /** Null in a bucket that never had versioning. */
  readonly versionId: string | null;
  readonly modified: number;
}

export interface RemoveEntry {
  readonly key: string;
  readonly versionId?: string;
}

export interface RemoveCommand {
  readonly entries: readonly RemoveEntry[];
  readonly versioning: Versioning | null;
  readonly guard: WriteGuard;
  /** Only say whether it would be refused. */
  readonly dryRun: boolean;
}

export interface Removed {
  /** The version that was removed for good, or the marker that was written. Null in a bucket without versioning. */
  readonly versionId: string | null;
  /** Whether a delete marker was written or removed. */
  readonly marker: boolean;
}

export interface AclCommand {
  readonly key: string;
  readonly versionId?: string;
  readonly acl: ObjectAcl | null;
}

/** One version of an object: the current one where none is named. */
export interface ObjectAddress {
  readonly key: string;
  readonly versionId?: string;
}

export interface TagsCommand extends ObjectAddress {
  readonly tags: Tags | null;
}

export interface ListCommand {
  readonly prefix: string;
  readonly delimiter: string;
  readonly start: ListStart;
  /** Most entries to return. */
  readonly limit: number;
}

/** Where a listing starts or goes on. */
export type ListStart =
  | { readonly after: string }
  /** Inclusive: the first key behind a common prefix. */
  | { readonly from: string };

export type ListEntry = ListedObject | { readonly prefix: string };

export interface ListedObject {
  readonly key: string;
  readonly kind: ObjectKind;
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
  readonly storageClass: string;
  readonly restore: RestoreState | null;
}

export interface ListPage {
  readonly entries: readonly ListEntry[];
  /** Null at the end. */
  readonly next: ListStart | null;
}

/** Figures of one storage class. */
export interface ClassStat {
  readonly storageClass: string;
  readonly objects: number;
  readonly bytes: number;
  /** Bytes as they are billed: small objects of colder classes count as 64 KiB. */
  readonly billed: number;
}

export interface StatReply {
  readonly classes: readonly ClassStat[];
  readonly uploads: number;
  /** When these figures were taken, ms. */
  readonly taken: number;
}
