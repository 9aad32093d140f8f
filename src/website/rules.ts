import type { IndexDocument, Redirect, RoutingRule, RuleCondition, Website } from './config.ts';
import { encodeName, redirectLocation, replacedKey } from './location.ts';

/** What of a request decides how a website answers it. */
export interface SiteRequest {
  readonly method: 'GET' | 'HEAD';
  /** Name that is asked for, decoded; empty for the root. */
  readonly key: string;
  readonly anonymous: boolean;
  /** The host as the client named it, with its port, and the path in front of names, such as `/bucket`, or nothing. */
  readonly host: string;
  readonly base: string;
  /** Query as sent, without what belongs to a signature. */
  readonly query: string;
  header(name: string): string | null;
}

/**
 * One thing to do. Steps are tried in order: the first that answers ends the request, and if none does, the failure
 * that led here is the answer.
 * - `redirect` send the client elsewhere
 * - `object` answer with this object, if it is there
 * - `mirror` fetch this object from the rule's origin, if it has it
 * - `directory` if this page is there, send the client to the directory's address
 * - `error-page` answer with this object and status, if it is there
 */
export type Step =
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string; readonly cdn: boolean }
  | { readonly kind: 'object'; readonly key: string }
  | { readonly kind: 'mirror'; readonly key: string; readonly rule: RoutingRule; readonly redirect: Redirect }
  | { readonly kind: 'directory'; readonly page: string; readonly location: string }
  | { readonly kind: 'error-page'; readonly key: string; readonly status: 200 | 404 };

/** The objects that a request may mean, the most likely first; none where it means no object at all. */
export function candidates({ indexDocument }: Website, { key, anonymous }: SiteRequest): readonly string[] {
  if (key === '') return anonymous && indexDocument !== undefined ? [indexDocument.suffix] : [];
  if (!key.endsWith('/') || indexDocument === undefined) return [key];
  const page = directoryPage(indexDocument, key);
  // Who signs may mean the object of that very name, such as the mark of a directory ([WebsiteServing-17]).
  return anonymous ? [page] : [key, page];
}

/** [WebsiteServing-4], [WebsiteServing-5] */
function directoryPage({ suffix, supportSubDir }: IndexDocument, directory: string): string {
  return supportSubDir === true ? directory + suffix : suffix;
}

/** What a rule does whatever there is of the object. */
export interface Unconditional {
  readonly steps: readonly Step[];
  /** Whether an earlier rule may match a failure: then the object must be looked up first. */
  readonly afterLookup: boolean;
}

/**
 * The first rule that matches without a status, if any. Of all that match the lowest number wins ([WebsiteServing-20]).
 * @param names the objects that the request may mean
 */
export function unconditional(
  website: Website,
  request: SiteRequest,
  names: readonly string[],
): Unconditional | undefined {
  // Which of the names a failure will be about is not known yet: an earlier rule may match any of them.
  const mayMatch = (rule: RoutingRule) =>
    names.length === 0 ? matches(rule, request, undefined) : names.some((name) => matches(rule, request, name));
  const matching = website.routingRules.filter(mayMatch);
  const at = matching.findIndex(({ condition }) => condition.httpErrorCodeReturnedEquals === undefined);
  if (at < 0) return undefined;
  const steps = [...stepsOf(matching[at]!, request, names[0]), ...errorPage(website, request)];
  return { steps, afterLookup: at > 0 };
}

/**
 * What to try when the plain answer is a failure.
 * @param status the failure's
 * @param lookedUp the object that was not to be had; undefined where the request means none
 */
export function afterFailure(
  website: Website,
  request: SiteRequest,
  status: number,
  lookedUp: string | undefined,
): readonly Step[] {
  const rule = website.routingRules.find((each) => {
    const wanted = each.condition.httpErrorCodeReturnedEquals;
    return (wanted === undefined || wanted === status) && matches(each, request, lookedUp);
  });
  const steps = rule === undefined ? [] : stepsOf(rule, request, lookedUp);
  if (status !== 404) return steps;
  const chain = [...steps, ...directory(website, request)];
  // An origin's own 404, shown as it is, stands in place of the error page ([WebsiteServing-42]).
  const transparent = rule?.redirect?.redirectType === 'Mirror' && transparentCodes(rule.redirect).has(404);
  return transparent ? chain : [...chain, ...errorPage(website, request)];
}

/** The codes of an origin that are answered as they are ([WebsiteServing-41]). */
export function transparentCodes({ transparentMirrorResponseCodes = '' }: Redirect): ReadonlySet<number> {
  return new Set(transparentMirrorResponseCodes.split(',').map(Number));
}

/** Whether all that a rule says of the request holds ([WebsiteServing-21]); its status aside. */
function matches({ condition, redirect }: RoutingRule, request: SiteRequest, lookedUp: string | undefined): boolean {
  if (redirect === undefined) return false;
  // A mirror fetches the object that is missing; a redirect leads away from the address that was asked for.
  const name = redirect.redirectType === 'Mirror' ? lookedUp : request.key;
  return name !== undefined && nameFits(condition, name) && headersFit(condition, request);
}

function nameFits({ keyPrefixEquals = '', keySuffixEquals = '' }: RuleCondition, name: string): boolean {
  return name.startsWith(keyPrefixEquals) && name.endsWith(keySuffixEquals);
}

/** [WebsiteServing-24]; a header that is only named must be there ([PutBucketWebsite-13]). */
function headersFit({ includeHeaders }: RuleCondition, request: SiteRequest): boolean {
  return includeHeaders.every(({ key, equals = '', startsWith = '', endsWith = '' }) => {
    const value = request.header(key);
    if (value === null) return false;
    return (equals === '' || value === equals) && value.startsWith(startsWith) && value.endsWith(endsWith);
  });
}

function stepsOf(rule: RoutingRule, request: SiteRequest, lookedUp: string | undefined): readonly Step[] {
  const redirect = rule.redirect!;
  switch (redirect.redirectType) {
    case 'External':
    case 'AliCDN': {
      const location = redirectLocation(rule.condition, redirect, request);
      const status = redirect.httpRedirectCode ?? 301;
      return [{ kind: 'redirect', status, location, cdn: redirect.redirectType === 'AliCDN' }];
    }
    case 'Internal': {
      const key = replacedKey(rule.condition, redirect, request.key);
      return key === '' ? [] : [{ kind: 'object', key }];
    }
    case 'Mirror':
      if (request.method === 'HEAD' && redirect.mirrorAllowHeadObject !== true) return [];
      return lookedUp === undefined ? [] : [{ kind: 'mirror', key: lookedUp, rule, redirect }];
  }
}

/** What `type` says of a name that may be a directory's ([WebsiteServing-7] to [WebsiteServing-11]). */
function directory({ indexDocument }: Website, request: SiteRequest): readonly Step[] {
  const { key, anonymous } = request;
  if (indexDocument?.supportSubDir !== true || !anonymous || key === '' || key.endsWith('/')) return [];
  const page = directoryPage(indexDocument, `${key}/`);
  switch (indexDocument.type ?? 0) {
    case 0:
      return [{ kind: 'directory', page, location: `${request.base}/${encodeName(`${key}/`)}` }];
    case 1:
      return [];
    case 2:
      return [{ kind: 'object', key: page }];
  }
}

function errorPage({ errorDocument }: Website, { anonymous }: SiteRequest): readonly Step[] {
  if (errorDocument === undefined || !anonymous) return [];
  return [{ kind: 'error-page', key: errorDocument.key, status: errorDocument.httpStatus }];
}
