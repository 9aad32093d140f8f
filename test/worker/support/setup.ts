import { reset } from 'cloudflare:test';
import { afterAll } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';

afterAll(async () => {
  await reset();
  configCopies.clear();
});
