import { OssError } from '../answer/errors.ts';
import { isSignedSubresource } from '../auth/signed-subresources.ts';
import type { Method, Operation } from '../operation.ts';
import type { Query } from './query.ts';

/** Query keys that any request may carry: they belong to its signature, its payer or its pace, not to what it does. */
const signatureKeys = new Set([
  'OSSAccessKeyId',
  'Signature',
  'Expires',
  'security-token',
  'x-oss-signature-version',
  'x-oss-signature',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-expires',
  'x-oss-additional-headers',
  'x-oss-access-key-id',
  'x-oss-security-token',
  'x-oss-request-payer',
  'x-oss-traffic-limit',
]);

/** Whether a query key belongs to a signature. */
export function isSignatureKey(name: string): boolean {
  return signatureKeys.has(name);
}

export interface MatchRequest {
  readonly method: string;
  readonly target: 'service' | 'bucket' | 'object';
  readonly query: Query;
  readonly headers: Headers;
}

/**
 * Finds the one operation that a request means. A request never falls through to another operation: a sub-resource
 * that the operation found does not know is refused, and so is any unknown parameter of a request that changes
 * something ([Route-5], [Sec-40]).
 */
export class OperationTable {
  readonly #byPlace = new Map<string, Operation[]>();
  /** Every query key that selects some operation. */
  readonly #selectors = new Set<string>();
  /** Every further query key that some operation reads. */
  readonly #parameters = new Set<string>();

  constructor(operations: readonly Operation[]) {
    for (const row of operations) {
      const place = `${row.method} ${row.target}`;
      const rows = this.#byPlace.get(place) ?? [];
      rows.push(row);
      // The most specific row comes first.
      rows.sort((a, b) => weight(b) - weight(a));
      this.#byPlace.set(place, rows);
      for (const key of row.select ?? []) this.#selectors.add(key.split('=')[0]!);
      for (const key of row.query ?? []) this.#parameters.add(key);
    }
  }

  /** @throws {OssError} MethodNotAllowed, InvalidArgument, NotImplemented where nothing matches */
  match(request: MatchRequest): Operation {
    const rows = this.#byPlace.get(`${request.method} ${request.target}`) ?? [];
    const found = rows.find((row) => fits(row, request));
    if (found === undefined) throw new OssError('MethodNotAllowed', { extra: { Method: request.method } });
    if (found.anyQuery) return found;
    const own = ownKeys(found);
    for (const { name, value, hasEquals } of request.query.pairs) {
      if (own.has(name) || signatureKeys.has(name)) continue;
      // Some SDKs write a sub-resource as `name=` ([Common-13]), and others the parameters of lists that they leave empty.
      this.#refuseStray(found, name, value !== '' || (hasEquals && this.#parameters.has(name)));
    }
    return found;
  }

  #refuseStray(found: Operation, name: string, isParameter: boolean): void {
    if (this.#selectors.has(name)) {
      throw new OssError('MethodNotAllowed', {
        message: `The sub-resource ${name} cannot be used with this request.`,
        extra: { ResourceType: name },
      });
    }
    const reads = found.method === 'GET' || found.method === 'HEAD' || found.method === 'OPTIONS';
    // A read may carry parameters of others: cache busters, analytics. A bare word looks like a sub-resource.
    if (reads && (found.target === 'object' || isParameter) && !isSignedSubresource(name)) return;
    if (reads && found.target === 'object' && isParameter) return;
    throw new OssError('InvalidArgument', {
      message: 'The request has a parameter that this operation does not know.',
      extra: { ArgumentName: name, ArgumentValue: '' },
    });
  }
}

function weight(row: Operation): number {
  return (row.select ?? []).reduce((sum, key) => sum + (key.includes('=') ? 3 : 2), row.selectHeader ? 1 : 0);
}

function fits(row: Operation, { query, headers }: MatchRequest): boolean {
  if (row.selectHeader !== undefined && !headers.has(row.selectHeader)) return false;
  return (row.select ?? []).every((key) => {
    const at = key.indexOf('=');
    return at < 0 ? query.has(key) : query.get(key.slice(0, at)) === key.slice(at + 1);
  });
}

const keys = new WeakMap<Operation, ReadonlySet<string>>();

/** The query keys that an operation knows. */
export function ownKeys(row: Operation): ReadonlySet<string> {
  let own = keys.get(row);
  if (own === undefined) {
    own = new Set([...(row.select ?? []).map((key) => key.split('=')[0]!), ...(row.query ?? [])]);
    keys.set(row, own);
  }
  return own;
}

export function isMethod(method: string): method is Method {
  return ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS'].includes(method);
}
