import fc from 'fast-check';
import { expect } from 'vitest';
import { expectRefusal } from '../../support/wire.ts';
import { type Content, contentOf, fragmentAt, fragments, joined } from '../content.ts';
import {
  expectAnswer,
  expectDenied,
  keyNames,
  mayWish,
  newVersion,
  type Place,
  pathOf,
  step,
  versionHeader,
  type Wishes,
  wishes,
  wishHeaders,
} from '../steps.ts';

/** Several fragments, one behind the other; `off` is how far the first one is misplaced. */
export const append = step(
  'append',
  fc.record({
    key: keyNames,
    contents: fc.array(fragments, { minLength: 1, maxLength: 7 }),
    wish: wishes,
    off: fc.constantFrom(0, 0, 0, 0, 7),
  }),
  async ({ key, contents, wish, off }, place) => {
    if (off > 0) return appendOne(place, key, fragmentAt(contents[0]!), wish, off);
    for (const content of contents) await appendOne(place, key, fragmentAt(content), wish, 0);
  },
);

async function appendOne({ bucket, who, send }: Place, key: string, fragment: Content, wish: Wishes, off: number) {
  const existing = bucket.current(key);
  const { all, replayed } = wishHeaders(wish);
  const size = existing?.kind === 'Appendable' ? existing.content.bytes.length : 0;
  const answer = await send('POST', pathOf(key, 'append', `position=${size + off}`), {
    headers: all,
    body: fragment.bytes,
  });
  if (!bucket.may(who, 'write', existing) || !mayWish(who, wish)) return expectDenied(answer);
  const { acl = null, tags = [] } = wish;
  if (existing === undefined) {
    if (off > 0) return expectRefusal(answer, 409, 'PositionNotEqualToLength');
    expectAnswer(answer, 200, { 'x-oss-hash-crc64ecma': fragment.crc64 });
    const grown = contentOf(fragment.bytes, answer.header('etag')!);
    bucket.write(key, { kind: 'Appendable', content: grown, meta: replayed, acl, tags }, newVersion(answer, bucket));
  } else if (existing.kind !== 'Appendable' || (existing.closed && off === 0)) {
    return expectRefusal(answer, 409, 'ObjectNotAppendable');
  } else if (existing.closed) {
    return expect(['ObjectNotAppendable', 'PositionNotEqualToLength']).toContain(answer.code);
  } else if (off > 0) {
    expectRefusal(answer, 409, 'PositionNotEqualToLength');
    return expect(answer.header('x-oss-next-append-position')).toBe(String(size));
  } else {
    // An empty fragment changes nothing at all.
    if (fragment.bytes.length > 0) {
      existing.content = contentOf(joined([existing.content, fragment]), answer.header('etag') ?? '');
      if (wish.acl !== undefined) existing.acl = wish.acl;
    }
    expectAnswer(answer, 200, {
      etag: existing.content.etag,
      'x-oss-hash-crc64ecma': existing.content.crc64,
      ...versionHeader(bucket, existing.id),
    });
  }
  const length = bucket.current(key)!.content.bytes.length;
  expect(answer.header('x-oss-next-append-position')).toBe(String(length));
}
