import { checkRamPolicy } from '../../src/access/ram.ts';

/** One entry of `ACCESS_KEYS`, as the Worker expects it. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly accountId: string;
  readonly userName?: string;
  readonly userId?: string;
  readonly policy?: unknown;
}

const required = ['accessKeyId', 'accessKeySecret', 'accountId'] as const;
const optional = ['userName', 'userId'] as const;
const known: readonly string[] = [...required, ...optional, 'policy'];

/**
 * Checks the JSON of `ACCESS_KEYS`, so that a typing error stops the launcher instead of every request.
 * @returns the keys, or what is wrong, worded to follow the variable's name
 */
export function parseAccessKeys(json: string): readonly AccessKey[] | string {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch (error) {
    return `is not JSON: ${(error as Error).message}`;
  }
  if (!Array.isArray(list)) return 'must be a JSON array of keys';
  const seen = new Set<string>();
  for (const [index, entry] of list.entries()) {
    const fault = faultOf(entry);
    if (fault !== undefined) return `entry ${index + 1} ${fault}`;
    const { accessKeyId } = entry as AccessKey;
    if (seen.has(accessKeyId)) return `names ${accessKeyId} twice`;
    seen.add(accessKeyId);
  }
  return list as AccessKey[];
}

function faultOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'must be an object';
  const fields = entry as Record<string, unknown>;
  for (const name of Object.keys(fields)) if (!known.includes(name)) return `has an unknown field "${name}"`;
  for (const name of required) {
    if (typeof fields[name] !== 'string' || fields[name] === '') return `lacks the text "${name}"`;
  }
  for (const name of optional) {
    if (fields[name] !== undefined && (typeof fields[name] !== 'string' || fields[name] === '')) {
      return `has a "${name}" that is not text`;
    }
  }
  const { policy, userName, userId } = fields;
  if (userName === undefined && (userId !== undefined || policy !== undefined)) {
    return 'has a "userId" or "policy" without a "userName": only a RAM user has them';
  }
  return policy === undefined ? undefined : policyFault(policy);
}

/** Checked by what the Worker itself reads it with; given as an object or as its JSON text. */
function policyFault(policy: unknown): string | undefined {
  try {
    checkRamPolicy(policy);
    return undefined;
  } catch (error) {
    return `has a "policy" that cannot be used: ${(error as Error).message}`;
  }
}
