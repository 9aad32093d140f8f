import type { StorageClass } from '../../bucket/config.ts';
import type { ObjectAcl, StoredMeta } from '../../index/records.ts';
import { invalidArgument, OssError } from '../answer/errors.ts';
import { isHeaderValue } from './header-value.ts';

/** Most user metadata of one object, names and values together ([ObjCommon-19]). */
export const USER_META_BYTES_MAX = 8 * 1_024;
const PERSISTENT_BYTES_MAX = 8 * 1_024;

const META = 'x-oss-meta-';

/** The standard headers that are stored with an object and replayed ([ObjCommon-20]). */
const stored = ['cache-control', 'content-disposition', 'content-encoding', 'content-type', 'expires'] as const;

/**
 * Headers that describe a message or an answer of the gateway, or that speak for its whole origin and so for other
 * buckets: never stored on a client's behalf ([Sec-20]).
 */
const reserved =
  /^(x-oss-|access-control-|content-(length|md5|range)$|transfer-encoding$|connection$|keep-alive$|upgrade$|trailer$|te$|date$|server$|etag$|last-modified$|accept-ranges$|vary$|allow$|location$|set-cookie|strict-transport-security$|clear-site-data$|service-worker-allowed$|authorization$|host$|cookie$)/;

const classes: ReadonlySet<string> = new Set(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']);
const acls: ReadonlySet<string> = new Set(['default', 'private', 'public-read', 'public-read-write']);

/**
 * The metadata that a request asks to store.
 * @throws {OssError} InvalidArgument on a bad name or value, or more than 8 KB
 */
export function requestMeta(headers: Headers): StoredMeta {
  const kept: Record<string, string> = {};
  for (const name of stored) {
    // One without a value is as good as none.
    const value = headers.get(name);
    if (value) kept[name] = safeValue(name, value);
  }
  Object.assign(kept, persistentHeaders(headers.get('x-oss-persistent-headers')));
  return { headers: kept, user: userMeta(headers) };
}

function userMeta(headers: Headers): Record<string, string> {
  const user: Record<string, string> = {};
  let bytes = 0;
  headers.forEach((value, header) => {
    if (!header.startsWith(META)) return;
    const name = header.slice(META.length);
    if (!/^[a-z0-9-]+$/.test(name))
      throw invalidArgument(header, value, 'The name of a user metadata header is invalid.');
    user[name] = safeValue(header, value);
    bytes += name.length + new TextEncoder().encode(value).length;
  });
  if (bytes > USER_META_BYTES_MAX) {
    throw new OssError('InvalidArgument', {
      message: 'The metadata of an object may not exceed 8 KB.',
      extra: { ArgumentName: META, ArgumentValue: String(bytes) },
    });
  }
  return user;
}

/** `k1:base64(v1),k2:base64(v2)` stores any header that is not the gateway's own ([ObjCommon-21]). */
function persistentHeaders(text: string | null): Record<string, string> {
  const kept: Record<string, string> = {};
  if (text === null || text === '') return kept;
  const refuse = () => invalidArgument('x-oss-persistent-headers', text.slice(0, 256));
  if (text.length > PERSISTENT_BYTES_MAX) throw refuse();
  for (const item of text.split(',')) {
    const [rawName = '', encoded, ...rest] = item.trim().split(':');
    const name = rawName.toLowerCase();
    if (!/^[a-z0-9-]{1,128}$/.test(name) || reserved.test(name)) throw refuse();
    if (encoded === undefined || rest.length > 0) throw refuse();
    let value: string;
    try {
      value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0)),
      );
    } catch {
      throw refuse();
    }
    kept[name] = safeValue('x-oss-persistent-headers', value);
  }
  return kept;
}

/** Values are stored and replayed as they are, but none may make an object that clients cannot read. */
function safeValue(name: string, value: string): string {
  if (!isHeaderValue(value)) throw invalidArgument(name, '');
  return value;
}

/** @throws {OssError} InvalidArgument */
export function requestStorageClass(headers: Headers, fallback: StorageClass): StorageClass {
  const value = headers.get('x-oss-storage-class');
  if (value === null) return fallback;
  if (!classes.has(value)) throw invalidArgument('x-oss-storage-class', value);
  return value as StorageClass;
}

export function isStorageClass(value: string): value is StorageClass {
  return classes.has(value);
}

/** Whether bodies of a class are kept where storing is cheap and reading is not. */
export function isInfrequent(storageClass: string): boolean {
  return storageClass !== 'Standard';
}

/**
 * The object ACL that a request asks for, null for `default`.
 * @throws {OssError} InvalidArgument
 */
export function requestObjectAcl(headers: Headers): ObjectAcl | null {
  const value = headers.get('x-oss-object-acl');
  return value === null ? null : parseObjectAcl(value);
}

/** @throws {OssError} InvalidArgument */
export function parseObjectAcl(value: string): ObjectAcl | null {
  if (!acls.has(value)) throw invalidArgument('x-oss-object-acl', value, 'no such object access control exists');
  return value === 'default' ? null : (value as ObjectAcl);
}

/** @throws {OssError} InvalidArgument on anything but `true` and `false` */
export function requestFlag(headers: Headers, name: string): boolean {
  const value = headers.get(name);
  if (value === null || value.toLowerCase() === 'false') return false;
  if (value.toLowerCase() === 'true') return true;
  throw invalidArgument(name, value);
}
