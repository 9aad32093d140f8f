import { hourStamp, parseBlobName, shardPrefix } from './names.ts';
import type { ListedBlob } from './store.ts';

/** What an orphan sweep of one shard may look at. */
export interface SweepWindow {
  /** Prefix to list. */
  prefix: string;
  /** Names from here on are too young: names sort by hour, so a listing can stop at the first one. */
  before: string;
  /** Blobs that R2 stored at or after this moment (ms since the epoch) are too young too. */
  storedBeforeMs: number;
}

/**
 * The blobs of a shard that are old enough to be orphans if no segment names them. A name is made when an upload
 * begins and the row is committed when it ends, so the grace must be longer than any request or multipart commit
 * takes: days, not minutes.
 * @param graceMs age in ms below which a blob is left alone
 */
export function sweepWindow(shardId: string, nowMs: number, graceMs: number): SweepWindow {
  if (!(graceMs >= 0)) throw new RangeError(`not a grace period: ${graceMs}`);
  const prefix = shardPrefix(shardId);
  const cutOff = nowMs - graceMs;
  return { prefix, before: `${prefix}${hourStamp(cutOff)}`, storedBeforeMs: cutOff };
}

/** Whether a listed blob lies in the window. What is not a blob name of ours never does: it is not ours to delete. */
export function isSweepable(blob: ListedBlob, window: SweepWindow): boolean {
  return (
    blob.name.startsWith(window.prefix) &&
    blob.name < window.before &&
    blob.storedMs < window.storedBeforeMs &&
    parseBlobName(blob.name) !== null
  );
}
