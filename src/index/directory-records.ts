import type { WriteGuard } from './records.ts';

/** What is said to a shard about directories, and answered. Paths have no slash at their end. */

export interface DirectoryCommand {
  readonly path: string;
  readonly guard: WriteGuard;
}

export interface RenameCommand {
  readonly source: string;
  readonly target: string;
  /** What the source was when the caller was judged. */
  readonly directory: boolean;
  readonly guard: WriteGuard;
  /** Longest key that may come out of it, in UTF-8 bytes. */
  readonly keyBytesMax: number;
}

export interface TreeCommand {
  readonly path: string;
  /** A key from which on nothing should be left in the directory, if some of it was deleted already. */
  readonly behind: string | null;
  readonly limit: number;
}

export interface TreePage {
  readonly keys: readonly string[];
  /** Whether the directory has more than these. */
  readonly more: boolean;
}

export interface PruneCommand {
  readonly path: string;
  /** The last keys of the directory, last first. */
  readonly keys: readonly string[];
  readonly guard: WriteGuard;
}
