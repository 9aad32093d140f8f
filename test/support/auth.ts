import type { Credential } from '../../src/access/identity.ts';
import { OssError } from '../../src/oss/answer/errors.ts';
import {
  type Authentication,
  type AuthSettings,
  authenticate,
  type SignedRequest,
} from '../../src/oss/auth/authenticate.ts';
import { Query } from '../../src/oss/request/query.ts';
import { sign, type ToSign } from './sign.ts';

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
    regions: ['cn-hangzhou'],
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

/** A request for `examplebucket` signed with the root key, as the gateway receives it. */
export function signed(
  how: Pick<ToSign, 'scheme' | 'place'> & Partial<ToSign>,
  from: Received = { target: '/a.txt', key: 'a.txt' },
): SignedRequest {
  const name = from.host ?? host;
  const bucket = from.bucket === undefined ? 'examplebucket' : from.bucket;
  const { url, headers } = sign({
    method: from.method ?? 'GET',
    url: `https://${name}${from.target}`,
    headers: { ...from.headers },
    ...(bucket === null ? {} : { bucket }),
    ...(from.key === undefined ? {} : { key: from.key }),
    accessKeyId,
    accessKeySecret,
    region: 'cn-hangzhou',
    now,
    ...how,
  });
  return received({ ...from, target: url.slice(url.indexOf(name) + name.length), headers });
}

/** The request with some of its parts exchanged, its headers overlaid: a header given as null goes. */
export function altered(
  request: SignedRequest,
  change: { headers?: Record<string, string | null>; query?: (raw: string) => string; now?: number } & Partial<
    Pick<SignedRequest, 'method' | 'bucket' | 'key'>
  >,
): SignedRequest {
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(change.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  const [path = '', raw = ''] = request.url.split(/\?(.*)/s);
  const query = change.query?.(raw) ?? raw;
  return { ...request, ...change, headers, url: `${path}?${query}`, query: new Query(query) };
}

/** Every scheme in every place. */
export const ways = (['V1', 'V2', 'V4'] as const).flatMap((scheme) =>
  (['header', 'query'] as const).map((place) => ({ scheme, place })),
);
