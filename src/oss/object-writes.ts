import { allowedByObjectAcl } from '../access/decide.ts';
import type { ObjectAcl } from '../index/records.ts';
import { OssError } from './errors.ts';
import type { Exchange } from './exchange.ts';

/**
 * Refuses, before a body is read, a caller whom the existing object's own ACL keeps out. The commit checks again, in
 * its transaction; where no object of the bucket has an ACL of its own the request is decided already.
 */
export async function mayOverwrite(exchange: Exchange, key: string): Promise<void> {
  if (exchange.guard.owner) return;
  const answer = await exchange.index.read({ key, content: false });
  const acl = 'ok' in answer ? answer.ok.record.acl : null;
  // Only now: the look at the index may have brought a newer configuration.
  const { owner, fallback } = exchange.guard;
  if (!owner && !allowedByObjectAcl('write', acl, fallback)) throw new OssError('AccessDenied');
}

/** What must happen before an object gets this ACL, if it is one of its own: {@link Exchange.announceObjectAcl}. */
export async function announceObjectAcl(exchange: Exchange, acl: ObjectAcl | null): Promise<void> {
  if (acl !== null) await exchange.announceObjectAcl();
}
