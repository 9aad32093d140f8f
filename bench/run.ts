import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Case, Work } from './case.ts';
import { cases } from './cases/index.ts';
import { launcher } from './launch.ts';
import { run } from './load.ts';
import { printHeader, printRow, type Round, rate } from './table.ts';
import { Servers } from './targets.ts';

const names = cases.map(({ name }) => name).join(', ');
const help = `Usage: npm run bench [-- options]

Measures the gateway beside a bare Worker that does nothing but R2, both on the same workerd, sockets and simulators, or
two things that the gateway does beside each other, in turn. Figures of different runs, or of different machines, say
nothing beside each other; the ratio to the last row of a case does.

  --case NAME      only cases whose name contains NAME (several times: any of them)
  --seconds N      length of a round (default 4)
  --rounds N       rounds of each side and case (default 3)
  --bare           the bare Worker alone
  --no-pin         leave the processes to any core (default: the generator on one, the servers on another)
  --help           this text

Cases: ${names}`;

const { values: options } = parseArgs({
  options: {
    case: { type: 'string', multiple: true, default: [''] },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    bare: { type: 'boolean', default: false },
    'no-pin': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.help) {
  console.log(help);
  process.exit(0);
}
const seconds = positive('--seconds', options.seconds);
const rounds = Math.ceil(positive('--rounds', options.rounds));
const chosen = cases.filter(({ name }) => options.case.some((part) => name.toLowerCase().includes(part.toLowerCase())));
if (chosen.length === 0) throw new Error(`no case is called so; there are ${names}`);

const servers = new Servers(launcher(options['no-pin'] ? [] : pinGenerator()));
try {
  printHeader();
  for (const one of chosen) await compare(one);
} finally {
  await servers.stop();
}

/** Keeps this process on the first core and returns the words that keep a server on the second. */
function pinGenerator(): readonly string[] {
  if (availableParallelism() < 2) return [];
  try {
    execFileSync('taskset', ['-a', '-c', '-p', '0', String(process.pid)], { stdio: 'ignore' });
    return ['taskset', '-c', '1'];
  } catch {
    return []; // No taskset here.
  }
}

/** A side while it is measured. */
interface Running {
  readonly side: string;
  readonly work: Work;
  readonly rounds: Round[];
}

async function compare({ name, unit, concurrency, sides }: Case): Promise<void> {
  const running: Running[] = [];
  for (const side of sides) {
    if (options.bare && side.name !== 'bare') continue;
    running.push({ side: side.name, work: await side.ready(servers), rounds: [] });
  }
  for (const { work } of running) if (!work.cold) await measure(work, concurrency, Math.min(1, seconds)); // To warm up.
  for (let round = 0; round < rounds; round++) {
    for (const { work, rounds } of running) rounds.push(await measure(work, concurrency, seconds));
  }
  const reference = running.at(-1);
  for (const one of running) {
    const { side, work, rounds } = one;
    const ratios = rounds.map((round, n) => rate(unit, round) / rate(unit, reference!.rounds[n]!));
    const used = work.target.used();
    printRow({ name, side, unit, rounds, used, ratios: one === reference ? undefined : ratios });
  }
}

async function measure({ target, call, refill, status }: Work, concurrency: number, time: number): Promise<Round> {
  const atMost = (await refill?.()) ?? Number.POSITIVE_INFINITY;
  const before = target.used()?.cpu ?? Number.NaN;
  const measured = await run({ port: target.port, concurrency, seconds: time, atLeast: 1, atMost, call, status });
  return { ...measured, cpu: (target.used()?.cpu ?? Number.NaN) - before };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 600)) throw new Error(`${name} must be a number from 0 to 600, not "${text}"`);
  return number;
}
