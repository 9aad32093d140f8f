import type { ClassStat, StatReply } from './listing-records.ts';

/** Below this size an object of a colder class is billed as if it had it ([GetBucketStat-1]). */
const BILLED_MIN = 65_536;
/** Figures of a shard with more rows than this are taken again only after `FRESH_MS`. */
const CHEAP_ROWS = 100_000;
const FRESH_MS = 3_600_000;

/** Sums up a shard. Small shards count afresh each time, large ones at most once an hour ([GetBucketStat-7]). */
export class Statistician {
  readonly #sql: SqlStorage;
  #last: StatReply | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  take(now: number): StatReply {
    const last = this.#last;
    if (last !== undefined && now - last.taken < FRESH_MS && rowsOf(last) > CHEAP_ROWS) return last;
    const classes = this.#sql
      .exec<{ storageClass: string; objects: number; bytes: number; billed: number }>(
        `SELECT class AS storageClass, count(*) AS objects, sum(size) AS bytes, sum(max(size, ?)) AS billed
         FROM version WHERE kind NOT IN ('DeleteMarker', 'Directory') GROUP BY class`,
        BILLED_MIN,
      )
      .toArray() as ClassStat[];
    const { uploads } = this.#sql.exec<{ uploads: number }>('SELECT count(*) AS uploads FROM upload').one();
    this.#last = { classes, uploads, taken: now };
    return this.#last;
  }
}

function rowsOf(stat: StatReply): number {
  return stat.classes.reduce((sum, { objects }) => sum + objects, 0);
}
