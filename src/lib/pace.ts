/** What may pass at once after a pause, and about what a step waits for, ms. */
export const STEP_MS = 100;
/** Longest step in bytes, however fast the pace: a step is held in memory. */
const STEP_BYTES_MAX = 256 * 1024;

/**
 * A token bucket by time. Bytes are let through once their time is over, so that n of them take n/rate at least; a
 * transfer that lags behind, because its other end is slow, catches up by one step and no more.
 */
export class Pace {
  /** Most bytes to let through at a time. */
  readonly stepBytes: number;
  readonly #bytesPerMs: number;
  /** When all that was let through so far is due, ms. */
  #due: number | undefined;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.stepBytes = Math.max(1, Math.min(STEP_BYTES_MAX, Math.floor(this.#bytesPerMs * STEP_MS)));
  }

  /**
   * Counts bytes that are there to be let through.
   * @param now ms
   * @returns how long to hold them back, in whole ms
   */
  take(bytes: number, now: number): number {
    // A clock that was set back must not hold anything up.
    const due = Math.min(Math.max(this.#due ?? now, now - STEP_MS), now + STEP_MS);
    this.#due = due + bytes / this.#bytesPerMs;
    return Math.max(0, Math.ceil(this.#due - now));
  }
}
