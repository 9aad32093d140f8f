import { openBytes } from '../../blob/cipher.ts';
import type { ObjectCipher, ObjectRecord, ReadReply } from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { conditionsOf, failedCondition } from './conditions.ts';
import { objectRefusal } from './headers.ts';
import { mustBeThawed } from './restore-info.ts';
import { readTarget, shownLink } from './symlink.ts';
import { requestedVersion } from './version-param.ts';

export interface ReadOptions {
  readonly content: boolean;
  readonly conditional: boolean;
  /** Whether a link leads to its target's content. GET shows the link's storage class, HEAD the target's. */
  readonly follow?: 'get' | 'head';
}

export interface ObjectRead extends ReadReply {
  /** Whose content this is: the object's own record, or that of the target that a link led to. */
  readonly source: ObjectRecord;
}

/**
 * Reads the addressed version from the index: exists, may be read, and the conditions hold. Who may not read learns
 * nothing about the object ([Sec-25]).
 * @throws {OssError} NoSuchKey, NoSuchVersion, MethodNotAllowed, AccessDenied, NotModified, PreconditionFailed; with
 * `content` InvalidObjectState; of a link that is followed SymlinkTargetNotExist, InvalidTargetType
 */
export async function readObject(exchange: Exchange, options: ReadOptions): Promise<ObjectRead> {
  const { key } = exchange;
  const answer = await exchange.index.read({
    key,
    ...requestedVersion(exchange),
    content: options.content,
    directories: true,
  });
  if ('refused' in answer) {
    // Somebody whom only an object's own ACL could let in is told of no missing object.
    exchange.judgement.judgeObject({ acl: null });
    throw objectRefusal(answer.refused, key, answer.at, exchange.request.method);
  }
  exchange.judgement.judgeObject(answer.ok.record);
  const read = await followed(exchange, answer.ok, options);
  if (options.conditional) checkConditions(exchange, read.record);
  if (options.content) mustBeThawed(read.source);
  return { ...read, inline: await plainInline(exchange, read.inline, read.source.cipher) };
}

/** Bytes that came with a record are sealed where the object is. What is read from blobs is plain anyway. */
export async function plainInline(
  { settings }: Exchange,
  inline: Uint8Array | null,
  cipher: ObjectCipher | null,
): Promise<Uint8Array | null> {
  if (inline === null || cipher === null) return inline;
  return openBytes(settings.encryption.ring, inline as Uint8Array<ArrayBuffer>);
}

async function followed(exchange: Exchange, read: ReadReply, { follow, content }: ReadOptions): Promise<ObjectRead> {
  const { record } = read;
  if (follow === undefined || record.link === null) return { ...read, source: record };
  const target = await readTarget(exchange, record, record.link, content);
  return { ...target, record: shownLink(record, target.record, follow), source: target.record };
}

function checkConditions(exchange: Exchange, record: ObjectRecord): void {
  const failed = failedCondition(conditionsOf(exchange.request.headers), record);
  if (failed === undefined) return;
  if (failed.status === 412) throw new OssError('PreconditionFailed', { extra: { Condition: failed.condition } });
  throw new OssError('NotModified', { headers: keptFresh(record) });
}

/** What a cache needs to go on with its copy (RFC 9110, 15.4.5): an edit may have changed how long it may. */
function keptFresh({ etag, modified, meta }: ObjectRecord): Record<string, string> {
  const headers: Record<string, string> = { etag: `"${etag}"`, 'last-modified': new Date(modified).toUTCString() };
  for (const name of ['cache-control', 'expires']) {
    const value = meta.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
