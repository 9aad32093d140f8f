import type { Case, Side } from '../case.ts';
import type { Call } from '../load.ts';
import { completion, uploadParts } from '../parts.ts';
import { KIB } from '../sizes.ts';

const SEED = 'complete/seed';

/** Completions of uploads of so many parts, `each` of them a round. */
function completions(parts: number, each: number): Side {
  return {
    name: `${parts} parts`,
    async ready(servers) {
      // Nothing else goes on meanwhile: what is completed here would be compacted at once.
      const target = await servers.uncompacted();
      await target.must(target.signed('PUT', SEED, { body: 100 * KIB }));
      let uploads = 0;
      let calls: readonly Call[] = [];
      return {
        target,
        cold: true,
        call: (n) => calls[n]!,
        async refill() {
          const made: Call[] = [];
          for (let n = 0; n < each; n++) {
            const key = `complete/${parts}-${uploads++}`;
            made.push(completion(target, await uploadParts(target, key, parts, { copyOf: SEED })));
          }
          calls = made;
          return each;
        },
      };
    },
  };
}

/** What a completion costs grows with its parts, but it is one transaction and moves no byte. */
export const completeCases: readonly Case[] = [
  { name: 'COMPLETE 10000', unit: 'req/s', concurrency: 1, sides: [completions(10_000, 1), completions(100, 20)] },
];
