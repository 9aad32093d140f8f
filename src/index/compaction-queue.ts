/** A content of at least so many segments ... */
const SEGMENTS_MIN = 5;
/** ... of less than this on average costs its readers more than one rewriting does. */
const MEAN_BYTES_MIN = 8 * 1024 ** 2;
/** More segments than this are too many for their size even if they are not that small ... */
const SEGMENTS_MANY = 64;
/** ... up to this mean. */
const MANY_MEAN_BYTES_MIN = 64 * 1024 ** 2;

/** Time for a young object to be overwritten or deleted before anything is done for it. */
const DELAY_MS = 60_000;
/** With more segments than this a whole download needs so many calls that there is no time to lose. */
const SEGMENTS_URGENT = 256;

/** Whether a content should be rewritten into fewer, larger blobs. What compaction makes of it never needs it again. */
export function isFragmented(segments: number, bytes: number): boolean {
  if (segments < SEGMENTS_MIN) return false;
  const mean = bytes / segments;
  return mean < MEAN_BYTES_MIN || (segments > SEGMENTS_MANY && mean < MANY_MEAN_BYTES_MIN);
}

/** Puts a version on compaction's list if its content is in pieces. Inside the caller's transaction. */
export function noteFragmented(sql: SqlStorage, version: number, segments: number, bytes: number, now: number): void {
  if (!isFragmented(segments, bytes)) return;
  sql.exec(
    'INSERT INTO fragmented (version, due) VALUES (?1, ?2) ON CONFLICT (version) DO UPDATE SET due = min(due, ?2)',
    version,
    now + (segments > SEGMENTS_URGENT ? 0 : DELAY_MS),
  );
}

/** When compaction has something to do next, in ms since the epoch. */
export function nextCompaction(sql: SqlStorage): number | undefined {
  const row = sql.exec<{ due: number }>('SELECT due FROM fragmented ORDER BY due LIMIT 1').toArray()[0];
  return row?.due;
}
