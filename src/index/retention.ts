import type { Retention } from './records.ts';

/** Whether a retention policy protects anything now: a locked one always, another until it lapses ([Worm-1], [Worm-2]). */
export function isInForce({ lapses }: Retention, now: number): boolean {
  return lapses === null || !(now >= lapses);
}

/**
 * Whether content of this age may be neither replaced nor deleted. Asked the other way round, so that a figure that
 * cannot be read protects ([Sec-27]).
 * @param modified when the content was written, ms
 */
export function isRetained(modified: number, retention: Retention | null, now: number): boolean {
  return retention !== null && isInForce(retention, now) && !(now >= modified + retention.period);
}
