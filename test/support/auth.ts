import type { Credential } from '../../src/access/identity.ts';
import {
  type Authentication,
  type AuthSettings,
  authenticate,
  type SignedRequest,
} from '../../src/oss/auth/authenticate.ts';
import { OssError } from '../../src/oss/errors.ts';
import { Query } from '../../src/oss/query.ts';

/** The identity and clock of the vectors in protocol/oss.md. All made up. */
export const accessKeyId = 'LTAI5tExampleAccessKeyId';
export const accessKeySecret = 'ExampleSecretKey0123456789abcd';
export const securityToken = 'CAISexampleToken+/==';
export const now = 1_736_929_800_000;
export const host = 'examplebucket.oss-cn-hangzhou.aliyuncs.com';

export const rootCredential: Credential = { accessKeyId, accessKeySecret, accountId: '1001' };

/** Knows the root key; `securityToken` belongs to it, as the vectors want, and lives for an hour. */
export function settings(change: Partial<AuthSettings> = {}): AuthSettings {
  return {
    region: 'cn-hangzhou',
    tolerant: { unsignedProcess: false, droppedEmpties: false },
    credential: (id) => (id === accessKeyId ? rootCredential : undefined),
    token: (id, token) =>
      id === accessKeyId && token === securityToken
        ? {
            kind: 'temporary',
            accessKeySecret,
            identity: {
              kind: 'role',
              accountId: '1001',
              accessKeyId: id,
              roleName: 'reader',
              sessionName: 'test',
              policies: [],
            },
            expires: now + 3_600_000,
          }
        : { kind: 'invalid' },
    ...change,
  };
}

export interface Received {
  method?: string;
  /** Path and query, as in the request line. */
  target: string;
  headers?: Record<string, string>;
  bucket?: string | null;
  key?: string;
  now?: number;
  host?: string;
}

/** A request for `examplebucket` as the gateway sees it, at the clock of the vectors unless told otherwise. */
export function received(from: Received): SignedRequest {
  const at = from.target.indexOf('?');
  const name = from.host ?? host;
  return {
    method: from.method ?? 'GET',
    url: `https://${name}${from.target}`,
    headers: new Headers({ host: name, ...from.headers }),
    query: new Query(at < 0 ? '' : from.target.slice(at + 1)),
    ...(from.bucket === null ? {} : { bucket: from.bucket ?? 'examplebucket' }),
    ...(from.key === undefined ? {} : { key: from.key }),
    now: from.now ?? now,
  };
}

/** The refusal of a request. Fails where it is let in, or where anything but a refusal is thrown. */
export function refusal(request: SignedRequest, with_: AuthSettings = settings()): OssError {
  let outcome: Authentication;
  try {
    outcome = authenticate(request, with_);
  } catch (error) {
    if (error instanceof OssError) return error;
    throw error;
  }
  throw new Error(`let in as ${JSON.stringify(outcome)}`);
}
