/** Bounds of the dialect's parameters. */

/** Largest object of one upload, 5 GiB ([PutObject-6]). */
export const UPLOAD_BYTES_MAX = 5 * 1_024 ** 3;
/** Bodies up to this size live in the index row itself: PUT and GET need no R2 call (measured: bench/README.md). */
export const INLINE_BYTES_MAX = 4 * 1_024;
/** A body from which nothing comes for this long is given up ([PutObject-4]). */
export const BODY_IDLE_MS = 60_000;
/** Entries of a listing page ([GetBucket-1], [GetBucket-2]). */
export const LIST_DEFAULT = 100;
export const LIST_MAX = 1_000;
/** Prefix, marker and delimiter must stay below this many UTF-8 bytes ([GetBucket-4]). */
export const LIST_PARAMETER_BYTES = 1_024;
