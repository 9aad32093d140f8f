import type { Call } from './load.ts';
import type { Target } from './targets.ts';

const kib = 1_024;
const mib = 1_024 * kib;

/** One row of the table. */
export interface Case {
  readonly name: string;
  /** What is counted: requests, or bytes in both directions. */
  readonly unit: 'req/s' | 'MB/s';
  readonly concurrency: number;
  /** Requests a round, at least. */
  readonly atLeast: number;
  /** Objects that must be there before: how many, under which prefix, how long. */
  readonly needs?: { readonly prefix: string; readonly count: number; readonly bytes: number };
  /** Length of each request's body. */
  readonly body?: number;
  /** The calls, made once and repeated in turn. */
  calls(target: Target): readonly Call[];
}

/** R2 takes one write a second for a key: a test of few keys would measure that. */
const spread = 512;

const keys = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${objectName(n)}`);

/** The name of the n-th object under a prefix. */
export function objectName(n: number): string {
  return `object-${String(n).padStart(5, '0')}`;
}

function read(method: 'GET' | 'HEAD', size: string, bytes: number): Case {
  const prefix = `read-${size}/`;
  return {
    name: `${method} ${size}`,
    unit: 'req/s',
    concurrency: 16,
    atLeast: 1,
    needs: { prefix, count: spread, bytes },
    calls: (target) => keys(prefix, spread).map((key) => target.object(method, key)),
  };
}

function write(size: string, bytes: number): Case {
  return {
    name: `PUT ${size}`,
    unit: 'req/s',
    concurrency: 16,
    atLeast: 1,
    body: bytes,
    calls: (target) => keys(`write-${size}/`, spread).map((key) => target.object('PUT', key)),
  };
}

export const cases: readonly Case[] = [
  read('GET', '1KiB', kib),
  read('HEAD', '1KiB', kib),
  write('1KiB', kib),
  read('GET', '64KiB', 64 * kib),
  write('64KiB', 64 * kib),
  {
    name: 'LIST 1000',
    unit: 'req/s',
    concurrency: 16,
    atLeast: 1,
    needs: { prefix: 'list/', count: 1_000, bytes: 1 },
    calls: (target) => [target.list('list/')],
  },
  {
    name: 'PUT 256MiB',
    unit: 'MB/s',
    concurrency: 1,
    atLeast: 1,
    body: 256 * mib,
    calls: (target) => keys('large/', 2).map((key) => target.object('PUT', key)),
  },
  {
    name: 'GET 256MiB',
    unit: 'MB/s',
    concurrency: 1,
    atLeast: 1,
    needs: { prefix: 'large-read/', count: 1, bytes: 256 * mib },
    calls: (target) => keys('large-read/', 1).map((key) => target.object('GET', key)),
  },
];
