import { percentDecode } from '../../lib/percent.ts';
import { OssError } from '../answer/errors.ts';
import { Query } from './query.ts';

/** What a request is addressed to. The key is decoded once, here, and used by everything that follows. */
export interface Address {
  /** As sent, with its port. */
  readonly host: string;
  readonly target: 'service' | 'bucket' | 'object' | 'foreign';
  readonly bucket?: string;
  readonly key?: string;
  /** What follows `/-/` in a path of the service itself: no bucket's name begins with a hyphen. */
  readonly reserved?: string;
  /** The custom domain that the request came by, once its bucket is known. */
  readonly domain?: string;
  /** Whether it came by an acceleration endpoint. */
  readonly accelerated?: true;
  readonly query: Query;
  /** The endpoint's, without `oss-`; the deployment's own where its name tells none. */
  readonly region: string;
  /** Whether the name of the endpoint tells its region: then a V4 signature is for that one and no other. */
  readonly regional?: true;
  readonly secure: boolean;
}

/** Longest key in UTF-8 bytes ([PutObject-E5]). */
export const KEY_BYTES_MAX = 1_023;

export interface Domains {
  readonly serviceDomains: readonly string[];
  readonly accelerateDomains: readonly string[];
  /** With the `oss-` prefix. */
  readonly region: string;
}

/**
 * Splits host and path. `<bucket>.<service domain>` is virtual-hosted; a service domain itself or an IP address is
 * path-style or, with an empty path, the service; any other host is foreign (a custom domain, if a bucket claims it).
 * @throws {OssError} InvalidArgument on a malformed escape, InvalidBucketName, InvalidObjectName
 */
export function addressOf(url: string, domains: Domains): Address {
  const parts = splitUrl(url);
  const query = decodeOr400(() => new Query(parts.query));
  const hostname = withoutPort(parts.host).toLowerCase();
  const common = { host: parts.host, query, secure: parts.secure };
  for (const domain of domains.serviceDomains) {
    const place = placeAt(domain, hostname, parts.path);
    if (place !== undefined) {
      const fast = domains.accelerateDomains.includes(domain) ? { accelerated: true as const } : {};
      const named = regionOf(domain);
      const regional = named === undefined ? {} : { regional: true as const };
      return { ...common, ...place, ...fast, ...regional, region: bareRegion(named ?? domains.region) };
    }
  }
  for (const domain of hostname.includes('oss-accelerate') ? domains.accelerateDomains : []) {
    const place = placeAt(domain, hostname, parts.path);
    if (place !== undefined) return { ...common, ...place, accelerated: true, region: bareRegion(domains.region) };
  }
  const region = bareRegion(domains.region);
  if (isIpAddress(hostname)) return { ...common, ...pathStyle(parts.path), region };
  return { ...common, target: 'foreign', key: decodeOr400(() => percentDecode(parts.path.slice(1))), region };
}

/**
 * The address of a request to a custom domain, once its bucket is known ([CnameRouting-1]): the whole path is the key.
 * @throws {OssError} InvalidObjectName
 */
export function addressIn(bucket: string, domain: string, foreign: Address): Address {
  const { key = '', ...rest } = foreign;
  const common = { ...rest, bucket, domain };
  return key === '' ? { ...common, target: 'bucket' } : { ...common, target: 'object', key: objectName(key) };
}

/** Name of the host that a request was sent to: lower case, without a port and without a dot at the end. */
export function hostName(host: string): string {
  return withoutPort(host).toLowerCase().replace(/\.$/, '');
}

/** 3 to 63 characters of `a-z 0-9 -`, first and last not a hyphen ([PutBucket-12]). */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name);
}

/** Whether an object may have this name: 1 to 1,023 bytes, not starting with `/` or `\`. */
export function isObjectName(key: string): boolean {
  if (key === '' || key.startsWith('/') || key.startsWith('\\')) return false;
  return key.length <= KEY_BYTES_MAX && new TextEncoder().encode(key).length <= KEY_BYTES_MAX;
}

function splitUrl(url: string): { host: string; path: string; query: string; secure: boolean } {
  const hostAt = url.indexOf('://') + 3;
  const pathAt = url.indexOf('/', hostAt);
  const queryAt = url.indexOf('?', pathAt);
  return {
    secure: url.startsWith('https:'),
    host: url.slice(hostAt, pathAt),
    path: queryAt < 0 ? url.slice(pathAt) : url.slice(pathAt, queryAt),
    query: queryAt < 0 ? '' : url.slice(queryAt + 1),
  };
}

/** What a service domain's host and path mean; undefined for a host that is not the domain's. */
function placeAt(domain: string, hostname: string, path: string): Place | undefined {
  // With an IP endpoint ali-oss puts an empty bucket label before the domain in service requests.
  if (hostname === domain || hostname === `.${domain}`) return pathStyle(path);
  const bucket = hostname.endsWith(`.${domain}`) ? hostname.slice(0, -domain.length - 1) : '.';
  return bucket.includes('.') ? undefined : inBucket(bucket, path.slice(1));
}

type Place = Pick<Address, 'target' | 'bucket' | 'key' | 'reserved'>;

function pathStyle(path: string): Place {
  if (path === '/') return { target: 'service' };
  if (path.startsWith('/-/')) return { target: 'service', reserved: path.slice('/-/'.length) };
  const slash = path.indexOf('/', 1);
  const bucket = decodeOr400(() => percentDecode(slash < 0 ? path.slice(1) : path.slice(1, slash)));
  return inBucket(bucket, slash < 0 ? '' : path.slice(slash + 1));
}

function inBucket(bucket: string, rawKey: string): Place {
  if (!isBucketName(bucket)) throw new OssError('InvalidBucketName', { extra: { BucketName: bucket } });
  if (rawKey === '') return { target: 'bucket', bucket };
  return { target: 'object', bucket, key: objectName(decodeOr400(() => percentDecode(rawKey))) };
}

function objectName(key: string): string {
  if (isObjectName(key)) return key;
  throw new OssError('InvalidObjectName', { extra: { ObjectName: key.slice(0, 2_048) } });
}

function decodeOr400<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof URIError)
      throw new OssError('InvalidArgument', { message: `The URL is not valid: ${error.message}.` });
    throw error;
  }
}

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon < 0 || host.endsWith(']') ? host : host.slice(0, colon);
}

function isIpAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^\d{1,3}(\.\d{1,3}){3}$/.test(hostname);
}

/**
 * `oss-cn-beijing` of `oss-cn-beijing.aliyuncs.com`, or of `oss-cn-beijing-internal.aliyuncs.com`. The acceleration
 * endpoints are of no region.
 */
export function regionOf(domain: string): string | undefined {
  return /^(oss-(?!accelerate)[a-z0-9-]+?)(?:-internal)?\./.exec(domain)?.[1];
}

/** A region without the `oss-` prefix, as signatures have it. */
export function bareRegion(region: string): string {
  return region.replace(/^oss-/, '');
}
