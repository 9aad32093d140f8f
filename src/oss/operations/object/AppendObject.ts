import { TAIL_BYTES_MAX } from '../../../index/appends.ts';
import type { ObjectRecord } from '../../../index/records.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import type { Exchange } from '../../exchange.ts';
import { UPLOAD_BYTES_MAX } from '../../limits.ts';
import { commitFragment, misplaced } from '../../object/append.ts';
import { encryptionHeaders, requestSealing, sealingOf } from '../../object/encryption.ts';
import { isInfrequent, requestMeta, requestObjectAcl } from '../../object/meta.ts';
import { taggingHeader } from '../../object/tagging.ts';
import { uploadBody } from '../../object/upload.ts';
import { announceObjectAcl, refuseConditions, refuseWrite, warmStorageClass } from '../../object/writes.ts';
import { operation } from '../../operation.ts';

/** Adds bytes to the end of an appendable object, or makes one (reference 8.1.4). */
export const AppendObject = operation({
  name: 'AppendObject',
  method: 'POST',
  target: 'object',
  select: ['append'],
  query: ['position'],
  action: 'PutObject',
  access: 'write',
  taggingHeader: true,
  paced: true,
  hierarchical: false,
  async run(exchange) {
    const { key } = exchange;
    const { headers } = exchange.request;
    const position = positionParameter(exchange);
    refuseConditions(headers);
    refuseKeyId(headers);
    const acl = requestObjectAcl(headers);
    const meta = requestMeta(headers);
    const tags = taggingHeader(headers);
    const storageClass = () => warmStorageClass(headers, exchange.bucket.storageClass);
    const infrequent = isInfrequent(storageClass());
    const sealing = () => requestSealing(exchange, headers);
    const existing = await lookBefore(exchange, position);
    // Headers that only a new object could honour matter only where there is none ([AppendObject-16]).
    const stored =
      existing === 'unknown' ? null : existing === undefined ? sealing() : sealingOf(exchange, existing.cipher);
    await announceObjectAcl(exchange, acl);
    const fragment = await uploadBody(exchange, key, {
      inlineLimit: stored === null ? TAIL_BYTES_MAX : 0,
      sealing: stored,
      infrequent,
      limit: UPLOAD_BYTES_MAX - position,
      tooLarge,
    });
    const {
      position: next,
      etag,
      crc64,
      cipher,
      versionId,
    } = await commitFragment(exchange, {
      key,
      position,
      fragment: { ...fragment, cipher: stored?.cipher ?? null },
      creation: () => ({
        storageClass: storageClass(),
        acl,
        meta,
        tags,
        cipher: position === 0 ? (sealing()?.cipher ?? null) : null,
      }),
      ...(headers.has('x-oss-object-acl') ? { acl } : {}),
    });
    return emptyReply(200, {
      etag: `"${etag}"`,
      'x-oss-hash-crc64ecma': crc64,
      ...encryptionHeaders(cipher),
      'x-oss-next-append-position': String(next),
      ...(versionId === null ? {} : { 'x-oss-version-id': versionId }),
    });
  },
});

const UINT64_MAX = 2n ** 64n - 1n;

/** @throws {OssError} MissingArgument, InvalidArgument on anything but an unsigned 64-bit number (evidence for [AppendObject-5]) */
function positionParameter(exchange: Exchange): number {
  const text = exchange.query('position');
  if (text === undefined) throw new OssError('MissingArgument', { extra: { ArgumentName: 'position' } });
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > UINT64_MAX) throw invalidArgument('position', text.slice(0, 64));
  return Number(text);
}

/** A key of the customer's cannot be used for what grows ([AppendObject-15]). */
function refuseKeyId(headers: Headers): void {
  const name = 'x-oss-server-side-encryption-key-id';
  const id = headers.get(name);
  if (id !== null) throw invalidArgument(name, id.slice(0, 256));
}

/**
 * Refuses, before the body is read, what the commit would refuse anyway. An owner's short fragment goes there at once:
 * most appends are one call to the index.
 * @returns what is there, or undefined where nothing is; `unknown` where there was no need to look
 */
async function lookBefore(exchange: Exchange, position: number): Promise<ObjectRecord | undefined | 'unknown'> {
  const { headers } = exchange.request;
  const length = Number(headers.get('content-length') ?? Number.NaN);
  const encrypted = headers.has('x-oss-server-side-encryption');
  const fits = position + (length || 0) <= UPLOAD_BYTES_MAX;
  if (exchange.guard.owner && length <= TAIL_BYTES_MAX && fits && !encrypted) return 'unknown';
  const answer = await exchange.index.read({ key: exchange.key, content: false });
  const existing = 'ok' in answer ? answer.ok.record : undefined;
  refuseWrite(exchange, existing?.acl ?? null);
  if (existing !== undefined && existing.kind !== 'Appendable')
    throw new OssError('ObjectNotAppendable', { extra: { Key: exchange.key } });
  if (position !== (existing?.size ?? 0)) throw misplaced(existing?.size ?? 0);
  if (!fits) throw tooLarge();
  return existing;
}

/** All fragments together may have 5 GB ([AppendObject-17]). */
function tooLarge(): OssError {
  return invalidArgument('Content-Length', '', 'An appendable object may not exceed 5 GB.');
}
