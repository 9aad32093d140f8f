import type { Call } from './load.ts';
import type { Servers, Target } from './targets.ts';

/** One question to measure: its sides are measured in turn, each against the last one. */
export interface Case {
  readonly name: string;
  /** What is counted: requests, or bytes in both directions. */
  readonly unit: 'req/s' | 'MB/s';
  readonly concurrency: number;
  readonly sides: readonly Side[];
}

/** One row of the table. */
export interface Side {
  /** `bare` for what the bare Worker does. */
  readonly name: string;
  /** Puts there what the calls need. Nothing of this is measured. */
  ready(servers: Servers): Promise<Work>;
}

export interface Work {
  readonly target: Target;
  /**
   * The n-th call of a round, from 0.
   * @param lane which of the calls that are made at the same time
   */
  call(n: number, lane: number): Call;
  /** Makes what one round uses up. @returns how many calls that is enough for */
  refill?(): Promise<number>;
  /** Where what a round uses up takes so long to make that none of it is spent on warming up. */
  readonly cold?: true;
  /** The status that counts as good; any 2xx where there is none. */
  readonly status?: number;
}

/** The same with the gateway and with the bare Worker. */
export function besideBare(ready: (target: Target) => Promise<Work>): readonly Side[] {
  return [
    { name: 'ossgate', ready: async (servers) => ready(await servers.gateway()) },
    { name: 'bare', ready: async (servers) => ready(await servers.bare()) },
  ];
}

/** Calls, or whatever else, in turn, over and over. */
export function inTurn<T>(items: readonly T[]): (n: number) => T {
  return (n) => items[n % items.length]!;
}
