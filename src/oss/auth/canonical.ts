import { percentEncode } from '../../lib/percent.ts';
import type { QueryPair } from '../request/query.ts';
import { badArgument } from './refusals.ts';
import type { SignedRequest } from './request.ts';

/** Pieces of the signed texts that more than one scheme uses. */

export interface CanonicalHeaders {
  /** `name:value\n` each, sorted by name. */
  readonly lines: string;
  /** The additional names that the request does not have. */
  readonly missing: readonly string[];
}

/**
 * The headers that a signature covers: those of `byRule`, and the additional ones that the client chose.
 * Relies on `Headers` to list names in lower case, sorted, with repeated lines joined.
 */
export function canonicalHeaders(
  request: SignedRequest,
  byRule: (name: string) => boolean,
  additional: readonly string[] = [],
): CanonicalHeaders {
  const missing = new Set(additional);
  const lines: [name: string, line: string][] = [];
  for (const [name, value] of request.headers) {
    if (missing.delete(name) || byRule(name)) lines.push([name, `${name}:${value}\n`]);
  }
  if (missing.delete('host')) {
    lines.push(['host', `host:${hostOf(request.url)}\n`]);
    lines.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }
  let text = '';
  for (const line of lines) text += line[1];
  return { lines: text, missing: [...missing] };
}

function hostOf(url: string): string {
  const start = url.indexOf('//') + 2;
  const end = url.indexOf('/', start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

export function isOssHeader(name: string): boolean {
  return name.startsWith('x-oss-');
}

/** How the canonical form of an empty parameter reads: `name`, `name=`, or nothing at all. */
export type EmptyForm = 'bare' | 'equals' | 'dropped';

/**
 * The query of a V2 or V4 signature: every parameter, percent-encoded, sorted by encoded name.
 * Equal names stay in the order in which they came: the first is the one that counts, so swapping them must not verify.
 * @param except a parameter to leave out, which is the signature itself. Only the first, as only that one was read
 */
export function canonicalQuery(
  pairs: readonly QueryPair[],
  except?: string,
  empty: (pair: QueryPair) => EmptyForm = bare,
): string {
  const items: [name: string, item: string][] = [];
  let skipped = except === undefined;
  for (const pair of pairs) {
    if (!skipped && pair.name === except) {
      skipped = true;
      continue;
    }
    const name = percentEncode(pair.name);
    if (pair.value !== '') {
      items.push([name, `${name}=${percentEncode(pair.value)}`]);
      continue;
    }
    const form = empty(pair);
    if (form !== 'dropped') items.push([name, form === 'bare' ? name : `${name}=`]);
  }
  return joinSorted(items);
}

/** Joins by `&`, sorted by name. The sort is stable. */
export function joinSorted(items: [name: string, item: string][]): string {
  if (items.length > 1) items.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  let text = '';
  for (let i = 0; i < items.length; i++) text += i === 0 ? items[i]![1] : `&${items[i]![1]}`;
  return text;
}

function bare(): EmptyForm {
  return 'bare';
}

/** `/`, `/bucket/` or `/bucket/key`, decoded: whatever host or path style the request came by. */
export function canonicalPath(bucket: string | undefined, key: string | undefined): string {
  return bucket === undefined ? '/' : `/${bucket}/${key ?? ''}`;
}

export interface AdditionalHeaderCodes {
  /** The argument that holds the list. */
  readonly argument: string;
  /** `EC` where the list is empty, has an empty name, or names something twice, oddly or in vain. */
  readonly blank: string;
  readonly emptyName: string;
  readonly badName: string;
}

/**
 * Reads a list such as `host;range`. Case and order do not matter, as the canonical form fixes both.
 * @throws {OssError} 400 `InvalidArgument` on empty, repeated or impossible names
 */
export function parseAdditionalHeaders(list: string, codes: AdditionalHeaderCodes): string[] {
  if (list === '') throw badList(codes, list, codes.blank);
  const names = list.toLowerCase().split(';');
  const seen = new Set<string>();
  for (const name of names) {
    if (name === '') throw badList(codes, list, codes.emptyName);
    if (seen.has(name) || !/^[a-z0-9!#$%&'*+.^`|~-]+$/.test(name)) throw badList(codes, list, codes.badName);
    seen.add(name);
  }
  return names.sort();
}

/** @throws {OssError} 400 `InvalidArgument` where a listed header is not in the request */
export function refuseMissing(missing: readonly string[], codes: AdditionalHeaderCodes): void {
  if (missing.length > 0) throw badList(codes, missing.join(';'), codes.badName);
}

function badList(codes: AdditionalHeaderCodes, value: string, ec: string) {
  return badArgument(codes.argument, value, ec, 'The additional headers of the signature are invalid.');
}
