import type { Identity } from '../../../src/access/identity.ts';
import type { StatementDocument } from './support.ts';

/**
 * A plain second reading of chapter 7, written from its text to be compared with the real evaluator: it works on the JSON
 * as it stands, takes no care of speed, and knows only what the generators of the property tests can say.
 */
export interface ModelRequest {
  readonly action: string;
  readonly owner: string;
  readonly region: string;
  readonly bucket: string;
  readonly key: string | undefined;
  readonly identity: Identity;
  readonly context: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What a wildcard means, straight from its definition; exponential, so for short texts only. */
export function naiveWildcard(
  pattern: readonly string[],
  text: readonly string[],
  options: { ignoreCase?: boolean; openEnd?: boolean; literalQuestion?: boolean } = {},
): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0 || options.openEnd === true;
  if (head === '*') {
    return naiveWildcard(rest, text, options) || (text.length > 0 && naiveWildcard(pattern, text.slice(1), options));
  }
  const [char, ...tail] = text;
  if (char === undefined) return false;
  const same = options.ignoreCase ? head.toLowerCase() === char.toLowerCase() : head === char;
  return (same || (head === '?' && !options.literalQuestion)) && naiveWildcard(rest, tail, options);
}

function like(pattern: string, text: string): boolean {
  return naiveWildcard([...pattern], [...text]);
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

export function modelVerdict(
  statements: readonly StatementDocument[],
  kind: 'ram' | 'bucket',
  request: ModelRequest,
): 'Allow' | 'Deny' | 'Ignore' {
  const hits = statements.filter((statement) => applies(statement, kind, request));
  if (hits.some((statement) => statement.Effect === 'Deny')) return 'Deny';
  return hits.some((statement) => statement.Effect === 'Allow') ? 'Allow' : 'Ignore';
}

function applies(statement: StatementDocument, kind: 'ram' | 'bucket', request: ModelRequest): boolean {
  if (!list(statement.Action).some((action) => like(action.toLowerCase(), request.action.toLowerCase()))) return false;
  if (!list(statement.Resource).some((resource) => resourceCovers(resource, request))) return false;
  if (kind === 'bucket' && !principalIncludes(statement, request)) return false;
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, values] of Object.entries(keys)) {
      if (!conditionHolds(operator, list(values as string | string[]), request.context[key])) return false;
    }
  }
  return true;
}

function resourceCovers(resource: string, request: ModelRequest): boolean {
  if (resource === '*') return true;
  const [, , region = '', owner = '', ...rest] = resource.split(':');
  const name = request.key === undefined ? request.bucket : `${request.bucket}/${request.key}`;
  return (
    (region === '*' || region === request.region || `oss-${region}` === request.region) &&
    (owner === '*' || owner === request.owner) &&
    like(rest.join(':'), name)
  );
}

function principalIncludes(statement: StatementDocument, request: ModelRequest): boolean {
  const { identity, owner } = request;
  const ownerItself = identity.kind === 'root' && identity.accountId === owner;
  const star = !ownerItself || Object.keys(statement.Condition ?? {}).length > 0;
  if (statement.Principal === undefined) {
    return statement.Effect === 'Deny' ? star : identity.kind !== 'anonymous' && identity.accountId === owner;
  }
  const names = list(statement.Principal);
  if (names.length === 0) return star;
  return names.some((name) => (name === '*' ? star : namesIdentity(name, identity)));
}

function namesIdentity(name: string, identity: Identity): boolean {
  if (identity.kind === 'root') return identity.accountId === name;
  if (identity.kind === 'user') return identity.userId === name;
  if (identity.kind === 'anonymous') return false;
  const arn = `arn:sts::${identity.accountId}:assumed-role/${identity.roleName}/`.toLowerCase();
  const asked = name.toLowerCase();
  return asked === `${arn}*` || asked === arn + identity.sessionName.toLowerCase();
}

function conditionHolds(
  operator: string,
  values: readonly string[],
  actual: string | readonly string[] | undefined,
): boolean {
  const negated = operator.includes('Not');
  const plain = operator.replace('Not', '');
  const actuals = actual === undefined ? [] : list(actual);
  const some = actuals.some((one) => values.some((value) => satisfies(plain, one, value)));
  return negated ? !some : some;
}

function satisfies(operator: string, actual: string, value: string): boolean {
  switch (operator) {
    case 'StringEquals':
    case 'Bool':
      return actual === value;
    case 'StringEqualsIgnoreCase':
      return actual.toLowerCase() === value.toLowerCase();
    case 'StringLike':
      return like(value, actual);
    case 'IpAddress':
      return inNetwork(actual, value);
    default: {
      const read = operator.startsWith('Date') ? Date.parse : Number;
      return compare(operator.replace(/^(Date|Numeric)/, ''), read(actual), read(value));
    }
  }
}

function compare(relation: string, a: number, b: number): boolean {
  switch (relation) {
    case 'Equals':
      return a === b;
    case 'LessThan':
      return a < b;
    case 'LessThanEquals':
      return a <= b;
    case 'GreaterThan':
      return a > b;
    case 'GreaterThanEquals':
      return a >= b;
    default:
      throw new Error(`the model does not know ${relation}`);
  }
}

/** IPv4 only: whole octets of a block, or open octets. */
function inNetwork(address: string, network: string): boolean {
  const [base = '', bits = '32'] = network.split('/');
  const octets = address.split('.');
  return base.split('.').every((octet, i) => octet === '*' || i >= Number(bits) / 8 || octet === octets[i]);
}
