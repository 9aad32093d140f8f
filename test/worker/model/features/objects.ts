import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { expectRefusal } from '../../support/wire.ts';
import { contentAt, contents, nothing } from '../content.ts';
import { conditionHeader, conditions, expectRead, rangeHeaders, ranges } from '../reads.ts';
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
import { type ModelBucket, visible } from '../world.ts';

export const put = step(
  'put',
  fc.record({ key: keyNames, content: contents, wish: wishes, forbid: rarely(fc.constant(true)) }),
  async ({ key, content, wish, forbid }, { bucket, who, send }) => {
    const { bytes, etag, md5, crc64 } = contentAt(content);
    const { all, replayed } = wishHeaders(wish);
    const headers = { ...all, ...(forbid ? { 'x-oss-forbid-overwrite': 'true' } : {}) };
    const answer = await send('PUT', pathOf(key), { headers, body: bytes });
    const existing = bucket.current(key);
    if (!bucket.may(who, 'write', existing) || !mayWish(who, wish)) return expectDenied(answer);
    if (forbid && existing !== undefined && bucket.versioning === undefined) {
      return expectRefusal(answer, 409, 'FileAlreadyExists');
    }
    expectAnswer(answer, 200, { etag, 'content-md5': md5, 'x-oss-hash-crc64ecma': crc64 });
    const { acl = null, tags = [] } = wish;
    const version = { kind: 'Normal', content: contentAt(content), meta: replayed, acl, tags } as const;
    bucket.write(key, version, newVersion(answer, bucket));
  },
);

export const get = step(
  'get',
  fc.record({
    key: keyNames,
    version: versionRefs,
    method: fc.constantFrom('GET', 'GET', 'HEAD'),
    condition: conditions,
    range: ranges,
  }),
  async ({ key, version, method, condition, range }, place) => {
    const { bucket, send } = place;
    const { id, query } = named(bucket, key, version);
    const link = bucket.find(key, id)?.link;
    const content = link === undefined ? bucket.find(key, id)?.content : bucket.current(link)?.content;
    const headers = { ...conditionHeader(condition, content), ...rangeHeaders(range) };
    const answer = await send(method, pathOf(key, query), { headers });
    expectRead(answer, place, { key, id, method, condition, range });
  },
);

export const meta = step(
  'objectMeta',
  fc.record({ key: keyNames, version: versionRefs, method: fc.constantFrom('GET', 'HEAD') }),
  async ({ key, version, method }, { bucket, who, send }) => {
    const { id, query } = named(bucket, key, version);
    const answer = await send(method, pathOf(key, 'objectMeta', query));
    const existing = visible(bucket.find(key, id));
    if (!bucket.may(who, 'read', existing)) return expectDenied(answer);
    if (existing === undefined) return expectMissing(answer, bucket, key, id, method);
    const { etag, crc64, bytes } = existing.content;
    expectAnswer(answer, 200, {
      etag,
      'x-oss-hash-crc64ecma': existing.kind === 'Symlink' ? null : crc64,
      'content-length': String(method === 'HEAD' ? bytes.length : 0),
      ...versionHeader(bucket, existing.id),
    });
  },
);

export const remove = step(
  'delete',
  fc.record({ key: keyNames, version: versionRefs }),
  async ({ key, version }, { bucket, who, send }) => {
    const { id, query } = named(bucket, key, version);
    const answer = await send('DELETE', pathOf(key, query));
    const existing = bucket.find(key, id);
    if (!bucket.may(who, 'write', visible(existing))) return expectDenied(answer);
    const isMarker = id === undefined ? bucket.versioning !== undefined : existing?.kind === 'DeleteMarker';
    expectAnswer(answer, 204, { 'x-oss-delete-marker': isMarker ? 'true' : null });
    if (id !== undefined) expectAnswer(answer, 204, versionHeader(bucket, id));
    removeFrom(bucket, key, id, () => newVersion(answer, bucket)!);
  },
);

/** @param markerId what the answer calls the delete marker that was written, if one was */
function removeFrom(bucket: ModelBucket, key: string, id: string | undefined, markerId: () => string): void {
  if (id !== undefined) bucket.drop(key, id);
  else if (bucket.versioning === undefined) bucket.objects.delete(key);
  else bucket.write(key, { kind: 'DeleteMarker', content: nothing, meta: {}, acl: null, tags: [] }, markerId());
}

export const removeMany = step(
  'deleteMultiple',
  fc.record({
    entries: fc.array(fc.record({ key: keyNames, version: versionRefs }), { minLength: 1, maxLength: 6 }),
    quiet: fc.boolean(),
  }),
  async ({ entries, quiet }, { bucket, who, send }) => {
    const wanted = entries.map(({ key, version }) => ({ key, id: named(bucket, key, version).id }));
    // A quiet answer does not tell what the markers are called.
    const silent = quiet && bucket.versioning === undefined;
    const answer = await send('POST', '?delete', batchOf(wanted, silent));
    // All or nothing.
    const mayRemove = wanted.every(({ key, id }) => bucket.may(who, 'write', visible(bucket.find(key, id))));
    if (!mayRemove) return expectDenied(answer);
    expectAnswer(answer, 200);
    const told = answer.text.split('<Deleted>').slice(1);
    expect(told).toHaveLength(silent ? 0 : wanted.length);
    wanted.forEach(({ key, id }, i) => {
      const existing = bucket.find(key, id);
      if (silent) {
        removeFrom(bucket, key, id, () => '');
        return;
      }
      const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(told[i]!)?.[1];
      const isMarker = id === undefined ? bucket.versioning !== undefined : existing?.kind === 'DeleteMarker';
      expect({ key: decodeXml(element('Key')), id: element('VersionId') }).toEqual({ key, id });
      expect(element('DeleteMarker')).toBe(isMarker ? 'true' : undefined);
      removeFrom(bucket, key, id, () => element('DeleteMarkerVersionId')!);
    });
  },
);

export function batchOf(entries: readonly { key: string; id?: string | undefined }[], quiet: boolean) {
  const objects = entries.map(({ key, id }) => {
    const version = id === undefined ? '' : `<VersionId>${id}</VersionId>`;
    return `<Object><Key>${key}</Key>${version}</Object>`;
  });
  const body = `<Delete><Quiet>${quiet}</Quiet>${objects.join('')}</Delete>`;
  return { headers: { 'content-md5': createHash('md5').update(body).digest('base64') }, body };
}

function decodeXml(text: string | undefined): string | undefined {
  return text?.replaceAll('&amp;', '&');
}
