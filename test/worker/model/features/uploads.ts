import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { byBytes } from '../../../support/list-model.ts';
import { type Answer, expectRefusal } from '../../support/wire.ts';
import { type Content, contentOf, joined, partAt, partContents } from '../content.ts';
import {
  expectAnswer,
  expectDenied,
  expectMissing,
  keyNames,
  mayWish,
  named,
  newVersion,
  pathOf,
  placed,
  rarely,
  step,
  uploadRefs,
  versionRefs,
  wishes,
  wishHeaders,
} from '../steps.ts';
import { type ModelBucket, type Upload, visible } from '../world.ts';

const PART_MIN = 102_400;

const partNumbers = fc.constantFrom(1, 2, 3, 10_000);

function pick(bucket: ModelBucket, ref: number): { upload?: Upload; key: string; query: string } {
  const upload = placed(bucket.uploads, ref);
  const id = upload?.id ?? 'F'.repeat(32);
  return { ...(upload === undefined ? {} : { upload }), key: upload?.key ?? 'a', query: `uploadId=${id}` };
}

export const initiate = step(
  'initiate',
  fc.record({ key: keyNames, wish: wishes, forbid: rarely(fc.constant(true)) }),
  async ({ key, wish, forbid }, { bucket, who, send }) => {
    const { all, replayed } = wishHeaders(wish);
    const headers = { ...all, ...(forbid ? { 'x-oss-forbid-overwrite': 'true' } : {}) };
    const answer = await send('POST', pathOf(key, 'uploads'), { headers });
    const existing = bucket.current(key);
    if (!bucket.may(who, 'write', existing) || !mayWish(who, wish)) return expectDenied(answer);
    if (forbid && existing !== undefined && bucket.versioning === undefined) {
      return expectRefusal(answer, 409, 'FileAlreadyExists');
    }
    expectAnswer(answer, 200);
    const { acl = null, tags = [] } = wish;
    bucket.uploads.push({
      id: answer.one('UploadId')!,
      key,
      wishes: { meta: replayed, acl, tags },
      parts: new Map(),
    });
  },
);

export const uploadPart = step(
  'uploadPart',
  fc.record({ upload: uploadRefs, number: partNumbers, content: partContents }),
  async ({ upload: ref, number, content }, { bucket, who, send }) => {
    const { upload, key, query } = pick(bucket, ref);
    const { bytes, etag, crc64 } = partAt(content);
    const answer = await send('PUT', pathOf(key, `partNumber=${number}`, query), { body: bytes });
    if (!bucket.may(who, 'write', bucket.current(key))) return expectDenied(answer);
    if (upload === undefined) return expectRefusal(answer, 404, 'NoSuchUpload');
    expectAnswer(answer, 200, { etag, 'x-oss-hash-crc64ecma': crc64 });
    upload.parts.set(number, partAt(content));
  },
);

export const copyPart = step(
  'copyPart',
  fc.record({
    upload: uploadRefs,
    number: partNumbers,
    from: fc.nat(1),
    source: keyNames,
    version: versionRefs,
    range: fc.constantFrom(undefined, undefined, [0, 102_399], [50_000, 180_000], [1, 99]),
  }),
  async ({ upload: ref, number, from, source, version, range }, { bucket, who, send }, world) => {
    const { upload, key, query } = pick(bucket, ref);
    const origin = world.buckets[from]!;
    const { id, query: versionQuery } = named(origin, source, version);
    const headers = {
      'x-oss-copy-source': `/${origin.name}/${encodeURIComponent(source)}${id === undefined ? '' : `?${versionQuery}`}`,
      ...(range === undefined ? {} : { 'x-oss-copy-source-range': `bytes=${range[0]}-${range[1]}` }),
    };
    const answer = await send('PUT', pathOf(key, `partNumber=${number}`, query), { headers });
    const original = visible(origin.find(source, id));
    if (!bucket.may(who, 'write', bucket.current(key))) return expectDenied(answer);
    // Whether the upload or the source is looked at first is not told.
    if (upload === undefined && answer.code === 'NoSuchUpload') return expectRefusal(answer, 404, 'NoSuchUpload');
    if (!origin.may(who, 'read', original)) return expectDenied(answer);
    expect(upload).toBeDefined();
    if (original === undefined) {
      const marker = origin.find(source, id);
      if (marker === undefined || id === undefined) return expectMissing(answer, origin, source, id);
      return expectRefusal(answer, 400, 'InvalidArgument');
    }
    if (original.kind === 'Appendable' || original.kind === 'Symlink') {
      return expectRefusal(answer, 400, 'OperationNotSupported');
    }
    const part = contentOf(cut(original.content, range));
    expectAnswer(answer, 200, { etag: answer.header('etag')! });
    // A whole object that came in pieces has no MD5 to inherit: its part gets one.
    expect(answer.header('etag')).toBe(part.etag);
    upload!.parts.set(number, part);
  },
);

/** A range that does not lie within the source counts as none ([UploadPartCopy-2]). */
function cut({ bytes }: Content, range: readonly number[] | undefined): Uint8Array<ArrayBuffer> {
  if (range === undefined || range[1]! >= bytes.length) return bytes;
  return bytes.slice(range[0], range[1]! + 1);
}

export const complete = step(
  'complete',
  fc.record({
    upload: uploadRefs,
    which: fc.constantFrom('all', 'listed', 'first', 'wrong'),
    forbid: rarely(fc.constant(true)),
  }),
  async ({ upload: ref, which, forbid }, { bucket, who, send }) => {
    const { upload, key, query } = pick(bucket, ref);
    const numbers = [...(upload?.parts.keys() ?? [])].sort((a, b) => a - b);
    if (upload !== undefined && numbers.length === 0) return;
    const chosen = which === 'first' ? numbers.slice(0, 1) : numbers;
    const listed = chosen.map((number) => {
      const etag = which === 'wrong' ? `"${'0'.repeat(32)}"` : upload!.parts.get(number)!.etag;
      return `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
    });
    const answer = await send('POST', pathOf(key, query), {
      headers: {
        ...(which === 'all' ? { 'x-oss-complete-all': 'yes' } : {}),
        ...(forbid ? { 'x-oss-forbid-overwrite': 'true' } : {}),
      },
      ...(which === 'all' ? {} : { body: `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>` }),
    });
    const existing = bucket.current(key);
    if (!bucket.may(who, 'write', existing)) return expectDenied(answer);
    if (upload === undefined) return expectRefusal(answer, 404, 'NoSuchUpload');
    if (which === 'wrong') return expectRefusal(answer, 400, 'InvalidPart');
    const parts = chosen.map((number) => upload.parts.get(number)!);
    if (parts.slice(0, -1).some(({ bytes }) => bytes.length < PART_MIN)) {
      return expectRefusal(answer, 400, 'EntityTooSmall');
    }
    if (forbid && existing !== undefined && bucket.versioning === undefined) {
      return expectRefusal(answer, 409, 'FileAlreadyExists');
    }
    const content = contentOf(joined(parts), etagOf(parts));
    expectAnswer(answer, 200, { etag: content.etag, 'x-oss-hash-crc64ecma': content.crc64 });
    bucket.write(key, { kind: 'Multipart', content, ...upload.wishes }, newVersion(answer, bucket));
    close(bucket, upload);
  },
);

function etagOf(parts: readonly Content[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(etag.replaceAll('"', ''));
  return `"${hash.digest('hex').toUpperCase()}-${parts.length}"`;
}

export const abort = step('abort', fc.record({ upload: uploadRefs }), async ({ upload: ref }, place) => {
  const { bucket, who, send } = place;
  const { upload, key, query } = pick(bucket, ref);
  const answer = await send('DELETE', pathOf(key, query));
  if (!bucket.may(who, 'write', bucket.current(key))) return expectDenied(answer);
  if (upload === undefined) return expectRefusal(answer, 404, 'NoSuchUpload');
  expectAnswer(answer, 204);
  close(bucket, upload);
});

function close(bucket: ModelBucket, upload: Upload): void {
  bucket.uploads.splice(bucket.uploads.indexOf(upload), 1);
}

export const listParts = step(
  'listParts',
  fc.record({ upload: uploadRefs, limit: fc.constantFrom(1, 2, 100) }),
  async ({ upload: ref, limit }, { bucket, who, send }) => {
    const { upload, key, query } = pick(bucket, ref);
    const expected = [...(upload?.parts ?? [])].sort(([a], [b]) => a - b);
    for (let at = 0, marker = ''; ; at += limit) {
      const answer = await send('GET', pathOf(key, query, `max-parts=${limit}`, `part-number-marker=${marker}`));
      if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
      if (upload === undefined) return expectRefusal(answer, 404, 'NoSuchUpload');
      expectAnswer(answer, 200);
      const page = expected.slice(at, at + limit);
      expect(answer.all('PartNumber')).toEqual(page.map(([number]) => String(number)));
      expect(answer.all('ETag')).toEqual(page.map(([, { etag }]) => etag));
      expect(answer.all('Size')).toEqual(page.map(([, { bytes }]) => String(bytes.length)));
      expect(answer.one('IsTruncated')).toBe(String(at + limit < expected.length));
      if (at + limit >= expected.length) return;
      marker = answer.one('NextPartNumberMarker')!;
    }
  },
);

export const listUploads = step(
  'listUploads',
  fc.record({ prefix: fc.constantFrom('', 'a', 'b/'), limit: fc.constantFrom(1, 3, 1_000) }),
  async ({ prefix, limit }, { bucket, who, send }) => {
    const seen: string[] = [];
    for (let markers = ''; ; ) {
      const answer: Answer = await send(
        'GET',
        `?uploads&encoding-type=url&prefix=${prefix}&max-uploads=${limit}${markers}`,
      );
      if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
      expectAnswer(answer, 200);
      const ids = answer.all('UploadId');
      expect(ids.length).toBeLessThanOrEqual(limit);
      seen.push(...answer.all('Key').map((key, i) => `${decodeURIComponent(key)} ${ids[i]}`));
      if (answer.one('IsTruncated') === 'false') break;
      expect(ids.length).toBe(limit);
      markers = `&key-marker=${answer.one('NextKeyMarker')}&upload-id-marker=${answer.one('NextUploadIdMarker')}`;
    }
    const open = bucket.uploads.filter(({ key }) => key.startsWith(prefix));
    const keys = open.map(({ key }) => key).sort(byBytes);
    expect(seen.map((entry) => entry.slice(0, entry.lastIndexOf(' ')))).toEqual(keys);
    expect([...seen].sort()).toEqual(open.map(({ key, id }) => `${key} ${id}`).sort());
  },
);
