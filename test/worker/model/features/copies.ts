import fc from 'fast-check';
import { expect } from 'vitest';
import { expectRefusal } from '../../support/wire.ts';
import {
  expectAnswer,
  expectDenied,
  expectMissing,
  keyNames,
  mayWish,
  named,
  newVersion,
  pathOf,
  rarely,
  step,
  versionRefs,
  wishes,
  wishHeaders,
} from '../steps.ts';
import { visible } from '../world.ts';

export const copy = step(
  'copy',
  fc.record({
    from: fc.nat(1),
    source: keyNames,
    version: versionRefs,
    key: keyNames,
    wish: wishes,
    replaceMeta: fc.boolean(),
    replaceTags: fc.boolean(),
    forbid: rarely(fc.constant(true)),
  }),
  async ({ from, source, version, key, wish, replaceMeta, replaceTags, forbid }, { bucket, who, send }, world) => {
    const origin = world.buckets[from]!;
    const { id, query } = named(origin, source, version);
    const { all, replayed } = wishHeaders(wish);
    const copySource = `/${origin.name}/${encodeURIComponent(source)}${query === '' ? '' : `?${query}`}`;
    const answer = await send('PUT', pathOf(key), {
      headers: {
        ...all,
        'x-oss-copy-source': copySource,
        'x-oss-metadata-directive': replaceMeta ? 'REPLACE' : 'COPY',
        'x-oss-tagging-directive': replaceTags ? 'Replace' : 'Copy',
        ...(forbid ? { 'x-oss-forbid-overwrite': 'true' } : {}),
      },
    });
    const existing = bucket.current(key);
    const original = visible(origin.find(source, id));
    const inPlace = bucket.versioning === undefined && origin === bucket && source === key;
    const mayPut = bucket.may(who, 'write', existing);
    if (!mayWish(who, wish) || !origin.may(who, 'read', original)) return expectDenied(answer);
    // Both are wrong where the destination's own ACL refuses too: either may be said.
    if (!mayPut && answer.code === 'AccessDenied') return expectDenied(answer);
    if (original === undefined) return expectMissing(answer, origin, source, id);
    if (original.kind === 'Appendable' && !inPlace) return expectRefusal(answer, 400, 'OperationNotSupported');
    if (!mayPut) return expectDenied(answer);
    if (forbid && existing !== undefined && bucket.versioning === undefined) {
      return expectRefusal(answer, 409, 'FileAlreadyExists');
    }
    const { etag, crc64 } = original.content;
    expectAnswer(answer, 200, {
      etag,
      'x-oss-hash-crc64ecma': original.kind === 'Symlink' ? null : crc64,
      'x-oss-copy-source-version-id': origin.versioning === undefined ? null : original.id,
    });
    expect(answer.one('ETag')).toBe(etag);
    const editsMeta = replaceMeta || (inPlace && Object.keys(replayed).length > 0);
    const maySeeTags = who === 'owner' || who === 'reader';
    const { kind, content, link } = original;
    const copied = {
      kind,
      content,
      ...(link === undefined ? {} : { link }),
      meta: editsMeta ? replayed : original.meta,
      acl: wish.acl ?? null,
      tags: replaceTags ? (wish.tags ?? []) : maySeeTags ? original.tags : [],
    };
    bucket.write(key, copied, newVersion(answer, bucket));
  },
);
