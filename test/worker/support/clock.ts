import { onTestFinished, vi } from 'vitest';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/**
 * Stops the clock of the test, of the gateway and of its Durable Objects, which share an isolate, until the test ends.
 * @returns a function that moves it on, by ms
 */
export function stopClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return (ms) => {
    vi.setSystemTime(Date.now() + ms);
  };
}
