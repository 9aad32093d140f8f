import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace, STEP_MS } from '../../../src/lib/pace.ts';

/** The slowest and the fastest pace that clients may wish, bytes per second. */
const SLOWEST = 102_400;
const FASTEST = 104_857_600;

/** Lets bytes through and waits as told. @returns when they are all through, ms */
function transfer(pace: Pace, bytes: number, begin: number, pauseMs: (step: number) => number = () => 0): number {
  let now = begin;
  for (let left = bytes, step = 0; left > 0; step++) {
    now += pauseMs(step);
    const some = Math.min(left, pace.stepBytes);
    now += pace.take(some, now);
    left -= some;
  }
  return now;
}

describe('a pace', () => {
  it('is kept in steps of 100 ms at most, and of 256 KiB', () => {
    expect(new Pace(SLOWEST).stepBytes).toBe(10_240);
    expect(new Pace(FASTEST).stepBytes).toBe(262_144);
    expect(new Pace(1).stepBytes).toBe(1);
  });

  it('lets nothing through before its time, whatever the pauses of the sender', () => {
    const rates = fc.integer({ min: SLOWEST, max: FASTEST });
    const pauses = fc.array(fc.nat(400), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 4_000_000 }), pauses, (rate, bytes, ms) => {
        const end = transfer(new Pace(rate), bytes, 5_000, (step) => ms[step % ms.length]!);
        // The first bytes are there when the clock starts.
        expect(end - 5_000 - ms[0]!).toBeGreaterThanOrEqual(Math.floor((bytes * 1000) / rate));
      }),
    );
  });

  it('is no slower than that, but for the last ms', () => {
    for (const rate of [SLOWEST, 300_000, 1_000_001, FASTEST]) {
      const ms = transfer(new Pace(rate), 2 * rate, 0);
      expect(ms).toBeGreaterThanOrEqual(2_000);
      expect(ms).toBeLessThanOrEqual(2_001);
    }
  });

  it('after a pause lets one step catch up, and no more', () => {
    const pace = new Pace(SLOWEST);
    transfer(pace, 10 * pace.stepBytes, 0);
    const late = 60_000;
    expect(pace.take(pace.stepBytes, late)).toBe(0);
    expect(pace.take(pace.stepBytes, late)).toBe(STEP_MS);
  });

  it('holds nothing up for long where the clock is set back', () => {
    const pace = new Pace(SLOWEST);
    transfer(pace, pace.stepBytes, 3_600_000);
    expect(pace.take(pace.stepBytes, 0)).toBeLessThanOrEqual(2 * STEP_MS);
  });
});
