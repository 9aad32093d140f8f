/** What an ACL opens is open to everybody, with or without a signature. */
export type BucketAcl = 'private' | 'public-read' | 'public-read-write';

/** `default`: the bucket's ACL as it is at the time of the request, not a copy of it ([ObjCommon-26]). */
export type ObjectAcl = BucketAcl | 'default';

/** Whether an ACL lets everybody read or write objects ([PutBucketAcl-6]). Listing and managing are never opened. */
export function aclOpens(acl: BucketAcl, access: 'read' | 'write'): boolean {
  return acl === 'public-read-write' || (acl === 'public-read' && access === 'read');
}

/**
 * The second step of a decision that depends on the object: its own ACL overrides the bucket's in both directions
 * ([ObjCommon-26]).
 * @param acl the object's own ACL; `null` where there is no such object
 * @param fallback what the bucket says, from the decision
 */
export function allowedByObjectAcl(access: 'read' | 'write', acl: ObjectAcl | null, fallback: boolean): boolean {
  return acl === null || acl === 'default' ? fallback : aclOpens(acl, access);
}
