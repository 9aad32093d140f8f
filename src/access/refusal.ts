/** Why an access was refused. */
export type RefusalReason =
  /** The bucket's ACL keeps the object's data closed. */
  | 'acl'
  /** The object's own ACL keeps it closed. */
  | 'object-acl'
  /** An anonymous caller, and the object's data are not public. */
  | 'anonymous'
  /** An anonymous caller asks for a listing that no policy allows. */
  | 'anonymous-bucket'
  /** The operation needs an identity. */
  | 'anonymous-forbidden'
  /** A foreign account without a grant. */
  | 'not-owner'
  /** A Deny of the bucket policy, of a RAM policy, of both. */
  | 'bucket-policy'
  /** Nobody knows what the bucket policy says: it cannot be read. */
  | 'bucket-policy-unreadable'
  | 'ram-explicit'
  | 'both-explicit'
  /** No policy of a RAM user or role allows it. */
  | 'ram-implicit'
  /** The role's session policy denies it, or does not allow it. */
  | 'session-explicit'
  | 'session-implicit'
  /** A requester-pays bucket: an anonymous caller, or one who did not accept the charge. */
  | 'payer-anonymous'
  | 'payer-undeclared'
  /** Hotlink protection: no Referer, one on the blacklist, one that is not on the whitelist. */
  | 'referer-empty'
  | 'referer-blacklisted'
  | 'referer-unlisted';

export interface Refusal {
  readonly message: string;
  readonly ec: string;
  /** For AccessDeniedDetail, where a policy of the caller's account refused. */
  readonly policyType?: 'AccountLevelIdentityBasedPolicy' | 'SessionPolicy';
  readonly noPermissionType?: 'ExplicitDeny' | 'ImplicitDeny';
}

const identityPolicy = 'AccountLevelIdentityBasedPolicy';
const authorizer = "Access denied by authorizer's policy.";
const bucketPolicy = 'Access denied by bucket policy.';
const bucketAcl = 'You have no right to access this object because of bucket acl.';
const referer = 'You are denied by bucket referer policy.';

/**
 * What a refusal says: the texts at the end of chapter 7.3, the ECs of chapter 3.3; ledger 2 (X2, X3) for payer and
 * referer. All are 403 AccessDenied.
 */
const refusals: Readonly<Record<RefusalReason, Refusal>> = {
  acl: { message: bucketAcl, ec: '0003-00000001' },
  'object-acl': { message: 'You have no right to access this object.', ec: '0003-00000001' },
  anonymous: { message: bucketAcl, ec: '0003-00000005' },
  'anonymous-bucket': { message: 'Anonymous user has no right to access this bucket.', ec: '0003-00000002' },
  'anonymous-forbidden': { message: 'Anonymous access is forbidden for this operation.', ec: '0003-00001201' },
  'not-owner': { message: 'The bucket you access does not belong to you.', ec: '0003-00000001' },
  'bucket-policy': { message: bucketPolicy, ec: '0003-00000101' },
  'bucket-policy-unreadable': { message: `${bucketPolicy} The policy cannot be read.`, ec: '0003-00000101' },
  'ram-explicit': {
    message: authorizer,
    ec: '0003-00000201',
    policyType: identityPolicy,
    noPermissionType: 'ExplicitDeny',
  },
  'both-explicit': {
    message: bucketPolicy,
    ec: '0003-00000203',
    policyType: identityPolicy,
    noPermissionType: 'ExplicitDeny',
  },
  'ram-implicit': {
    message: authorizer,
    ec: '0003-00000202',
    policyType: identityPolicy,
    noPermissionType: 'ImplicitDeny',
  },
  'session-explicit': {
    message: authorizer,
    ec: '0003-00000201',
    policyType: 'SessionPolicy',
    noPermissionType: 'ExplicitDeny',
  },
  'session-implicit': {
    message: authorizer,
    ec: '0003-00000202',
    policyType: 'SessionPolicy',
    noPermissionType: 'ImplicitDeny',
  },
  'payer-anonymous': { message: 'Anonymous access is forbidden for requester pay bucket.', ec: '0003-00000701' },
  'payer-undeclared': { message: 'Access denied for requester pay bucket.', ec: '0003-00000703' },
  'referer-empty': { message: referer, ec: '0003-00000501' },
  'referer-blacklisted': { message: referer, ec: '0003-00000502' },
  'referer-unlisted': { message: referer, ec: '0003-00000503' },
};

export function refusal(reason: RefusalReason): Refusal {
  return refusals[reason];
}
