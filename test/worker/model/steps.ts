import fc from 'fast-check';
import { expect } from 'vitest';
import { type Answer, expectRefusal, send, type Wish } from '../support/wire.ts';
import type { ModelBucket, Step, Who, World } from './world.ts';

/** What steps are made of. */

/** Few, so that operations meet; neighbours, directories and characters of every length. */
const keys = [
  'a',
  'a/',
  'a/b',
  'a/b/c',
  'a0',
  'b/1',
  'b/2',
  'b b+%',
  'c//d',
  '中/文',
  '中',
  '\u{1f600}',
  '\uffee',
  'z',
];

/** Mostly the owner: refusals are quickly explored. */
const callers = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Who>('owner') },
  { weight: 4, arbitrary: fc.constantFrom<Who[]>('reader', 'user', 'other', 'anonymous') },
);

export const acls = fc.constantFrom('private', 'public-read', 'public-read-write');

export const keyNames = fc.constantFrom(...keys);

/** A place of a request, and what the step gets of it. */
export interface Place {
  readonly bucket: ModelBucket;
  readonly who: Who;
  send(method: string, target: string, wish?: Wish): Promise<Answer>;
}

/**
 * A step from plain data.
 * @param run gets the data and where to go with it; throws where the answer is not what the model says
 */
export function step<T>(
  name: string,
  data: fc.Arbitrary<T>,
  run: (data: T, place: Place, world: World) => Promise<void>,
): fc.Arbitrary<Step> {
  const where = fc.record({ at: fc.nat(1), who: callers, scheme: fc.constantFrom('V1', 'V1', 'V4') });
  return fc.tuple(where, data).map(([{ at, who, scheme }, data]) => ({
    text: `${name} ${['one', 'sharded'][at]} as ${who} ${JSON.stringify(data)}`,
    run: (world) => {
      const bucket = world.buckets[at]!;
      const place: Place = {
        bucket,
        who,
        send: (method, target, wish = {}) =>
          send(method, `/${bucket.name}${target}`, { as: who, scheme: scheme as 'V1' | 'V4', ...wish }),
      };
      return run(data, place, world);
    },
  }));
}

export function pathOf(key: string): string {
  return `/${encodeURIComponent(key)}`;
}

/** Asserts a success with these headers; `null` for one that must be absent. */
export function expectAnswer(answer: Answer, status: number, headers: Record<string, string | null> = {}): void {
  expect(`${answer.status} ${answer.code ?? ''}`).toBe(`${status} `);
  const got = Object.fromEntries(Object.keys(headers).map((name) => [name, answer.header(name)]));
  expect(got).toEqual(headers);
}

export function expectDenied(answer: Answer): void {
  expectRefusal(answer, 403, 'AccessDenied');
}
