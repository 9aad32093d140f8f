import type { ObjectKind, RestoreState } from './records.ts';

/** What is said to a shard, and answered by it, of many objects at once: listings and figures. */

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
