// TEMP
import type { Identity } from './identity.ts';
import type { Policy } from './policy.ts';
export interface AccessRequest {
  identity: Identity;
  access: 'read' | 'write' | 'list' | 'owner' | 'account';
  actions: readonly string[];
  bucket?: { name: string; owner: string; region: string; acl: string; policy?: Policy; objectAcls: boolean };
  key?: string;
  context: any;
}
export interface Decision {
  outcome: 'allow' | 'deny' | 'object-acl';
  fallback: boolean;
  reason?: string;
}
export function decide(r: AccessRequest): Decision {
  const i = r.identity;
  if (r.access === 'account') return { outcome: i.kind === 'anonymous' ? 'deny' : 'allow', fallback: false };
  if (i.kind === 'root' && i.accountId === r.bucket?.owner) return { outcome: 'allow', fallback: true };
  const open =
    r.access === 'read' ? r.bucket!.acl !== 'private' : r.access === 'write' && r.bucket!.acl === 'public-read-write';
  if (r.access !== 'read' && r.access !== 'write') return { outcome: 'deny', fallback: false };
  if (!r.bucket!.objectAcls) return { outcome: open ? 'allow' : 'deny', fallback: open };
  return { outcome: 'object-acl', fallback: open };
}
export function allowedByObjectAcl(a: 'read' | 'write', acl: string | null, f: boolean) {
  return acl === null ? f : a === 'read' ? acl !== 'private' : acl === 'public-read-write';
}
export function refusal(_r: string) {
  return { message: 'no', ec: '0003-00000001' };
}
