import fc from 'fast-check';
import { expect } from 'vitest';
import { type Answer, expectRefusal } from '../support/wire.ts';
import type { Content } from './content.ts';
import { expectAnswer, expectDenied, expectMissing, type Place, versionHeader } from './steps.ts';
import type { ModelBucket, Version, Who } from './world.ts';

/** What a read must answer. */

export const conditions = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  fc.record({ header: fc.constantFrom('if-match', 'if-none-match'), fits: fc.boolean() }),
);

export const ranges = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  fc.record({
    first: fc.option(fc.constantFrom(0, 1, 99, 4_095, 4_096, 29_999, 102_400, 500_000), { nil: undefined }),
    last: fc.option(fc.constantFrom(0, 1, 100, 4_096, 29_999, 102_399, 204_800, 529_999, 600_000), { nil: undefined }),
    standard: fc.boolean(),
  }),
);

export type Condition = { header: string; fits: boolean } | undefined;
export type Range = { first: number | undefined; last: number | undefined; standard: boolean } | undefined;

/** An object as a read shows it: a link shows its target's content. */
interface Shown {
  readonly version: Version;
  readonly source: Version;
}

/** Follows a link, or asserts the refusal. */
export function shown(answer: Answer, { bucket, who }: Place, version: Version): Shown | undefined {
  if (version.link === undefined) return { version, source: version };
  const source = bucket.current(version.link);
  if (!bucket.may(who, 'read', source)) expectDenied(answer);
  else if (source === undefined) expectRefusal(answer, 404, 'SymlinkTargetNotExist');
  else if (source.kind === 'Symlink') expectRefusal(answer, 400, 'InvalidTargetType');
  else return { version, source };
  return undefined;
}

/** Asserts a GET or HEAD of a key, or of one of its versions. */
export function expectRead(
  answer: Answer,
  place: Place,
  {
    key,
    id,
    method,
    condition,
    range,
  }: { key: string; id?: string | undefined; method: string; condition?: Condition; range?: Range },
): void {
  const { bucket, who } = place;
  const found = bucket.find(key, id);
  const version = found?.kind === 'DeleteMarker' ? undefined : found;
  if (!bucket.may(who, 'read', version)) {
    expectDenied(answer);
    return;
  }
  if (version === undefined) {
    expectMissing(answer, bucket, key, id, method);
    return;
  }
  const what = shown(answer, place, version);
  if (what === undefined) return;
  if (condition !== undefined && condition.fits === (condition.header === 'if-none-match')) {
    if (condition.fits) expect(answer.status).toBe(304);
    else expectRefusal(answer, 412, 'PreconditionFailed');
    return;
  }
  expectContent(answer, method, headersOf(bucket, who, what), what.source.content, range);
}

function headersOf(bucket: ModelBucket, who: Who, { version, source }: Shown): Record<string, string | null> {
  const { content } = source;
  const { tags } = version;
  const maySeeTags = who === 'owner' || who === 'reader';
  return {
    'content-type': 'application/octet-stream',
    'x-oss-meta-a': null,
    ...version.meta,
    ...versionHeader(bucket, version.id),
    etag: content.etag,
    'accept-ranges': 'bytes',
    'x-oss-object-type': version.kind,
    'x-oss-tagging-count': maySeeTags && tags.length > 0 ? String(tags.length) : null,
    'x-oss-hash-crc64ecma': version.kind === 'Symlink' ? null : content.crc64,
    'content-md5': source.kind === 'Normal' ? content.md5 : null,
    'x-oss-next-append-position': version.kind === 'Appendable' ? String(content.bytes.length) : null,
  };
}

/** The whole object, or the bytes that a range means: the rules of [GetObject-8], told once more. HEAD knows no ranges. */
function expectContent(
  answer: Answer,
  method: string,
  headers: Record<string, string | null>,
  { bytes }: Content,
  range: Range,
): void {
  const wanted = range === undefined || method === 'HEAD' ? 'whole' : meant(range, bytes.length);
  if (wanted === 'refused') {
    expectRefusal(answer, 416, 'InvalidRange');
    return;
  }
  const [from, to] = wanted === 'whole' ? [0, bytes.length] : wanted;
  expectAnswer(answer, wanted === 'whole' ? 200 : 206, {
    ...headers,
    'content-length': String(to - from),
    'content-range': wanted === 'whole' ? null : `bytes ${from}-${to - 1}/${bytes.length}`,
  });
  if (method === 'HEAD') return;
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

export function conditionHeader(condition: Condition, content: Content | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return { [condition.header]: condition.fits ? (content?.etag ?? '"X"') : '"OTHER"' };
}

export function rangeHeaders(range: Range): Record<string, string> {
  if (range === undefined) return {};
  const { first, last, standard } = range;
  return { range: `bytes=${first ?? ''}-${last ?? ''}`, ...(standard ? { 'x-oss-range-behavior': 'standard' } : {}) };
}
