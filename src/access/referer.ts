import type { RefusalReason } from './refusal.ts';
import { compileWildcard } from './wildcard.ts';

/** Hotlink protection of a bucket. Entries may hold `*` and `?`. */
export interface RefererRules {
  readonly allowEmptyReferer: boolean;
  /** Cut the query off the Referer before it is matched. */
  readonly allowTruncateQueryString: boolean;
  /** Cut off everything after the authority. */
  readonly truncatePath: boolean;
  readonly whitelist: readonly string[];
  readonly blacklist: readonly string[];
}

/** Which credentials a request carries; only those without an `Authorization` header are checked. */
export type RefererCredentials = 'none' | 'header' | 'url' | 'form';

/** UTF-16 units of a Referer that are looked at. Entries match beginnings, so that more would add nothing but time. */
const REFERER_MAX = 8192;

/**
 * Whether hotlink protection applies: to anonymous requests and signed URLs, whatever the ACL ([RefererEnforcement-1]).
 * A signed form counts as signed by its header would. The caller leaves out preflights ([RefererEnforcement-10]).
 */
export function isRefererChecked(credentials: RefererCredentials): boolean {
  return credentials === 'none' || credentials === 'url';
}

/**
 * Why hotlink protection refuses a Referer, if it does (chapter 6, ledger 2 section 2.3). An empty whitelist admits
 * everybody whom the blacklist does not name, and everybody without a Referer ([RefererEnforcement-4]).
 * @param strictHost an entry that ends within the host ends the host: `http://www.aliyun.com` does not take
 *   `http://www.aliyun.com.cn`, which the service takes ([RefererEnforcement-6])
 */
export function refererRefusal(
  rules: RefererRules,
  referer: string | undefined,
  strictHost = false,
): Extract<RefusalReason, `referer-${string}`> | undefined {
  const { whitelist, blacklist } = rules;
  if (referer === undefined || referer === '') {
    return rules.allowEmptyReferer || whitelist.length === 0 ? undefined : 'referer-empty';
  }
  const text = truncate(referer.slice(0, REFERER_MAX).toWellFormed(), rules);
  const matches = (entry: string) => entryMatches(entry, text, strictHost);
  if (blacklist.some(matches)) return 'referer-blacklisted';
  return whitelist.length === 0 || whitelist.some(matches) ? undefined : 'referer-unlisted';
}

function truncate(referer: string, rules: RefererRules): string {
  if (rules.truncatePath) return origin(referer);
  return rules.allowTruncateQueryString ? cutAt(referer, /[?#]/) : referer;
}

/** An entry takes every Referer that begins as it says, case and scheme included ([RefererEnforcement-6], -8). */
function entryMatches(entry: string, referer: string, strictHost: boolean): boolean {
  if (!strictHost || afterScheme(entry).includes('/') || entry.endsWith('*')) {
    return compileWildcard(entry, { openEnd: true })(referer);
  }
  const matches = compileWildcard(entry);
  const host = origin(referer);
  return matches(host) || matches(host.replace(/:\d{1,5}$/, ''));
}

/** Scheme and authority. */
function origin(referer: string): string {
  const rest = afterScheme(referer);
  return referer.slice(0, referer.length - rest.length) + cutAt(rest, /[/?#]/);
}

function afterScheme(text: string): string {
  const scheme = text.indexOf('://');
  return scheme < 0 ? text : text.slice(scheme + 3);
}

function cutAt(text: string, end: RegExp): string {
  const at = text.search(end);
  return at < 0 ? text : text.slice(0, at);
}
