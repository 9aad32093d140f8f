import { type Case, inTurn, type Side } from '../case.ts';
import { keys } from '../objects.ts';
import { KIB } from '../sizes.ts';

const LANES = 16;

/** Appends one after the other to objects that grow, one object a lane, new ones each round. */
function appends(bytes: number): Side {
  return {
    name: 'append',
    async ready(servers) {
      const target = await servers.gateway();
      let round = 0;
      let positions: number[] = [];
      return {
        target,
        call(_n, lane) {
          const position = positions[lane]!;
          positions[lane] = position + bytes;
          const query = `?append&position=${position}`;
          return target.signed('POST', `append/${bytes}-${round}-${lane}`, { query, body: bytes });
        },
        async refill() {
          round++;
          positions = new Array<number>(LANES).fill(0);
          return Number.POSITIVE_INFINITY;
        },
      };
    },
  };
}

function puts(bytes: number): Side {
  return {
    name: 'put',
    async ready(servers) {
      const target = await servers.gateway();
      const key = inTurn(keys(`append/put-${bytes}/`));
      // Signed as it goes, like the appends, whose calls nobody can know before.
      return { target, call: (n) => target.signed('PUT', key(n), { body: bytes }) };
    },
  };
}

function appendOf(size: string, bytes: number): Case {
  return { name: `APPEND ${size}`, unit: 'req/s', concurrency: LANES, sides: [appends(bytes), puts(bytes)] };
}

/** An append against a PUT of the same bytes. */
export const appendCases: readonly Case[] = [appendOf('1KiB', KIB), appendOf('64KiB', 64 * KIB)];
