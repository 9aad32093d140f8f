import { type Case, inTurn, type Side } from '../case.ts';
import { keys } from '../objects.ts';
import { completion, uploadParts } from '../parts.ts';
import { MIB } from '../sizes.ts';
import type { Gateway } from '../targets.ts';

const SEED = 'copy/seed';

/** Copies of one source to many keys, over and over. */
function copiesOf(name: string, makeSource: (gateway: Gateway) => Promise<string>): Side {
  return {
    name,
    async ready(servers) {
      const target = await servers.gateway();
      const headers = { 'x-oss-copy-source': target.sourceOf(await makeSource(target)) };
      const names = keys(`copy/of-${name}/`);
      return { target, call: inTurn(names.map((key) => target.signed('PUT', key, { headers }))) };
    },
  };
}

/** A copy moves no byte, so that it takes as long whatever its size: a ratio of 1. */
export const copyCases: readonly Case[] = [
  {
    name: 'COPY 1GiB',
    unit: 'req/s',
    concurrency: 16,
    sides: [
      copiesOf('1GiB', async (gateway) => {
        await gateway.must(gateway.signed('PUT', SEED, { body: 256 * MIB }));
        const upload = await uploadParts(gateway, 'copy/1GiB', 4, { copyOf: SEED });
        await gateway.must(completion(gateway, upload));
        return 'copy/1GiB';
      }),
      copiesOf('1MiB', async (gateway) => {
        await gateway.must(gateway.signed('PUT', 'copy/1MiB', { body: MIB }));
        return 'copy/1MiB';
      }),
    ],
  },
];
