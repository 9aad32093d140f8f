import type { Identity } from './identity.ts';
import {
  evaluate,
  POLICY_BYTES_MAX,
  type Policy,
  PolicyError,
  type PolicyRequest,
  parseRamPolicy,
  type Verdict,
} from './policy.ts';

/**
 * What the policies attached to an identity say (chapter 7.3, step 4). The account's own key has none, and those of
 * another account's user bind only in that account. A document that cannot be read might hold a Deny, so it denies.
 */
export function judgeByRam(identity: Identity, request: PolicyRequest): Verdict {
  if (identity.kind !== 'user' && identity.kind !== 'role') return 'Ignore';
  return identity.accountId === request.owner ? judgeOwnPolicies(identity, request) : 'Ignore';
}

/** The same, whosever what is asked for is. */
export function judgeOwnPolicies(identity: Identity & { kind: 'user' | 'role' }, request: PolicyRequest): Verdict {
  let verdict: Verdict = 'Ignore';
  for (const document of identity.policies) {
    const one = judgeByDocument(document, request);
    if (one === 'Deny') return 'Deny';
    if (one === 'Allow') verdict = 'Allow';
  }
  return verdict;
}

/**
 * What a role's session policy says (step 3): it must allow as well, whosever the bucket. Everybody without one is
 * allowed so far.
 */
export function judgeBySession(identity: Identity, request: PolicyRequest): Verdict {
  if (identity.kind !== 'role' || identity.sessionPolicy === undefined) return 'Allow';
  return judgeByDocument(identity.sessionPolicy, request);
}

/** The policies of a user or role that can be read, that of its session among them. */
export function ownPolicies(identity: Identity): readonly Policy[] {
  if (identity.kind !== 'user' && identity.kind !== 'role') return [];
  const session = identity.kind === 'role' && identity.sessionPolicy !== undefined ? [identity.sessionPolicy] : [];
  return [...identity.policies, ...session].flatMap((document) => readDocument(document) ?? []);
}

/**
 * Whether a policy that a deployment gives to a user or role can be used; one without statements allows nothing.
 * @throws {PolicyError}
 */
export function checkRamPolicy(document: unknown): void {
  if (!isEmpty(document)) parseRamPolicy(document);
}

function isEmpty(document: unknown): boolean {
  try {
    const value: unknown = typeof document === 'string' ? JSON.parse(document) : document;
    const { Statement: statements } = value as { readonly Statement?: unknown };
    return Array.isArray(statements) && statements.length === 0;
  } catch {
    return false;
  }
}

function judgeByDocument(document: unknown, request: PolicyRequest): Verdict {
  const policy = readDocument(document);
  return policy === undefined ? 'Deny' : evaluate(policy, request);
}

type Read = Policy | 'unreadable';

/** A batch asks once for each of its keys, so that documents are kept as read: values as long as they live, ... */
const readValues = new WeakMap<object, Read>();
/** ... texts as long as they are among the last that were asked for. */
const readTexts = new Map<string, Read>();
const READ_TEXTS_MAX = 64;

function readDocument(document: unknown): Policy | undefined {
  const policy = typeof document === 'string' ? readText(document) : readValue(document);
  return policy === 'unreadable' ? undefined : policy;
}

function readValue(document: unknown): Read {
  if (typeof document !== 'object' || document === null) return 'unreadable';
  const policy = readValues.get(document) ?? parse(document);
  readValues.set(document, policy);
  return policy;
}

function readText(document: string): Read {
  if (document.length > POLICY_BYTES_MAX) return 'unreadable';
  const policy = readTexts.get(document) ?? parse(document);
  readTexts.delete(document);
  readTexts.set(document, policy);
  for (const oldest of readTexts.keys()) {
    if (readTexts.size <= READ_TEXTS_MAX) break;
    readTexts.delete(oldest);
  }
  return policy;
}

function parse(document: unknown): Read {
  try {
    return parseRamPolicy(document);
  } catch (error) {
    if (error instanceof PolicyError) return 'unreadable';
    throw error;
  }
}
