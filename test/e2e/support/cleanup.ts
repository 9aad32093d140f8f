import { afterAll } from 'vitest';

type Cleanup = () => unknown;

const cleanups: Cleanup[] = [];

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Has something done after the test file, the last first, whatever its tests did. */
export function after(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}
