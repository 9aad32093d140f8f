import type {
  Lease,
  ObjectAcl,
  ObjectCipher,
  PutReply,
  Segment,
  StoredMeta,
  Tags,
  Versioning,
  WriteGuard,
} from './records.ts';

/** What the index keeps of multipart uploads, and what is said to a shard about them. Plain data: it crosses RPC. */

/** What is said when an upload begins: everything but the bytes. */
export interface UploadHead {
  readonly storageClass: string;
  readonly acl: ObjectAcl | null;
  readonly meta: StoredMeta;
  readonly tags: Tags | null;
  /** How its parts are encrypted. */
  readonly cipher: ObjectCipher | null;
}

/** Names an upload. */
export interface UploadRef {
  readonly key: string;
  readonly uploadId: string;
}

export interface InitiateCommand {
  readonly key: string;
  readonly head: UploadHead;
  readonly versioning: Versioning | null;
  readonly forbidOverwrite: boolean;
  readonly guard: WriteGuard;
}

/** A part as it is stored. */
export interface PartContent {
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Decimal. */
  readonly crc64: string;
  readonly segments: readonly Segment[];
}

export interface PutPartCommand extends UploadRef {
  readonly number: number;
  readonly part: PartContent;
  readonly guard: WriteGuard;
  /** Set for copies: see {@link PutCommand}. */
  readonly leases?: readonly Lease[];
}

/** A part as a list shows it. */
export interface ListedPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly crc64: string;
  /** ms since the epoch. */
  readonly modified: number;
}

export interface ListPartsCommand extends UploadRef {
  /** Only parts with greater numbers. */
  readonly after: number;
  readonly limit: number;
}

export interface PartsPage {
  /** What the object will have. */
  readonly storageClass: string;
  readonly parts: readonly ListedPart[];
  readonly truncated: boolean;
}

/** The parts that make an object, in order. */
export interface NamedPart {
  readonly number: number;
  /** Without quotes; case does not matter. */
  readonly etag: string;
}

export interface CompleteCommand extends UploadRef {
  readonly parts: readonly NamedPart[] | 'all';
  /** Smallest size of a part that is not the last one, in bytes. */
  readonly partMin: number;
  readonly versioning: Versioning | null;
  readonly forbidOverwrite: boolean;
  readonly guard: WriteGuard;
  /** Replaces the ACL that the upload began with. */
  readonly acl?: ObjectAcl | null;
}

export interface CompleteReply extends PutReply {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  readonly crc64: string;
  readonly cipher: ObjectCipher | null;
  /** As stored, if any was. */
  readonly contentType: string | undefined;
}

export interface AbortCommand extends UploadRef {
  readonly guard: WriteGuard;
}

/** Where a listing of uploads starts or goes on. */
export type UploadStart =
  /** Behind a key, or with an id behind that upload of the key. */
  | { readonly after: string; readonly uploadId?: string }
  /** Inclusive: the first key behind a common prefix. */
  | { readonly from: string };

export interface ListedUpload extends UploadRef {
  readonly storageClass: string;
  /** ms since the epoch. */
  readonly initiated: number;
}

export type UploadEntry = ListedUpload | { readonly prefix: string };

export interface ListUploadsCommand {
  readonly prefix: string;
  readonly delimiter: string;
  readonly start: UploadStart;
  readonly limit: number;
}

export interface UploadsPage {
  readonly entries: readonly UploadEntry[];
  /** Null at the end. */
  readonly next: UploadStart | null;
}
