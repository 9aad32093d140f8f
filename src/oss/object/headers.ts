import type { BucketConfig } from '../../bucket/config.ts';
import type { MarkerInfo, ObjectKind, ObjectRecord, Refusal } from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import { encryptionHeaders } from './encryption.ts';
import { restoreInfo } from './restore-info.ts';

/** What an object without a stored type is ([ObjCommon-20]). */
export const DEFAULT_CONTENT_TYPE = 'application/octet-stream';

/**
 * The headers that describe a version on GET and HEAD; the body's length is the caller's matter.
 * @param source whose bytes the answer is about, where the object is a link
 */
export function objectHeaders(
  record: ObjectRecord,
  bucket: BucketConfig,
  source: ObjectRecord = record,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': DEFAULT_CONTENT_TYPE,
    ...record.meta.headers,
    etag: `"${record.etag}"`,
    'last-modified': new Date(record.modified).toUTCString(),
    'accept-ranges': 'bytes',
    'x-oss-object-type': objectType(record.kind),
    'x-oss-storage-class': record.storageClass,
    ...encryptionHeaders(record.cipher),
  };
  if (record.crc64 !== null) headers['x-oss-hash-crc64ecma'] = record.crc64;
  if (source.kind === 'Normal') headers['content-md5'] = md5OfEtag(source.etag);
  if (record.kind === 'Appendable') headers['x-oss-next-append-position'] = String(record.size);
  for (const name in record.meta.user) headers[`x-oss-meta-${name}`] = record.meta.user[name]!;
  if (bucket.versioning !== undefined) headers['x-oss-version-id'] = record.versionId;
  const restore = restoreInfo(record, Date.now());
  if (restore !== undefined) headers['x-oss-restore'] = restore;
  return headers;
}

/** A directory says that it is a normal object ([ObjCommon-2]). */
export function objectType(kind: ObjectKind): string {
  return kind === 'Directory' ? 'Normal' : kind;
}

/** The ETag of a simple upload is the MD5 of its content: base64 of its hex ([ObjCommon-25]). */
export function md5OfEtag(etag: string): string {
  return Buffer.from(etag, 'hex').toString('base64');
}

/**
 * Answers what the index refused about one object. A read of a marker by its id is 405, everything else about markers
 * is 404 ([ObjCommon-10], [ObjCommon-11]).
 * @param readWith the method of a request that reads the object itself, not its ACL or tags
 */
export function objectRefusal(refused: Refusal, key: string, at?: MarkerInfo, readWith?: string): OssError {
  const headers: Record<string, string> =
    at === undefined ? {} : { 'x-oss-delete-marker': 'true', 'x-oss-version-id': at.versionId };
  switch (refused) {
    case 'no-such-key':
      return new OssError('NoSuchKey', { extra: { Key: key }, headers });
    case 'no-such-version':
      return new OssError('NoSuchVersion', { extra: { Key: key } });
    case 'delete-marker':
      if (readWith === undefined) return new OssError('NoSuchKey', { extra: { Key: key }, headers });
      return new OssError('MethodNotAllowed', {
        extra: { Method: readWith, ResourceType: 'DeleteMarker' },
        headers: { ...headers, allow: 'DELETE' },
      });
    case 'exists':
      return new OssError('FileAlreadyExists', { extra: { Key: key } });
    case 'not-appendable':
      return new OssError('ObjectNotAppendable', { extra: { Key: key } });
    case 'denied':
      return new OssError('AccessDenied');
    case 'immutable':
      return new OssError('FileImmutable', { extra: { Key: key } });
    case 'directory':
      // What most operations on objects answer about a directory ([ObjCommon-2]).
      return new OssError('FileAlreadyExists', {
        message: 'The object you specified already exists and is a directory.',
        extra: { Key: key },
      });
    case 'bad-name':
      return new OssError('InvalidObjectName', { extra: { ObjectName: key.slice(0, 2_048) } });
    // The body waited too long, or was written for a bucket that this one has taken the name of since: sent again, it
    // is taken. Clients repeat a 503 by themselves.
    case 'expired-blob':
    case 'changed':
      return new OssError('ServiceUnavailable', { headers: { 'retry-after': '1' } });
    case 'no-such-upload':
      return new OssError('NoSuchUpload');
    case 'invalid-part':
      return new OssError('InvalidPart');
    case 'part-too-small':
      return new OssError('EntityTooSmall');
  }
}
