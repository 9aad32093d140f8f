import { besideBare, type Case, inTurn } from '../case.ts';
import { keys, putObjects } from '../objects.ts';
import { KIB, MIB } from '../sizes.ts';

function read(method: 'GET' | 'HEAD', size: string, bytes: number): Case {
  return {
    name: `${method} ${size}`,
    unit: 'req/s',
    concurrency: 16,
    sides: besideBare(async (target) => {
      const names = keys(`read-${size}/`);
      await putObjects(target, names, bytes);
      return { target, call: inTurn(names.map((key) => target.object(method, key))) };
    }),
  };
}

function write(size: string, bytes: number): Case {
  return {
    name: `PUT ${size}`,
    unit: 'req/s',
    concurrency: 16,
    sides: besideBare(async (target) => {
      const calls = keys(`write-${size}/`).map((key) => ({ ...target.object('PUT', key), body: bytes }));
      return { target, call: inTurn(calls) };
    }),
  };
}

/** What the bare Worker can do as well: the same with both. */
export const besideBareCases: readonly Case[] = [
  read('GET', '1KiB', KIB),
  read('HEAD', '1KiB', KIB),
  write('1KiB', KIB),
  read('GET', '64KiB', 64 * KIB),
  write('64KiB', 64 * KIB),
  {
    name: 'LIST 1000',
    unit: 'req/s',
    concurrency: 16,
    sides: besideBare(async (target) => {
      await putObjects(target, keys('list/', 1_000), 1);
      return { target, call: inTurn([target.list('list/')]) };
    }),
  },
  {
    name: 'PUT 256MiB',
    unit: 'MB/s',
    concurrency: 1,
    sides: besideBare(async (target) => {
      const calls = keys('large/', 2).map((key) => ({ ...target.object('PUT', key), body: 256 * MIB }));
      return { target, call: inTurn(calls) };
    }),
  },
  {
    name: 'GET 256MiB',
    unit: 'MB/s',
    concurrency: 1,
    sides: besideBare(async (target) => {
      const names = keys('large-read/', 1);
      await putObjects(target, names, 256 * MIB);
      return { target, call: inTurn(names.map((key) => target.object('GET', key))) };
    }),
  },
];
