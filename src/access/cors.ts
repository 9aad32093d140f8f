import { compileWildcard } from './wildcard.ts';

/** One CORS rule of a bucket. Origins and headers may hold one `*` each. */
export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds?: number | undefined;
}

export interface CorsRules {
  readonly rules: readonly CorsRule[];
  readonly responseVary: boolean;
}

export interface CorsRequest {
  readonly origin: string;
  /** The method of the request, or the one that a preflight asks for. */
  readonly method: string;
  /** Preflight only: the value of `Access-Control-Request-Headers`. */
  readonly requestHeaders?: string | undefined;
}

/** A preflight as it came. */
export interface Preflight {
  readonly origin?: string | undefined;
  readonly method?: string | undefined;
  readonly requestHeaders?: string | undefined;
}

export type CorsHeaders = Readonly<Record<string, string>>;

export type PreflightResult =
  | { readonly outcome: 'allow'; readonly headers: CorsHeaders }
  | { readonly outcome: 'deny'; readonly reason: 'origin-missing' | 'method-missing' | 'disabled' | 'no-match' };

/** UTF-16 units of the list of headers that one preflight may ask for. */
const REQUEST_HEADERS_MAX = 8192;
/** UTF-16 units of an Origin; browsers' are below 300. */
const ORIGIN_MAX = 2048;

/**
 * The first rule that a request matches in full; no mixing across rules ([OptionObject-3], -4). The origin is compared
 * with case, methods exactly, header names without case ([OptionObject-5]).
 */
export function matchCors(rules: readonly CorsRule[], request: CorsRequest): CorsRule | undefined {
  // What is echoed must be printable ASCII, whoever let it through (security row 28).
  if (request.origin.length > ORIGIN_MAX || !/^[\x21-\x7e]+$/.test(request.origin)) return undefined;
  const names = headerNames(request.requestHeaders);
  return rules.find(
    (rule) =>
      rule.allowedMethods.includes(request.method) &&
      rule.allowedOrigins.some((origin) => oneStar(origin)(request.origin)) &&
      allowsHeaders(rule, names),
  );
}

/**
 * The headers of an answer to a request that `rule` matched ([OptionObject-8] to -12, [CorsEnforcement-3]): the origin is
 * echoed, also for `*`, and the methods are the rule's own (evidence-2). There is no Allow-Credentials: it is not part of
 * the protocol, and without it no answer can be read with a user's cookies.
 */
export function corsHeaders(rule: CorsRule, request: CorsRequest): CorsHeaders {
  const headers: Record<string, string> = {
    'Access-Control-Allow-Origin': request.origin,
    'Access-Control-Allow-Methods': tokenList(rule.allowedMethods),
  };
  const { requestHeaders = '' } = request;
  if ((headerNames(requestHeaders)?.length ?? 0) > 0) headers['Access-Control-Allow-Headers'] = requestHeaders.trim();
  const exposed = tokenList(rule.exposeHeaders);
  if (exposed !== '') headers['Access-Control-Expose-Headers'] = exposed;
  if (rule.maxAgeSeconds !== undefined) headers['Access-Control-Max-Age'] = String(rule.maxAgeSeconds);
  return headers;
}

/** The headers for an actual cross-origin request; none where no rule matches, which never refuses it ([CorsEnforcement-1]). */
export function corsHeadersFor(cors: CorsRules | undefined, request: Omit<CorsRequest, 'requestHeaders'>): CorsHeaders {
  const actual = { origin: request.origin, method: request.method };
  const rule = cors && matchCors(cors.rules, actual);
  return rule ? corsHeaders(rule, actual) : {};
}

/** Answers a preflight (chapter 4). On a refusal no CORS header is sent ([OptionObject-7]). */
export function preflight(cors: CorsRules | undefined, { origin, method, requestHeaders }: Preflight): PreflightResult {
  if (origin === undefined || origin === '') return { outcome: 'deny', reason: 'origin-missing' };
  if (method === undefined || method === '') return { outcome: 'deny', reason: 'method-missing' };
  if (cors === undefined || cors.rules.length === 0) return { outcome: 'deny', reason: 'disabled' };
  const request = { origin, method, requestHeaders };
  const rule = matchCors(cors.rules, request);
  return rule ? { outcome: 'allow', headers: corsHeaders(rule, request) } : { outcome: 'deny', reason: 'no-match' };
}

/** Whether every answer of the bucket says `Vary: Origin`, matched or not ([CorsEnforcement-5], [OptionObject-14]). */
export function variesByOrigin(cors: CorsRules | undefined): boolean {
  return cors?.responseVary === true && cors.rules.length > 0;
}

/** The names of a header list, trimmed, without empty items; `undefined` where it is too long or no such list. */
function headerNames(list = ''): string[] | undefined {
  // Only blanks and tabs are left for trim() to take, and the list itself is fit to be echoed.
  if (list.length > REQUEST_HEADERS_MAX || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z, \t]*$/.test(list)) return undefined;
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.every(isToken) ? names : undefined;
}

function allowsHeaders(rule: CorsRule, names: readonly string[] | undefined): boolean {
  if (names === undefined) return false;
  const allowed = rule.allowedHeaders.map((header) => oneStar(header.toLowerCase()));
  return names.every((name) => allowed.some((matches) => matches(name.toLowerCase())));
}

function oneStar(pattern: string): (text: string) => boolean {
  return compileWildcard(pattern, { literalQuestion: true });
}

/** Whatever configuration let through, nothing but names reaches an answer (security row 28). */
function tokenList(names: readonly string[]): string {
  return names.filter(isToken).join(', ');
}

function isToken(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
}
