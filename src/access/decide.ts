import { aclOpens, type BucketAcl } from './acl.ts';
import type { Conditions } from './conditions.ts';
import type { Identity } from './identity.ts';
import { evaluate, evaluateNonPublic, type PolicyRequest, type StoredPolicy, type Verdict } from './policy.ts';
import { judgeByRam, judgeBySession } from './ram.ts';
import type { RefusalReason } from './refusal.ts';

export { allowedByObjectAcl, type BucketAcl, type ObjectAcl } from './acl.ts';

/**
 * What kind of access an operation is.
 * - `read`, `write`: an object's data, which ACLs may open
 * - `list`: listing what a bucket holds; never opened by an ACL, whoever asks (decisions.md for anonymous callers,
 *   [GetBucket-22] for the rest): the owner, and whom a RAM or bucket policy allows
 * - `owner`: managing a bucket or object; never opened by an ACL and never anonymous ([PutBucketAcl-4])
 * - `account`: service level (ListBuckets, PutBucket); any identity within its own account
 */
export type Access = 'read' | 'write' | 'list' | 'owner' | 'account';

/** The bucket that a request is about, from its configuration. */
export interface AccessBucket {
  readonly name: string;
  /** Account id. */
  readonly owner: string;
  readonly region: string;
  readonly acl: BucketAcl;
  readonly policy?: StoredPolicy | undefined;
  /** Whether some object of the bucket has, or once had, an ACL of its own. */
  readonly objectAcls: boolean;
  /** Block Public Access: public ACLs and public statements count for nothing (chapter 7.3). */
  readonly publicAccessBlocked?: boolean | undefined;
}

export interface AccessRequest {
  readonly identity: Identity;
  readonly access: Access;
  /** Every one must be allowed, e.g. `['oss:PutObject', 'oss:PutObjectTagging']`. */
  readonly actions: readonly string[];
  /** Set but for `account`, where it is the existing bucket of that name, if any. */
  readonly bucket?: AccessBucket | undefined;
  /** `account` only: the region asked, and the name of a bucket to be made. */
  readonly service?: { readonly region: string; readonly bucketName?: string | undefined } | undefined;
  readonly key?: string | undefined;
  readonly context: Conditions;
}

export interface Decision {
  /** Allowed, refused, or depending on the object's own ACL ({@link allowedByObjectAcl} then finishes). */
  readonly outcome: 'allow' | 'deny' | 'object-acl';
  /** What holds where the object has no ACL of its own; elsewhere the same as `outcome`. */
  readonly fallback: boolean;
  /** Why it is refused, or would be. Where an object's own ACL refuses, the reason is `object-acl` instead. */
  readonly reason?: RefusalReason;
  /** The action that was refused. */
  readonly action?: string;
}

/** Whether all, some or none of the actions are decided by policies. */
interface Verdicts {
  readonly denied?: Decision;
  /** Actions that no policy speaks of. */
  readonly open: readonly string[];
}

const allowed: Decision = { outcome: 'allow', fallback: true };

/** What the owner's own key may do whatever the bucket's policy says, lest a policy lock everybody out ([PutBucketPolicy-6]). */
const policyManagement: ReadonlySet<string> = new Set([
  'oss:GetBucketPolicy',
  'oss:PutBucketPolicy',
  'oss:DeleteBucketPolicy',
]);

/** Only the owner's account, whatever a policy says ([DeleteBucket-1]). */
const ownerAccountOnly: ReadonlySet<string> = new Set(['oss:DeleteBucket']);

/** An object's ACL and tags are no data: an ACL does not open them beside the write that would set them ([ObjCommon-27]). */
const besideData = /(?:Acl|Tagging)$/i;

/**
 * Decides whether a verified identity may do what it asks (chapter 7.3). Pure; reads no storage. With
 * `objectAcls: false` the decision is final.
 *
 * Policies come first: a Deny refuses, and an Allow for every action permits. What they leave open is the owner's by
 * ownership, and everybody's where an ACL opens an object's data.
 */
export function decide(request: AccessRequest): Decision {
  const { identity, access, actions, bucket } = request;
  if (identity.kind === 'anonymous' && (access === 'owner' || access === 'account')) {
    return denied('anonymous-forbidden', actions[0]);
  }
  const target = targetOf(request);
  if (target === undefined) return denied('not-owner', actions[0]);

  const { denied: refusal, open } = judge(request, target);
  if (refusal !== undefined) return refusal;
  const ofOwnersAccount = identity.kind !== 'anonymous' && identity.accountId === target.owner;
  if (ofOwnersAccount && identity.kind === 'root') return allowed;
  const reserved = actions.find((action) => ownerAccountOnly.has(action));
  if (reserved !== undefined && !ofOwnersAccount) return denied('not-owner', reserved);
  if (open.length === 0) return allowed;

  const beside = open.find((action) => besideData.test(action));
  if ((access !== 'read' && access !== 'write') || beside !== undefined || bucket === undefined) {
    return denied(reasonWithoutAcl(identity, access, ofOwnersAccount), beside ?? open[0]);
  }
  return decideByAcl(identity, access, bucket, request.key, open[0]);
}

/** Where and whose the request's target is; `undefined` where a request that needs a bucket has none. */
function targetOf({ identity, access, bucket, service, key }: AccessRequest): Target | undefined {
  if (access === 'account') {
    if (identity.kind === 'anonymous') return undefined;
    const name = bucket?.name ?? service?.bucketName;
    return { owner: identity.accountId, region: service?.region ?? bucket?.region ?? '', bucket: name };
  }
  return bucket && { owner: bucket.owner, region: bucket.region, bucket: bucket.name, key };
}

type Target = Pick<PolicyRequest, 'owner' | 'region' | 'bucket' | 'key'>;

/** Steps 3 to 6 of chapter 7.3 for each action. */
function judge({ identity, actions, bucket, context }: AccessRequest, target: Target): Verdicts {
  const open: string[] = [];
  for (const action of actions) {
    const one: PolicyRequest = { ...target, action, identity, context };
    const session = judgeBySession(identity, one);
    if (session !== 'Allow') {
      return { denied: denied(session === 'Deny' ? 'session-explicit' : 'session-implicit', action), open };
    }
    const ram = judgeByRam(identity, one);
    if (isLockedTo(bucket, one, ram)) return { denied: denied('bucket-policy-unreadable', action), open };
    const byBucket = judgeByBucket(bucket, one);
    if (ram === 'Deny' || byBucket === 'Deny') return { denied: denied(denyReason(ram, byBucket), action), open };
    if (ram !== 'Allow' && byBucket !== 'Allow') open.push(action);
  }
  // No action at all is a mistake of the caller's, and grants nothing.
  return { open: actions.length === 0 ? [''] : open };
}

/**
 * Whether nobody knows what the bucket's policy says of a request. That keeps out everybody but the owner's own key, and
 * whom the policies of the owner's account allow it: these can put the policy right.
 */
function isLockedTo(bucket: AccessBucket | undefined, { identity, owner }: PolicyRequest, ram: Verdict): boolean {
  if (bucket?.policy !== 'unreadable' || bucket.owner !== owner) return false;
  return ram !== 'Allow' && !(identity.kind === 'root' && identity.accountId === owner);
}

function judgeByBucket(bucket: AccessBucket | undefined, request: PolicyRequest): Verdict {
  // A service-level request is judged in the caller's account; somebody else's bucket of that name has no say there.
  if (bucket?.policy === undefined || bucket.policy === 'unreadable' || bucket.owner !== request.owner) return 'Ignore';
  const { identity } = request;
  if (identity.kind === 'root' && identity.accountId === bucket.owner && policyManagement.has(request.action)) {
    return 'Ignore';
  }
  return bucket.publicAccessBlocked === true
    ? evaluateNonPublic(bucket.policy, request)
    : evaluate(bucket.policy, request);
}

function denyReason(ram: Verdict, byBucket: Verdict): RefusalReason {
  if (ram !== 'Deny') return 'bucket-policy';
  return byBucket === 'Deny' ? 'both-explicit' : 'ram-explicit';
}

/** Step 7: nobody said anything, and no ACL can. */
function reasonWithoutAcl(identity: Identity, access: Access, ofOwnersAccount: boolean): RefusalReason {
  if (identity.kind === 'anonymous') return access === 'list' ? 'anonymous-bucket' : 'anonymous';
  return ofOwnersAccount ? 'ram-implicit' : 'not-owner';
}

/** Step 8. */
function decideByAcl(
  identity: Identity,
  access: 'read' | 'write',
  bucket: AccessBucket,
  key: string | undefined,
  action: string | undefined,
): Decision {
  const blocked = bucket.publicAccessBlocked === true;
  const fallback = !blocked && aclOpens(bucket.acl, access);
  const refused = denied(identity.kind === 'anonymous' ? 'anonymous' : 'acl', action);
  // With Block Public Access on, an object's ACL can open nothing, and what it could close is closed.
  if (bucket.objectAcls && key !== undefined && !blocked) return { ...refused, outcome: 'object-acl', fallback };
  return fallback ? allowed : refused;
}

function denied(reason: RefusalReason, action: string | undefined): Decision {
  return action === undefined
    ? { outcome: 'deny', fallback: false, reason }
    : { outcome: 'deny', fallback: false, reason, action };
}
