import { openBytes } from '../blob/cipher.ts';
import type { ReadReply } from '../index/records.ts';
import { conditionsOf, failedCondition } from './conditions.ts';
import { OssError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { objectRefusal } from './object-headers.ts';
import { mustBeThawed } from './restore-info.ts';
import { requestedVersion } from './version-param.ts';

/**
 * Reads the addressed version from the index: exists, may be read, and the conditions hold. Who may not read learns
 * nothing about the object ([Sec-25]).
 * @throws {OssError} NoSuchKey, NoSuchVersion, MethodNotAllowed, AccessDenied, NotModified, PreconditionFailed; with
 * `content` InvalidObjectState
 */
export async function readObject(
  exchange: Exchange,
  options: { readonly content: boolean; readonly conditional: boolean },
): Promise<ReadReply> {
  const { key } = exchange;
  const answer = await exchange.index.read({
    key,
    ...requestedVersion(exchange),
    content: options.content,
    directories: true,
  });
  if ('refused' in answer) {
    // Somebody whom only an object's own ACL could let in is told of no missing object.
    exchange.judgeObject({ acl: null });
    throw objectRefusal(answer.refused, key, answer.at, 405);
  }
  exchange.judgeObject(answer.ok.record);
  if (options.conditional) checkConditions(exchange, answer.ok);
  if (options.content) mustBeThawed(answer.ok.record);
  return plain(exchange, answer.ok);
}

/** Bytes that came with the record are sealed where the object is. What is read from blobs is plain anyway. */
export async function plain(exchange: Exchange, reply: ReadReply): Promise<ReadReply> {
  if (reply.inline === null || reply.record.cipher === null) return reply;
  const sealed = reply.inline as Uint8Array<ArrayBuffer>;
  return { ...reply, inline: await openBytes(exchange.settings.encryption.ring, sealed) };
}

function checkConditions(exchange: Exchange, { record }: ReadReply): void {
  const failed = failedCondition(conditionsOf(exchange.request.headers), record);
  if (failed === undefined) return;
  if (failed.status === 412) throw new OssError('PreconditionFailed', { extra: { Condition: failed.condition } });
  throw new OssError('NotModified', {
    headers: { etag: `"${record.etag}"`, 'last-modified': new Date(record.modified).toUTCString() },
  });
}
