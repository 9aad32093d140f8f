import { browserRequired, chromiumMissing, chromiumPath } from './chromium.ts';

/** Says once in a run what is not tested here, and why. */
export function setup(): void {
  if (chromiumPath === undefined && !browserRequired) console.log(`skipped: ${chromiumMissing}`);
}
