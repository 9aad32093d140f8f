import type { Used } from './launch.ts';
import { type Measured, percentile } from './load.ts';

/** What a server did in a round. */
export interface Round extends Measured {
  /** Milliseconds of the server's processor time. */
  readonly cpu: number;
}

/** What a row of the table says. */
export interface Row {
  readonly name: string;
  readonly side: string;
  readonly unit: 'req/s' | 'MB/s';
  readonly rounds: readonly Round[];
  /** By the server since it was started. */
  readonly used: Used | undefined;
  /** Rates by those of the side that it is compared with, of each round. Undefined for that side itself. */
  readonly ratios: readonly number[] | undefined;
}

export function printHeader(): void {
  print('case', 'side', 'rate', '', 'p50 ms', 'p99 ms', 'p99.9 ms', 'cpu ms', 'bad', 'RSS MB', 'most MB', 'ratio');
}

export function printRow({ name, side, unit, rounds, used, ratios }: Row): void {
  const latencies = rounds.flatMap((round) => round.latencies).sort((a, b) => a - b);
  const milliseconds = (share: number) => percentile(latencies, share).toFixed(1);
  const megabytes = (bytes: number | undefined) => (bytes === undefined ? '-' : (bytes / 1e6).toFixed(0));
  const sum = (of: (round: Round) => number) => rounds.reduce((total, round) => total + of(round), 0);
  const speed = median(rounds.map((round) => rate(unit, round)));
  print(
    name,
    side,
    speed.toFixed(speed < 10 ? 2 : 0),
    unit,
    milliseconds(0.5),
    milliseconds(0.99),
    milliseconds(0.999),
    (sum(({ cpu }) => cpu) / sum(({ good }) => good)).toFixed(2),
    String(sum(({ bad }) => bad)),
    megabytes(used?.memory),
    megabytes(used?.memoryMost),
    ratios === undefined ? '' : median(ratios).toPrecision(median(ratios) < 1 ? 2 : 3),
  );
}

export function rate(unit: Row['unit'], { good, bytes, seconds }: Measured): number {
  return unit === 'MB/s' ? bytes / 1e6 / seconds : good / seconds;
}

function print(...[name = '', side = '', value = '', unit = '', ...numbers]: string[]): void {
  const columns = numbers.map((text) => text.padStart(8));
  console.log(`${name.padEnd(18)}${side.padEnd(13)}${value.padStart(7)} ${unit.padEnd(5)}${columns.join(' ')}`);
}

function median(numbers: readonly number[]): number {
  const ascending = [...numbers].sort((a, b) => a - b);
  const half = ascending.length / 2;
  return (ascending[Math.ceil(half) - 1]! + ascending[Math.floor(half)]!) / 2;
}
