import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Case, cases, objectName } from './cases.ts';
import { type Measured, percentile, run } from './load.ts';
import { launcher, startBare, startGateway, type Target } from './targets.ts';

const help = `Usage: npm run bench [-- options]

Measures the gateway beside a bare Worker that does nothing but R2, both on the same workerd, sockets and simulators,
in turn. Figures of different runs, or of different machines, say nothing beside each other; the ratio does.

  --case NAME      only cases whose name contains NAME (several times: any of them)
  --seconds N      length of a round (default 4)
  --rounds N       rounds of each side and case (default 3)
  --bare           the bare Worker alone
  --no-pin         leave the processes to any core (default: the generator on one, the servers on another)
  --help           this text

Cases: ${cases.map(({ name }) => name).join(', ')}`;

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
if (chosen.length === 0) throw new Error(`no case is called so; there are ${cases.map(({ name }) => name).join(', ')}`);

const launch = launcher(options['no-pin'] ? [] : pinGenerator());
const targets: Target[] = [];
try {
  targets.push(await startBare(launch));
  if (!options.bare) targets.unshift(await startGateway(launch));
  console.log(row('case', 'target', 'rate', '', 'p50 ms', 'p99 ms', 'p99.9 ms', 'bad', 'RSS MB', 'most MB', 'of bare'));
  for (const one of chosen) await compare(one);
} finally {
  await Promise.all(targets.map((target) => target.stop()));
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

async function compare(one: Case): Promise<void> {
  for (const target of targets) await prepare(one, target);
  const measured = new Map<Target, Measured[]>(targets.map((target) => [target, []]));
  for (const target of targets) await measure(one, target, Math.min(1, seconds)); // To warm up.
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) measured.get(target)?.push(await measure(one, target, seconds));
  }
  const bare = targets.at(-1)!;
  for (const target of targets) {
    const own = measured.get(target)!;
    const others = measured.get(bare)!;
    const ratios = own.map((round, n) => rate(one, round) / rate(one, others[n]!));
    report(one, target, own, target === bare ? '' : median(ratios).toFixed(2));
  }
}

/** Puts the objects there that a case reads. */
async function prepare({ name, needs }: Case, target: Target): Promise<void> {
  if (needs === undefined) return;
  const calls = Array.from({ length: needs.count }, (_, n) => target.object('PUT', `${needs.prefix}${objectName(n)}`));
  const { bad } = await run({
    port: target.port,
    concurrency: Math.min(8, needs.count),
    seconds: 0,
    atLeast: needs.count,
    call: (n) => calls[n]!,
    body: { bytes: needs.bytes },
  });
  if (bad > 0) throw new Error(`${target.name}: ${bad} of the objects that ${name} needs could not be put`);
}

function measure(one: Case, target: Target, time: number): Promise<Measured> {
  const calls = one.calls(target);
  return run({
    port: target.port,
    concurrency: one.concurrency,
    seconds: time,
    atLeast: one.atLeast,
    call: (n) => calls[n % calls.length]!,
    ...(one.body === undefined ? {} : { body: { bytes: one.body } }),
  });
}

function rate({ unit }: Case, { good, bytes, seconds: took }: Measured): number {
  return unit === 'MB/s' ? bytes / 1e6 / took : good / took;
}

function report(one: Case, target: Target, measured: readonly Measured[], ratio: string): void {
  const latencies = measured.flatMap((round) => round.latencies).sort((a, b) => a - b);
  const milliseconds = (share: number) => percentile(latencies, share).toFixed(1);
  const memory = target.memory();
  const megabytes = (bytes: number | undefined) => (bytes === undefined ? '-' : (bytes / 1e6).toFixed(0));
  console.log(
    row(
      one.name,
      target.name,
      median(measured.map((round) => rate(one, round))).toFixed(0),
      one.unit,
      milliseconds(0.5),
      milliseconds(0.99),
      milliseconds(0.999),
      String(measured.reduce((sum, { bad }) => sum + bad, 0)),
      megabytes(memory?.now),
      megabytes(memory?.most),
      ratio,
    ),
  );
}

function row(...[name = '', target = '', value = '', unit = '', ...numbers]: string[]): string {
  const columns = numbers.map((text) => text.padStart(8));
  return `${name.padEnd(12)}${target.padEnd(9)}${value.padStart(7)} ${unit.padEnd(5)}${columns.join(' ')}`;
}

function median(numbers: readonly number[]): number {
  const ascending = [...numbers].sort((a, b) => a - b);
  const half = ascending.length / 2;
  return (ascending[Math.ceil(half) - 1]! + ascending[Math.floor(half)]!) / 2;
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 600)) throw new Error(`${name} must be a number from 0 to 600, not "${text}"`);
  return number;
}
