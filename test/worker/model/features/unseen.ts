import { evictDurableObject } from 'cloudflare:test';
import fc from 'fast-check';
import { compact, maintain, shardsOf } from '../../support/audit.ts';
import { configOf } from '../../support/wire.ts';
import { step } from '../steps.ts';

const DAY_MS = 24 * 3_600_000;

/** What goes on behind the wire, and must change nothing that can be seen. */
export const unseen = step(
  'unseen',
  fc.record({ what: fc.constantFrom('compact', 'collect', 'restart') }),
  async ({ what }, _, { buckets }) => {
    const configs = await Promise.all(buckets.map(({ name }) => configOf(name)));
    // Two days later: what lost its holder is due.
    if (what === 'collect') await maintain(configs, 2 * DAY_MS);
    else if (what === 'compact') for (const config of configs) await compact(config);
    else for (const stub of configs.flatMap(shardsOf)) await evictDurableObject(stub).catch(() => {});
  },
);
