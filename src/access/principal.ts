import { type Identity, isUser } from './identity.ts';
import { malformed, quoted, textList } from './policy-error.ts';
import { compileWildcard } from './wildcard.ts';

/** The Principal element of a bucket policy's statement. */
export interface Principals {
  /**
   * @param owner account id of the bucket's owner
   * @param conditional whether the statement has a Condition: `*` without one means everybody except the owner
   */
  include(identity: Identity, owner: string, conditional: boolean): boolean;
  /** Whether everybody named is named exactly, so that the statement is not public (chapter 7.3). */
  readonly fixed: boolean;
}

type Entry = Principals['include'];

const everybody: Entry = (identity, owner, conditional) =>
  conditional || !(identity.kind === 'root' && identity.accountId === owner);

/**
 * Reads a Principal element: `*`, the UID of an account or a RAM user, or `arn:sts::<uid>:assumed-role/<role>/<session>`.
 * An empty list means `*`.
 *
 * A UID names that one identity: an account's UID stands for its own key, not for its RAM users, because a bucket policy
 * is all that a foreign account's user needs and must not hand more than it says.
 *
 * Official SDKs store statements without a Principal (evidence-1, PutBucketPolicy-5) and nothing tells whom they mean. A
 * Deny then meets everybody, as `*` does; an Allow only the owner's account, so that nobody opens a bucket to the world by
 * leaving a member out.
 * @throws {PolicyError}
 */
export function parsePrincipals(value: unknown, effect: 'Allow' | 'Deny'): Principals {
  if (value === undefined) {
    return effect === 'Deny'
      ? { include: everybody, fixed: false }
      : { include: (identity, owner) => identity.kind !== 'anonymous' && identity.accountId === owner, fixed: true };
  }
  const names = textList(value, 'Principal', true);
  if (names.length === 0) return { include: everybody, fixed: false };
  const entries = names.map(parseEntry);
  return {
    include: (identity, owner, conditional) => entries.some((entry) => entry(identity, owner, conditional)),
    fixed: !names.some((name) => name.includes('*')),
  };
}

const rolePattern = /^arn:sts::(\d{1,64}):assumed-role\/([\w.-]{1,64})\/([\w.@=*-]{1,64})$/i;

function parseEntry(name: string): Entry {
  if (name === '*') return everybody;
  const role = rolePattern.exec(name);
  if (role !== null) return roleEntry(role[1]!, role[2]!, role[3]!);
  // `/` and `:` would be another kind of ARN, which is not valid here; the rest is a UID or a configured user name.
  if (!/^[^\s*?/:]{1,128}$/.test(name)) throw malformed(`Principal ${quoted(name)} is not valid.`);
  return (identity, owner) =>
    (identity.kind === 'root' && identity.accountId === name) || isUser(identity, name, owner);
}

/** Names of roles and sessions compare without case: one page of the service says so, the other writes them in lower case. */
function roleEntry(accountId: string, roleName: string, session: string): Entry {
  const sessionMatches = compileWildcard(session, { ignoreCase: true, literalQuestion: true });
  return (identity) =>
    identity.kind === 'role' &&
    identity.accountId === accountId &&
    identity.roleName.toLowerCase() === roleName.toLowerCase() &&
    sessionMatches(identity.sessionName);
}
