import type { StorageClass } from '../../bucket/config.ts';
import type { ObjectAcl, StoredMeta, Tags } from '../../index/records.ts';
import type { CallbackFacts } from '../callback/body.ts';
import type { Exchange } from '../exchange.ts';
import { encryptionHeaders, requestSealing, type Sealing, sealingInForce } from './encryption.ts';
import { md5OfEtag, objectRefusal } from './headers.ts';
import { isInfrequent, requestFlag, requestMeta, requestObjectAcl, requestStorageClass } from './meta.ts';
import { taggingHeader } from './tagging.ts';
import { commitBody, type Uploaded, type UploadOptions } from './upload.ts';
import { announceObjectAcl, mayOverwrite } from './writes.ts';

/** How an object is to be stored that comes in one piece, by PutObject or by a form. */
export interface PutWishes {
  readonly meta: StoredMeta;
  readonly acl: ObjectAcl | null;
  readonly tags: Tags | null;
  /** Asked again at the commit, where the bucket may have turned out to be another one of the same name. */
  readonly storageClass: () => StorageClass;
  readonly forbidOverwrite: boolean;
  /** Asked again too, as the storage class. */
  readonly sealing: () => Sealing | null;
}

/**
 * Reads what an upload wishes.
 * @throws {OssError} InvalidArgument, and those of {@link requestSealing}
 */
export function putWishes(exchange: Exchange): PutWishes {
  const headers = exchange.wishes;
  // Refused now, where it is none.
  requestStorageClass(headers, exchange.bucket.storageClass);
  const sealing = () => requestSealing(exchange, headers);
  sealing();
  return {
    meta: requestMeta(headers),
    acl: requestObjectAcl(headers),
    tags: taggingHeader(headers),
    storageClass: () => requestStorageClass(headers, exchange.bucket.storageClass),
    forbidOverwrite: requestFlag(headers, 'x-oss-forbid-overwrite'),
    sealing,
  };
}

export interface StoredObject {
  /** What a callback can tell of it. */
  readonly facts: CallbackFacts;
  /** Headers of the answer. */
  readonly headers: Record<string, string>;
}

/**
 * Stores an object. Nothing of the body is read before it is known that it may be, and the body is complete in R2
 * before the object exists.
 * @param upload takes the body
 * @throws {OssError} AccessDenied, FileAlreadyExists, and whatever `upload` refuses
 */
export async function putObject(
  exchange: Exchange,
  key: string,
  wishes: PutWishes,
  upload: (options: Pick<UploadOptions, 'infrequent' | 'sealing'>) => Promise<Uploaded>,
): Promise<StoredObject> {
  const { acl, meta, tags, storageClass, forbidOverwrite } = wishes;
  await mayOverwrite(exchange, key);
  await announceObjectAcl(exchange, acl);
  const sealing = wishes.sealing();
  const body = await upload({ infrequent: isInfrequent(storageClass()), sealing });
  const content = {
    kind: 'Normal',
    size: body.size,
    etag: body.md5,
    crc64: body.crc64,
    acl,
    meta,
    tags,
    link: null,
    inline: body.inline,
    segments: body.segments,
  } as const;
  const answer = await commitBody(exchange, body, () =>
    exchange.index.put(key, () => ({
      key,
      content: { ...content, storageClass: storageClass(), cipher: sealingInForce(wishes.sealing(), sealing) },
      versioning: exchange.bucket.versioning ?? null,
      forbidOverwrite,
      guard: exchange.guard,
    })),
  );
  if ('refused' in answer) throw objectRefusal(answer.refused, key);
  const { versionId } = answer.ok;
  const { size, md5: etag, crc64 } = body;
  const contentMd5 = md5OfEtag(etag);
  return {
    facts: { key, etag, size, contentType: meta.headers['content-type'], crc64, contentMd5 },
    headers: {
      etag: `"${etag}"`,
      'content-md5': contentMd5,
      'x-oss-hash-crc64ecma': crc64,
      ...encryptionHeaders(sealing?.cipher ?? null),
      ...(versionId === null ? {} : { 'x-oss-version-id': versionId }),
    },
  };
}
