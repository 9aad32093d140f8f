import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expectRefusal } from '../../support/wire.ts';
import { contentOf } from '../content.ts';
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
  versionHeader,
  versionRefs,
  wishes,
  wishHeaders,
} from '../steps.ts';
import { visible } from '../world.ts';

export const putSymlink = step(
  'putSymlink',
  fc.record({ key: keyNames, target: keyNames, wish: wishes, forbid: rarely(fc.constant(true)) }),
  async ({ key, target, wish, forbid }, { bucket, who, send }) => {
    const { all, replayed } = wishHeaders(wish);
    const answer = await send('PUT', pathOf(key, 'symlink'), {
      headers: {
        ...all,
        'x-oss-symlink-target': encodeURIComponent(target),
        ...(forbid ? { 'x-oss-forbid-overwrite': 'true' } : {}),
      },
    });
    const existing = bucket.current(key);
    if (!bucket.may(who, 'write', existing) || !mayWish(who, wish)) return expectDenied(answer);
    if (forbid && existing !== undefined && bucket.versioning === undefined) {
      return expectRefusal(answer, 409, 'FileAlreadyExists');
    }
    const etag = `"${createHash('md5').update(target).digest('hex').toUpperCase()}"`;
    expectAnswer(answer, 200, { etag });
    const { acl = null, tags = [] } = wish;
    const content = contentOf(new Uint8Array(), etag);
    bucket.write(
      key,
      { kind: 'Symlink', content, link: target, meta: replayed, acl, tags },
      newVersion(answer, bucket),
    );
  },
);

export const getSymlink = step(
  'getSymlink',
  fc.record({ key: keyNames, version: versionRefs }),
  async ({ key, version }, { bucket, who, send }) => {
    const { id, query } = named(bucket, key, version);
    const answer = await send('GET', pathOf(key, 'symlink', query));
    const existing = visible(bucket.find(key, id));
    if (!bucket.may(who, 'read', existing)) return expectDenied(answer);
    if (existing === undefined) return expectMissing(answer, bucket, key, id, 'GET');
    if (existing.link === undefined) return expectRefusal(answer, 400, 'NotSymlink');
    expectAnswer(answer, 200, {
      'x-oss-symlink-target': existing.link.split('/').map(encodeURIComponent).join('/'),
      etag: existing.content.etag,
      ...versionHeader(bucket, existing.id),
    });
  },
);
