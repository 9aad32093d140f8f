import { type Body, run } from './load.ts';
import type { Target } from './targets.ts';

/** R2 takes one write a second for a key: a test of few keys would measure that. */
export const SPREAD = 512;

/** Names of objects under a prefix. */
export function keys(prefix: string, count = SPREAD): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}object-${String(n).padStart(5, '0')}`);
}

/** Puts an object of this body under each name. */
export async function putObjects(target: Target, names: readonly string[], body: Body): Promise<void> {
  const { bad } = await run({
    port: target.port,
    concurrency: Math.min(8, names.length),
    seconds: 0,
    atLeast: names.length,
    call: (n) => ({ ...target.object('PUT', names[n]!), body }),
  });
  if (bad > 0) throw new Error(`${target.name}: ${bad} of ${names.length} objects could not be put: ${names[0]} ...`);
}
