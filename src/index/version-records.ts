import type { ListedObject, ListStart } from './listing-records.ts';

/** What is said to a shard about listing versions, and answered by it. */

/** Where a listing of versions starts or goes on. */
export type VersionListStart =
  | ListStart
  /** Behind one version of a key: its older ones come first. */
  | { readonly key: string; readonly olderThan: string };

export interface VersionListCommand {
  readonly prefix: string;
  readonly delimiter: string;
  readonly start: VersionListStart;
  /** Most entries to return. */
  readonly limit: number;
}

/** A version or delete marker. */
export interface ListedVersion extends ListedObject {
  readonly versionId: string;
  readonly latest: boolean;
}

export type VersionListEntry = ListedVersion | { readonly prefix: string };

export interface VersionListPage {
  readonly entries: readonly VersionListEntry[];
  /** Null at the end. */
  readonly next: VersionListStart | null;
}
