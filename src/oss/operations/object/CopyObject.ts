import type { StorageClass } from '../../../bucket/config.ts';
import type {
  Lease,
  ObjectContent,
  ObjectRecord,
  PutReply,
  ReadReply,
  Sight,
  StoredMeta,
  Tags,
} from '../../../index/records.ts';
import { isoDate } from '../../../lib/dates.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import type { Exchange } from '../../exchange.ts';
import { type CopySealing, copySealing, isSealedAs, resealed } from '../../object/copy-seal.ts';
import { CopySource, CopyUnsettled, copyUntilSettled } from '../../object/copy-source.ts';
import { encryptionHeaders, requestSealing } from '../../object/encryption.ts';
import { objectRefusal } from '../../object/headers.ts';
import { requestFlag, requestMeta, requestObjectAcl, requestStorageClass } from '../../object/meta.ts';
import { isFrozen } from '../../object/restore-info.ts';
import { taggingHeader } from '../../object/tagging.ts';
import { discardBlobs } from '../../object/upload.ts';
import { announceObjectAcl } from '../../object/writes.ts';
import { operation } from '../../operation.ts';
import { writeXml } from '../../xml/write.ts';

/**
 * Copies a version of an object (reference 8.1.3). No byte moves, the copy names the same blobs, unless it is to be
 * encrypted otherwise than its source.
 */
export const CopyObject = operation({
  name: 'CopyObject',
  method: 'PUT',
  target: 'object',
  selectHeader: 'x-oss-copy-source',
  action: 'PutObject',
  access: 'write',
  taggingHeader: true,
  paced: true,
  hierarchical: true,
  async run(exchange) {
    const wish = wishOf(exchange);
    const source = await CopySource.open(exchange);
    await announceObjectAcl(exchange, wish.acl);
    const { content, read, put } = await copyUntilSettled(() => copy(exchange, source, wish));
    const etag = `"${content.etag}"`;
    return xmlReply(writeXml('CopyObjectResult', { ETag: etag, LastModified: isoDate(put.modified) }), {
      etag,
      ...(content.crc64 === null ? {} : { 'x-oss-hash-crc64ecma': content.crc64 }),
      ...encryptionHeaders(content.cipher),
      ...source.versionHeader(read.record),
      ...(put.versionId === null ? {} : { 'x-oss-version-id': put.versionId }),
    });
  },
});

/** What the request says about the copy. */
interface Wish {
  readonly replacesMeta: boolean;
  readonly meta: StoredMeta;
  readonly replacesTags: boolean;
  readonly tags: Tags | null;
  readonly acl: ObjectContent['acl'];
  readonly forbidOverwrite: boolean;
}

function wishOf(exchange: Exchange): Wish {
  const { headers } = exchange.request;
  // Conditions without the prefix are no refusal here as with other writes: ali-oss sends each in both forms.
  requestSealing(exchange, headers);
  requestStorageClass(headers, exchange.bucket.storageClass);
  const replacesTags = replaces(headers, 'x-oss-tagging-directive');
  return {
    replacesMeta: replaces(headers, 'x-oss-metadata-directive'),
    meta: requestMeta(headers),
    replacesTags,
    tags: replacesTags ? taggingHeader(headers) : null,
    acl: requestObjectAcl(headers),
    forbidOverwrite: requestFlag(headers, 'x-oss-forbid-overwrite'),
  };
}

/** A directive says `copy` or `replace`, in any case ([CopyObject-15]). */
function replaces(headers: Headers, name: string): boolean {
  const value = headers.get(name);
  if (value === null || value.toLowerCase() === 'copy') return false;
  if (value.toLowerCase() === 'replace') return true;
  throw invalidArgument(name, value.slice(0, 256));
}

interface Copy {
  readonly content: ObjectContent;
  readonly read: ReadReply;
  readonly put: PutReply;
}

async function copy(exchange: Exchange, source: CopySource, wish: Wish): Promise<Copy> {
  const read = await source.read((name, at) => objectRefusal('delete-marker', name, at));
  const inPlace = isInPlace(exchange, source);
  const sealing = copySealing(exchange, read.record, inPlace);
  const isKept = isSealedAs(read, sealing);
  const described = await contentOf(exchange, source, read, wish, { inPlace, isKept });
  if (sealing === 'kept' || isKept) {
    const leases = await exchange.index.borrow(exchange.key, described.segments);
    if (leases === null) throw new CopyUnsettled('a blob is gone');
    return commit(exchange, source, wish, { content: described, read, inPlace, sealing, leases });
  }
  const { content, made } = await resealed(exchange, source, read, described, sealing);
  try {
    return await commit(exchange, source, wish, { content, read, inPlace, sealing });
  } catch (error) {
    // Where it is not known whether the commit came through, they stay.
    if (error instanceof OssError || error instanceof CopyUnsettled) await discardBlobs(exchange, made);
    throw error;
  }
}

interface Draft {
  readonly content: ObjectContent;
  readonly read: ReadReply;
  readonly inPlace: boolean;
  readonly sealing: CopySealing;
  /** For blobs that exist already. */
  readonly leases?: readonly Lease[];
}

async function commit(exchange: Exchange, source: CopySource, wish: Wish, draft: Draft): Promise<Copy> {
  const { key, index } = exchange;
  const { content, read, inPlace, sealing, leases } = draft;
  const answer = await index.put(key, () => {
    if (isInPlace(exchange, source) !== inPlace) throw new CopyUnsettled('versioning has changed');
    if (!isSameSealing(copySealing(exchange, read.record, inPlace), sealing))
      throw new CopyUnsettled('the default encryption has changed');
    return {
      key,
      content: { ...content, storageClass: storageClassOf(exchange, read.record, inPlace) },
      versioning: exchange.bucket.versioning ?? null,
      forbidOverwrite: wish.forbidOverwrite,
      guard: exchange.guard,
      ...(leases === undefined ? {} : { leases }),
      // Who edits an object's metadata must not bring back content that somebody has replaced meanwhile.
      ...(inPlace ? { replaces: sightOf(read.record) } : {}),
    };
  });
  if ('ok' in answer) return { content, read, put: answer.ok };
  if (answer.refused === 'changed' || answer.refused === 'expired-blob') throw new CopyUnsettled(answer.refused);
  throw objectRefusal(answer.refused, key);
}

function isSameSealing(one: CopySealing, other: CopySealing): boolean {
  if (one === 'kept' || other === 'kept') return one === other;
  return one?.key === other?.key;
}

function sightOf({ versionId, etag, size, modified }: ObjectRecord): Sight {
  return { versionId, etag, size, modified };
}

/** Whether an object of a bucket without versioning is copied onto itself: that only edits it ([CopyObject-14]). */
function isInPlace({ bucket, key }: Exchange, source: CopySource): boolean {
  return bucket.versioning === undefined && source.bucket.id === bucket.id && source.name.key === key;
}

async function contentOf(
  exchange: Exchange,
  source: CopySource,
  read: ReadReply,
  wish: Wish,
  { inPlace, isKept }: { readonly inPlace: boolean; readonly isKept: boolean },
): Promise<ObjectContent> {
  const { record } = read;
  // Of an appendable the bytes behind its segments stay there.
  const inline = read.inline ?? read.tail;
  const storageClass = storageClassOf(exchange, record, inPlace);
  const edited = inPlace && isKept && storageClass === record.storageClass;
  if (record.kind === 'Appendable' && !inPlace) {
    throw new OssError('OperationNotSupported', { message: 'An appendable object cannot be copied.' });
  }
  if (!edited && isFrozen(record, exchange.received)) {
    throw new OssError('InvalidObjectState', { extra: { ObjectName: record.key } });
  }
  const { kind, size, etag, crc64, link, cipher } = record;
  const restore = edited ? record.restore : null;
  const { segments } = await source.index.segments(read);
  const meta = takesRequestMeta(wish, inPlace) ? wish.meta : record.meta;
  const goWith = source.mayReadTags() && (inPlace || mayGive(exchange, record.tags));
  const tags = wish.replacesTags ? wish.tags : goWith ? record.tags : null;
  return { kind, size, etag, crc64, storageClass, acl: wish.acl, meta, tags, link, cipher, inline, segments, restore };
}

/** Whether the caller may give these tags to an object: a copy must not be a way round the permission that this takes. */
function mayGive(exchange: Exchange, tags: Tags | null): boolean {
  return tags === null || exchange.judgement.permits({ action: 'PutObject', access: 'write', tags });
}

/** The source's class is never inherited, but an object that is edited keeps its own ([CopyObject-19]). */
function storageClassOf({ request, bucket }: Exchange, record: ObjectRecord, inPlace: boolean): StorageClass {
  return requestStorageClass(request.headers, inPlace ? (record.storageClass as StorageClass) : bucket.storageClass);
}

/** Metadata that comes with an edit replaces what is there, whatever the directive says (evidence for [CopyObject-13]). */
function takesRequestMeta({ replacesMeta, meta }: Wish, inPlace: boolean): boolean {
  if (replacesMeta || !inPlace) return replacesMeta;
  return Object.keys(meta.headers).length > 0 || Object.keys(meta.user).length > 0;
}
