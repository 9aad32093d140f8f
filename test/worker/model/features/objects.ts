import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Answer, expectRefusal } from '../../support/wire.ts';
import { contentAt, contents } from '../content.ts';
import { acls, expectAnswer, expectDenied, keyNames, pathOf, step } from '../steps.ts';
import type { Acl, Version } from '../world.ts';

const rare = fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.constant(true));

export const put = step(
  'put',
  fc.record({
    key: keyNames,
    content: contents,
    meta: fc.constantFrom(undefined, 'a', 'b c'),
    type: fc.constantFrom(undefined, 'text/plain'),
    acl: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, acls),
    forbid: rare,
  }),
  async ({ key, content, meta, type, acl, forbid }, { bucket, who, send }) => {
    const { bytes, etag, md5, crc64 } = contentAt(content);
    const sent = {
      ...(meta === undefined ? {} : { 'x-oss-meta-a': meta }),
      ...(type === undefined ? {} : { 'content-type': type }),
    };
    const options = {
      ...(acl === undefined ? {} : { 'x-oss-object-acl': acl }),
      ...(forbid ? { 'x-oss-forbid-overwrite': 'true' } : {}),
    };
    const answer = await send('PUT', pathOf(key), { headers: { ...sent, ...options }, body: bytes });
    const existing = bucket.objects.get(key);
    if (!bucket.may(who, 'write', existing)) return expectDenied(answer);
    if (forbid && existing !== undefined) return expectRefusal(answer, 409, 'FileAlreadyExists');
    expectAnswer(answer, 200, { etag, 'content-md5': md5, 'x-oss-hash-crc64ecma': crc64 });
    bucket.objects.set(key, {
      content: contentAt(content),
      headers: {
        'content-type': 'application/octet-stream',
        'x-oss-object-type': 'Normal',
        'content-md5': md5,
        ...sent,
      },
      acl: (acl as Acl | undefined) ?? null,
    });
  },
);

/** What every read of a version must show. */
function headersOf({ content, headers }: Version): Record<string, string> {
  return { ...headers, etag: content.etag, 'x-oss-hash-crc64ecma': content.crc64, 'accept-ranges': 'bytes' };
}

const conditions = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  fc.record({ header: fc.constantFrom('if-match', 'if-none-match'), fits: fc.boolean() }),
);

const ranges = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  fc.record({
    first: fc.option(fc.constantFrom(0, 1, 99, 4_095, 4_096, 29_999, 500_000), { nil: undefined }),
    last: fc.option(fc.constantFrom(0, 1, 100, 4_096, 29_999, 529_999, 600_000), { nil: undefined }),
    standard: fc.boolean(),
  }),
);

type Condition = { header: string; fits: boolean } | undefined;
type Range = { first: number | undefined; last: number | undefined; standard: boolean } | undefined;

export const get = step(
  'get',
  fc.record({ key: keyNames, method: fc.constantFrom('GET', 'GET', 'HEAD'), condition: conditions, range: ranges }),
  async ({ key, method, condition, range }, { bucket, who, send }) => {
    const existing = bucket.objects.get(key);
    const headers = { ...conditionHeader(condition, existing), ...rangeHeaders(range) };
    const answer = await send(method, pathOf(key), { headers });
    if (!bucket.may(who, 'read', existing)) return expectDenied(answer);
    if (existing === undefined) return expectRefusal(answer, 404, 'NoSuchKey');
    if (condition !== undefined && condition.fits === (condition.header === 'if-none-match')) {
      return condition.fits ? expect(answer.status).toBe(304) : expectRefusal(answer, 412, 'PreconditionFailed');
    }
    if (method === 'GET') return expectBody(answer, existing, range);
    expectAnswer(answer, 200, { ...headersOf(existing), 'content-length': String(existing.content.bytes.length) });
  },
);

function conditionHeader(condition: Condition, existing: Version | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return { [condition.header]: condition.fits ? (existing?.content.etag ?? '"X"') : '"OTHER"' };
}

function rangeHeaders(range: Range): Record<string, string> {
  if (range === undefined) return {};
  const { first, last, standard } = range;
  return {
    range: `bytes=${first ?? ''}-${last ?? ''}`,
    ...(standard ? { 'x-oss-range-behavior': 'standard' } : {}),
  };
}

/** The whole object, or the bytes that a range means: the rules of [GetObject-8], told once more. */
export function expectBody(answer: Answer, version: Version, range?: Range): void {
  const { bytes } = version.content;
  const wanted = range === undefined ? 'whole' : meant(range, bytes.length);
  if (wanted === 'refused') {
    expectRefusal(answer, 416, 'InvalidRange');
    return;
  }
  const [from, to] = wanted === 'whole' ? [0, bytes.length] : wanted;
  expectAnswer(answer, wanted === 'whole' ? 200 : 206, {
    ...headersOf(version),
    'content-length': String(to - from),
    'content-range': wanted === 'whole' ? null : `bytes ${from}-${to - 1}/${bytes.length}`,
  });
  expect(answer.bytes.length).toBe(to - from);
  expect(Buffer.compare(answer.bytes, bytes.subarray(from, to))).toBe(0);
}

function meant({ first, last, standard }: NonNullable<Range>, size: number): [number, number] | 'whole' | 'refused' {
  const outside = standard ? 'refused' : 'whole';
  if (first === undefined && last === undefined) return 'whole';
  if (first === undefined) {
    if (last === 0) return 'refused';
    if (size === 0) return outside;
    return last! <= size ? [size - last!, size] : standard ? [0, size] : 'whole';
  }
  if (last !== undefined && last < first) return 'whole';
  if (first >= size) return outside;
  if (last === undefined) return [first, size];
  return last < size ? [first, last + 1] : standard ? [first, size] : 'whole';
}

export const meta = step(
  'objectMeta',
  fc.record({ key: keyNames, method: fc.constantFrom('GET', 'HEAD') }),
  async ({ key, method }, { bucket, who, send }) => {
    const existing = bucket.objects.get(key);
    const answer = await send(method, `${pathOf(key)}?objectMeta`);
    if (!bucket.may(who, 'read', existing)) return expectDenied(answer);
    if (existing === undefined) return expectRefusal(answer, 404, 'NoSuchKey');
    const { etag, crc64, bytes } = existing.content;
    const length = method === 'HEAD' ? bytes.length : 0;
    expectAnswer(answer, 200, { etag, 'x-oss-hash-crc64ecma': crc64, 'content-length': String(length) });
  },
);

export const remove = step('delete', fc.record({ key: keyNames }), async ({ key }, { bucket, who, send }) => {
  const answer = await send('DELETE', pathOf(key));
  if (!bucket.may(who, 'write', bucket.objects.get(key))) return expectDenied(answer);
  expectAnswer(answer, 204);
  bucket.objects.delete(key);
});

export const removeMany = step(
  'deleteMultiple',
  fc.record({ keys: fc.array(keyNames, { minLength: 1, maxLength: 6 }), quiet: fc.boolean() }),
  async ({ keys, quiet }, { bucket, who, send }) => {
    const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('');
    const body = `<Delete><Quiet>${quiet}</Quiet>${objects}</Delete>`;
    const md5 = createHash('md5').update(body).digest('base64');
    const answer = await send('POST', '?delete', { headers: { 'content-md5': md5 }, body });
    // All or nothing.
    if (!keys.every((key) => bucket.may(who, 'write', bucket.objects.get(key)))) return expectDenied(answer);
    expectAnswer(answer, 200);
    expect(answer.all('Key')).toEqual(quiet ? [] : keys);
    for (const key of keys) bucket.objects.delete(key);
  },
);
