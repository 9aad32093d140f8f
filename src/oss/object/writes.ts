import { allowedByObjectAcl } from '../../access/decide.ts';
import type { StorageClass } from '../../bucket/config.ts';
import type { ObjectAcl } from '../../index/records.ts';
import { invalidArgument, OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { requestStorageClass } from './meta.ts';

/**
 * Refuses, before a body is read, a caller whom the existing object's own ACL keeps out. The commit checks again, in
 * its transaction; where no object of the bucket has an ACL of its own the request is decided already.
 */
export async function mayOverwrite(exchange: Exchange, key: string): Promise<void> {
  if (exchange.guard.owner) return;
  const answer = await exchange.index.read({ key, content: false });
  refuseWrite(exchange, 'ok' in answer ? answer.ok.record.acl : null);
}

/**
 * To be asked only after the look at the index: that may have brought a newer configuration.
 * @param acl the existing object's own, if it has one
 * @throws {OssError} AccessDenied
 */
export function refuseWrite(exchange: Exchange, acl: ObjectAcl | null): void {
  const { owner, fallback } = exchange.guard;
  if (!owner && !allowedByObjectAcl('write', acl, fallback)) throw new OssError('AccessDenied');
}

/**
 * The storage class of an appendable or a link, which cannot be colder than Archive ([AppendObject-14],
 * [PutSymlink-6]). In a bucket of a colder class they are Standard unless they say otherwise.
 * @throws {OssError} InvalidArgument
 */
export function warmStorageClass(headers: Headers, ofBucket: StorageClass): StorageClass {
  const storageClass = requestStorageClass(headers, isWarm(ofBucket) ? ofBucket : 'Standard');
  if (!isWarm(storageClass)) throw invalidArgument('x-oss-storage-class', storageClass);
  return storageClass;
}

function isWarm(storageClass: StorageClass): boolean {
  return storageClass === 'Standard' || storageClass === 'IA' || storageClass === 'Archive';
}

/**
 * Conditions on a write are not part of the API ([ObjCommon-17]). Who sends one wants nothing to happen where it fails,
 * so none is ignored where content comes or goes.
 */
export function refuseConditions(headers: Headers): void {
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']) {
    if (headers.has(name)) throw new OssError('NotImplemented', { extra: { Header: name } });
  }
}

/** What must happen before an object gets this ACL, if it is one of its own: {@link Exchange.announceObjectAcl}. */
export async function announceObjectAcl(exchange: Exchange, acl: ObjectAcl | null): Promise<void> {
  if (acl !== null) await exchange.announceObjectAcl();
}
