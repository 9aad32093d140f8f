import fc from 'fast-check';
import { shardedBucket } from '../support/wire.ts';
import { steps } from './features/index.ts';
import { finish } from './finish.ts';
import { ModelBucket, type Step, type World } from './world.ts';

/** Runs random sequences of operations against the gateway and the model at once. */

export interface Exploration {
  readonly seed: number;
  /** Operations in all. */
  readonly operations: number;
  /** Operations of one sequence. */
  readonly length: number;
  /** Sequences that run side by side, each with buckets of its own. */
  readonly lanes: number;
}

/** How long a failing sequence is made shorter. */
const SHRINK_MS = 60_000;
/** An operation that takes longer hangs. */
const STEP_MS = 30_000;

class Mismatch extends Error {
  constructor(seed: number, sequence: readonly Step[], cause: unknown) {
    const lines = sequence.map(({ text }, i) => `  ${i + 1}. ${text}`);
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`MODEL_SEED=${seed}: the gateway and the model differ after\n${lines.join('\n')}\n${why}`, { cause });
  }
}

/** @returns the number of operations that were run @throws {Error} with the shortest failing sequence found */
export async function explore({ seed, operations, length, lanes }: Exploration): Promise<number> {
  let begun = 0;
  let done = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (done < operations && !failed) {
      const own = seed + begun++;
      const sequence = fc.sample(steps, { seed: own, numRuns: length });
      const failure = await attempt(sequence);
      if (failure !== undefined) {
        if (failed) return;
        failed = true;
        throw await shortest(own, sequence, failure);
      }
      done += length;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return done;
}

interface Failure {
  readonly error: unknown;
  /** Steps that were run, with the failing one. */
  readonly steps: number;
}

/** Runs a sequence in new buckets. */
async function attempt(sequence: readonly Step[]): Promise<Failure | undefined> {
  const world: World = { buckets: [new ModelBucket(await shardedBucket(1)), new ModelBucket(await shardedBucket(4))] };
  let done = 0;
  try {
    for (const step of sequence) {
      done++;
      await inTime(step.run(world));
    }
    await finish(world);
  } catch (error) {
    return { error, steps: done };
  }
  return undefined;
}

async function inTime(run: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${STEP_MS} ms`)), STEP_MS);
  });
  try {
    await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Leaves out whatever the failure does not need: halves, quarters, ..., single steps. */
async function shortest(seed: number, sequence: readonly Step[], failure: Failure): Promise<Mismatch> {
  const end = Date.now() + SHRINK_MS;
  let best = sequence.slice(0, failure.steps);
  let { error } = failure;
  for (let size = Math.ceil(best.length / 2); ; size = Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      if (Date.now() > end) return new Mismatch(seed, best, error);
      const shorter = best.toSpliced(at, size);
      const again = await attempt(shorter);
      if (again === undefined) at += size;
      else {
        best = shorter.slice(0, again.steps);
        error = again.error;
      }
    }
    if (size === 1) return new Mismatch(seed, best, error);
  }
}
