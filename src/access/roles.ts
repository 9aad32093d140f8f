import { type Identity, isUser } from './identity.ts';
import { parseRamPolicy } from './policy.ts';
import { judgeOwnPolicies } from './ram.ts';

/** A role that trusted callers may assume for a while. */
export interface Role {
  readonly roleName: string;
  readonly accountId: string;
  /** RAM policy document: what the role may do. Without one only bucket policies give it something. */
  readonly policy?: unknown;
  /** Longest session. */
  readonly maxSeconds: number;
  /** Who may assume it: ids of accounts and RAM users. */
  readonly trusted: readonly string[];
}

/** Shortest and longest session that there is, and how long one lasts unless its role or request says otherwise. */
export const SESSION_SECONDS_MIN = 900;
export const SESSION_SECONDS_MAX = 43_200;
export const SESSION_SECONDS_DEFAULT = 3_600;

/** Roles by account and name. */
export class Roles {
  readonly #roles: ReadonlyMap<string, Role>;

  constructor(roles: readonly Role[]) {
    this.#roles = new Map(roles.map((role) => [keyOf(role.accountId, role.roleName), role]));
  }

  find(accountId: string, roleName: string): Role | undefined {
    return this.#roles.get(keyOf(accountId, roleName));
  }
}

/** Names of roles compare without case, as in bucket policies. */
function keyOf(accountId: string, roleName: string): string {
  return `${accountId}/${roleName.toLowerCase()}`;
}

const members: ReadonlySet<string> = new Set(['roleName', 'accountId', 'policy', 'maxSeconds', 'trusted']);

/**
 * Reads a list of roles.
 * @param json `[{"roleName", "accountId"?, "policy"?, "maxSeconds"?, "trusted"?}]`; empty: none
 * @param accountId of roles that name no account
 * @throws {Error} saying what is wrong, worded to follow the list's name
 */
export function parseRoles(json: string, accountId: string): readonly Role[] {
  if (json === '') return [];
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    throw new Error('is not JSON');
  }
  if (!Array.isArray(list)) throw new Error('must be a JSON array');
  const roles = list.map((item, i) => {
    try {
      return parseRole(item, accountId);
    } catch (error) {
      throw new Error(`entry ${i + 1} ${(error as Error).message}`);
    }
  });
  const names = roles.map((role) => keyOf(role.accountId, role.roleName));
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw new Error(`names the role ${repeated} twice`);
  return roles;
}

function parseRole(item: unknown, ownAccount: string): Role {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw new Error('must be an object');
  const role = item as Record<string, unknown>;
  for (const name of Object.keys(role)) if (!members.has(name)) throw new Error(`has an unknown field "${name}"`);
  const { roleName, accountId = ownAccount, policy, maxSeconds = SESSION_SECONDS_DEFAULT } = role;
  const { trusted = [accountId] } = role;
  if (typeof roleName !== 'string' || !/^[\w.-]{1,64}$/.test(roleName)) throw new Error('lacks a valid "roleName"');
  if (typeof accountId !== 'string' || !/^[\w-]{1,64}$/.test(accountId)) throw new Error('has an invalid "accountId"');
  if (!isSeconds(maxSeconds)) {
    throw new Error(`has a "maxSeconds" that is not from ${SESSION_SECONDS_MIN} to ${SESSION_SECONDS_MAX}`);
  }
  if (!Array.isArray(trusted) || !trusted.every((name) => typeof name === 'string' && name !== '')) {
    throw new Error('has a "trusted" that is not a list of ids');
  }
  if (policy === undefined) return { roleName, accountId, maxSeconds, trusted };
  try {
    parseRamPolicy(policy);
  } catch (error) {
    throw new Error(`has a "policy" that cannot be used: ${(error as Error).message}`);
  }
  return { roleName, accountId, policy, maxSeconds, trusted };
}

function isSeconds(value: unknown): value is number {
  return (
    Number.isInteger(value) && (value as number) >= SESSION_SECONDS_MIN && (value as number) <= SESSION_SECONDS_MAX
  );
}

/**
 * Whether a caller may assume a role. The role must trust the caller's account or the caller. A RAM user of a trusted
 * account also needs the permission `sts:AssumeRole` of its own policies, which may always refuse it; one that is
 * trusted by its own id does not. A role assumes no roles.
 */
export function mayAssume(identity: Identity, role: Role): boolean {
  if (identity.kind !== 'root' && identity.kind !== 'user') return false;
  const trusted = role.trusted.includes(identity.accountId);
  if (identity.kind === 'root') return trusted;
  const verdict = judgeOwnPolicies(identity, {
    action: 'sts:AssumeRole',
    service: 'ram',
    owner: role.accountId,
    region: '',
    bucket: `role/${role.roleName}`,
    identity,
    context: {},
  });
  if (verdict === 'Deny') return false;
  return role.trusted.some((id) => isUser(identity, id, role.accountId)) || (trusted && verdict === 'Allow');
}
