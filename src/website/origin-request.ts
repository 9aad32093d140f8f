import type { MirrorHeaders, Redirect, RuleCondition } from './config.ts';
import { encodeName, originKey } from './location.ts';

/** Origins that one request is tried at. */
const ORIGINS_MAX = 5;

/** Headers of a client that no origin gets ([WebsiteServing-45]): the reference's own, and what speaks of one hop only. */
const neverPassed: ReadonlySet<string> = new Set([
  'authorization',
  'authorization2',
  'content-length',
  'date',
  'range',
  'accept-encoding',
  'cdn-loop',
  'connection',
  'content-encoding',
  'content-md5',
  'content-type',
  'expect',
  'forwarded',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]);

/** Headers that the owner cannot set either: they would change how the answer arrives, or are the runtime's own. */
const neverSet: ReadonlySet<string> = new Set(
  [...neverPassed].filter((name) => name !== 'authorization' && name !== 'accept-encoding'),
);

/** Names that belong to the dialect, or to the edge in front of us. */
export type IsReserved = (name: string) => boolean;

/**
 * The headers of a request to an origin: those of the client that the rule passes on, without those that it removes,
 * and those that it sets ([WebsiteServing-45] to [WebsiteServing-49]).
 */
export function originHeaders(rule: MirrorHeaders | undefined, client: Headers, isReserved: IsReserved): Headers {
  // What arrives is stored for everybody, so it is wanted as it is, not as this one client would like it packed.
  const headers = new Headers({ 'accept-encoding': 'identity' });
  if (rule === undefined) return headers;
  const passed = new Set(rule.pass.map((name) => name.toLowerCase()));
  const removed = new Set(rule.remove.map((name) => name.toLowerCase()));
  client.forEach((value, name) => {
    if (rule.passAll !== true && !passed.has(name)) return;
    if (!removed.has(name) && !neverPassed.has(name) && !isReserved(name)) headers.set(name, value);
  });
  for (const { key, value } of rule.set) if (!neverSet.has(key.toLowerCase())) headers.set(key, value);
  return headers;
}

/** Whether an origin sees anything of the client that asks, so that it might answer each one differently. */
export function passesClient({ mirrorHeaders, mirrorPassQueryString, passQueryString }: Redirect): boolean {
  const headers = mirrorHeaders?.passAll === true || (mirrorHeaders?.pass.length ?? 0) > 0;
  return headers || (mirrorPassQueryString ?? passQueryString ?? false);
}

/**
 * Where an object may be fetched from, in the order to try ([WebsiteServing-35], [WebsiteServing-36]). None where its
 * name has a segment `.` or `..`, which would lead out of the origin's folder.
 */
export function originUrls(
  condition: RuleCondition,
  redirect: Redirect,
  key: string,
  query: string,
): readonly string[] {
  const name = originKey(condition, redirect, key);
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(name)) return [];
  const passes = redirect.mirrorPassQueryString ?? redirect.passQueryString ?? false;
  const rest = encodeName(name) + (passes && query !== '' ? `?${query}` : '');
  return origins(redirect).map((origin) => (origin.endsWith('/') ? origin : `${origin}/`) + rest);
}

function origins({ mirrorUrl, mirrorUrlSlave, mirrorMultiAlternates = [] }: Redirect): readonly string[] {
  const alternates = mirrorMultiAlternates.toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0)).map(({ url }) => url);
  return [mirrorUrl, mirrorUrlSlave, ...alternates]
    .filter((url): url is string => url !== undefined && url !== '')
    .slice(0, ORIGINS_MAX);
}
