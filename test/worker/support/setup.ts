import { reset } from 'cloudflare:test';
import { afterAll } from 'vitest';
import { hotBlobs } from '../../../src/blob/hot-store.ts';
import { configCopies } from '../../../src/bucket/config-cache.ts';

// Files share a runtime: each leaves it as it was found, with empty storage.
afterAll(async () => {
  await reset();
  configCopies.clear();
  hotBlobs.clear();
});
