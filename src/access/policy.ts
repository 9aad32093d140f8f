import { parseStrictJson } from '../lib/json.ts';
import { malformed, PolicyError, quoted } from './policy-error.ts';
import { type PolicyKind, type PolicyRequest, parseStatement, type Statement } from './statement.ts';

export { PolicyError, type PolicyProblem, policyProblemEc } from './policy-error.ts';
export type { PolicyRequest } from './statement.ts';

/** A policy document, read and checked; a RAM policy and a bucket policy differ only in their principals. */
export interface Policy {
  readonly statements: readonly Statement[];
}

/** A bucket's policy as it is stored. One that cannot be read might say anything. */
export type StoredPolicy = Policy | 'unreadable';

/** What a policy says of a request: `Ignore` where no statement applies. */
export type Verdict = 'Allow' | 'Deny' | 'Ignore';

/** Bytes of a whole document. */
export const POLICY_BYTES_MAX = 16 * 1024;

/**
 * Reads a RAM policy, or the session policy of a role.
 * @param document JSON text, or the value it stands for
 * @throws {PolicyError}
 */
export function parseRamPolicy(document: unknown): Policy {
  return parsePolicy(typeof document === 'string' ? document : jsonText(document), 'ram');
}

/**
 * Reads a bucket policy as PutBucketPolicy receives it ([PutBucketPolicy-8]).
 * @param text the body, decoded from UTF-8
 * @throws {PolicyError}
 */
export function parseBucketPolicy(text: string): Policy {
  return parsePolicy(text, 'bucket');
}

/** Judges one request by one policy: a Deny that applies beats every Allow ([PutBucketPolicy-6]). Linear in both. */
export function evaluate(policy: Policy, request: PolicyRequest): Verdict {
  return evaluateStatements(policy.statements, request);
}

/** As {@link evaluate}, without the statements that Block Public Access switches off (chapter 7.3). */
export function evaluateNonPublic(policy: Policy, request: PolicyRequest): Verdict {
  return evaluateStatements(
    policy.statements.filter((statement) => !statement.isPublic),
    request,
  );
}

/** Whether some Allow statement lets in people who are not pinned down (chapter 7.3, GetBucketPolicyStatus). */
export function isPublic(policy: Policy): boolean {
  return policy.statements.some((statement) => statement.isPublic);
}

function evaluateStatements(statements: readonly Statement[], request: PolicyRequest): Verdict {
  let verdict: Verdict = 'Ignore';
  for (const statement of statements) {
    if (verdict === 'Allow' && statement.effect === 'Allow') continue;
    if (!statement.applies(request)) continue;
    if (statement.effect === 'Deny') return 'Deny';
    verdict = 'Allow';
  }
  return verdict;
}

function parsePolicy(text: string, kind: PolicyKind): Policy {
  if (text.length > POLICY_BYTES_MAX || new TextEncoder().encode(text).length > POLICY_BYTES_MAX) {
    throw new PolicyError('too-large', `The policy is larger than ${POLICY_BYTES_MAX} bytes.`);
  }
  const document = parseDocument(text);
  for (const name of Object.keys(document)) {
    if (name !== 'Version' && name !== 'Statement') throw malformed(`Policy member ${quoted(name)} is not known.`);
  }
  if (document.Version !== '1') throw malformed('Version must be "1".');
  const statements = document.Statement;
  if (!Array.isArray(statements) || statements.length === 0) {
    throw malformed('Statement must be a list of at least one statement.');
  }
  return { statements: statements.map((statement) => parseStatement(statement, kind)) };
}

function parseDocument(text: string): { readonly Version?: unknown; readonly Statement?: unknown } {
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (error) {
    throw malformed(error instanceof SyntaxError ? error.message : 'The policy is not JSON.');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw malformed('The policy must be a JSON object.');
  }
  return value;
}

function jsonText(document: unknown): string {
  try {
    return JSON.stringify(document) ?? '';
  } catch {
    throw malformed('The policy is not JSON.');
  }
}
