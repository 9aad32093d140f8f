import fc from 'fast-check';
import { expect } from 'vitest';
import { type Answer, expectRefusal, send, type Wish } from '../support/wire.ts';
import type { Acl, ModelBucket, Step, Tag, Who, World } from './world.ts';

/** What steps are made of. */

/** Few, so that operations meet; neighbours, directories and characters of every length. */
const hot = ['a', 'a/b', '中/文'];
const cold = ['a/', 'a0', 'b b+%', 'c//d', '\u{1f600}', '\uffee', '中'];

/** Mostly the owner: refusals are quickly explored. */
const callers = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Who>('owner') },
  { weight: 1, arbitrary: fc.constantFrom<Who[]>('reader', 'user', 'other', 'anonymous') },
);

export const acls = fc.constantFrom<Acl[]>('private', 'public-read', 'public-read-write');

export const keyNames = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hot) },
  { weight: 2, arbitrary: fc.constantFrom(...cold) },
);

/** Mostly absent. */
export function rarely<T>(value: fc.Arbitrary<T>, weight = 5): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight, arbitrary: fc.constant(undefined) }, value);
}

/** What an upload may say of its object. */
export const wishes = fc.record({
  meta: fc.constantFrom(undefined, 'a', 'b c'),
  type: fc.constantFrom(undefined, 'text/plain'),
  acl: rarely(acls),
  tags: rarely(
    fc.constantFrom<Tag[][]>(
      [['k', 'v']],
      [
        ['b', '2'],
        ['a', ''],
      ],
    ),
  ),
});

export type Wishes = typeof wishes extends fc.Arbitrary<infer T> ? T : never;

/** Headers that are replayed, and those that are not. */
export function wishHeaders({ meta, type, acl, tags }: Wishes) {
  const replayed: Record<string, string> = {
    ...(meta === undefined ? {} : { 'x-oss-meta-a': meta }),
    ...(type === undefined ? {} : { 'content-type': type }),
  };
  return {
    replayed,
    all: {
      ...replayed,
      ...(acl === undefined ? {} : { 'x-oss-object-acl': acl }),
      ...(tags === undefined ? {} : { 'x-oss-tagging': tags.map(([key, value]) => `${key}=${value}`).join('&') }),
    },
  };
}

/** Whether a caller may write with these wishes: an ACL opens no tags. */
export function mayWish(who: Who, { tags }: Wishes): boolean {
  return tags === undefined || who === 'owner';
}

/** One of some things that may be there, by its place; 3 is one that never was. */
const places = fc.nat(3);

export function placed<T>(things: readonly T[], place: number): T | undefined {
  return place === 3 ? undefined : things[place % Math.max(things.length, 1)];
}

/** A version of a key, the newest first; mostly none is named. */
export const versionRefs = rarely(places, 3);

/** An upload of a bucket. */
export const uploadRefs = places;

const NEVER = `CAEQ${'0'.repeat(60)}`;

/** @returns the version's id, and the query that names it */
export function named(bucket: ModelBucket, key: string, ref: number | undefined): { id?: string; query: string } {
  if (ref === undefined) return { query: '' };
  const id = placed(bucket.versions(key), ref)?.id ?? NEVER;
  return { id, query: `versionId=${id}` };
}

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
  const where = fc.record({ at: fc.nat(1), who: callers, scheme: fc.constantFrom<('V1' | 'V4')[]>('V1', 'V1', 'V4') });
  return fc.tuple(where, data).map(([{ at, who, scheme }, data]) => ({
    text: `${name} ${['one', 'sharded'][at]} as ${who} ${JSON.stringify(data)}`,
    run: (world) => {
      const bucket = world.buckets[at]!;
      const place: Place = {
        bucket,
        who,
        send: (method, target, wish = {}) => send(method, `/${bucket.name}${target}`, { as: who, scheme, ...wish }),
      };
      return run(data, place, world);
    },
  }));
}

/** @param query items of the query; empty ones are left out */
export function pathOf(key: string, ...query: readonly string[]): string {
  const items = query.filter((item) => item !== '');
  return `/${encodeURIComponent(key)}${items.length > 0 ? `?${items.join('&')}` : ''}`;
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

/** Asserts the answer about a key, or one of its versions, that has no object. */
export function expectMissing(
  answer: Answer,
  bucket: ModelBucket,
  key: string,
  id: string | undefined,
  readWith?: string,
) {
  const marker = bucket.find(key, id);
  if (marker === undefined) expectRefusal(answer, 404, id === undefined ? 'NoSuchKey' : 'NoSuchVersion');
  else if (id !== undefined && readWith !== undefined) expectRefusal(answer, 405, 'MethodNotAllowed');
  else expectRefusal(answer, 404, 'NoSuchKey');
  expect(answer.header('x-oss-delete-marker')).toBe(marker === undefined ? null : 'true');
}

/** Asserts what an answer says of the version that was written. @returns its id, null in a bucket without versioning */
export function newVersion(answer: Answer, { versioning }: ModelBucket): string | null {
  const id = answer.header('x-oss-version-id');
  if (versioning === 'Enabled') expect(id).toMatch(/^CAEQ[0-9a-f]{60}$/);
  else expect(id).toBe(versioning === undefined ? null : 'null');
  return id;
}

/** The header that names a version, in the buckets that tell. */
export function versionHeader({ versioning }: ModelBucket, id: string): Record<string, string | null> {
  return { 'x-oss-version-id': versioning === undefined ? null : id };
}
