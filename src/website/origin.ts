import type { Redirect } from './config.ts';
import { transparentCodes } from './rules.ts';

/** How often an origin may point elsewhere ([WebsiteServing-39]). */
export const REDIRECTS_MAX = 10;

/** One request to an origin. */
export interface OriginRequest {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Headers;
  /** How often to follow an answer that points elsewhere; 0 hands it over. */
  readonly redirects: number;
}

/**
 * Sends a request to where the owner of a bucket wants it sent, if anybody may send one there.
 * @throws {Error} where the target is forbidden, does not answer in time, or points elsewhere too often
 */
export type OriginFetch = (url: string, request: OriginRequest) => Promise<Response>;

/**
 * What the origins have of an object.
 * - `content` the object; of known length where the answer says so
 * - `missing` no such object
 * - `shown` an answer for the client as it is
 * - `elsewhere` an address for the client
 * - `failed` nothing that could be used
 */
export type OriginAnswer =
  | { readonly kind: 'content'; readonly response: Response }
  | { readonly kind: 'missing' }
  | { readonly kind: 'shown'; readonly response: Response }
  | { readonly kind: 'elsewhere'; readonly status: number; readonly location: string }
  | { readonly kind: 'failed'; readonly why: string };

/** Asks one origin after the other, until one has not failed. */
export async function askOrigins(
  fetchOrigin: OriginFetch,
  redirect: Redirect,
  urls: readonly string[],
  request: Omit<OriginRequest, 'redirects'>,
): Promise<OriginAnswer> {
  const redirects = redirect.mirrorFollowRedirect === false ? 0 : REDIRECTS_MAX;
  let last: OriginAnswer = { kind: 'failed', why: 'no origin has such a name' };
  for (const [i, url] of urls.entries()) {
    let response: Response;
    try {
      response = await fetchOrigin(url, { ...request, redirects });
    } catch (error) {
      last = { kind: 'failed', why: (error as Error).message };
      continue;
    }
    if (i === urls.length - 1 || !isOutage(response.status, redirect)) return used(response, redirect, url);
    await response.body?.cancel();
  }
  return last;
}

/** Whether an answer means that the next origin should be asked. */
function isOutage(status: number, { mirrorSwitchAllErrors }: Redirect): boolean {
  if (mirrorSwitchAllErrors !== true) return status >= 500;
  return ![200, 206, 301, 302, 303, 307, 404].includes(status);
}

/** What an answer means ([WebsiteServing-37], [WebsiteServing-40], [WebsiteServing-41], [WebsiteServing-43]). */
async function used(response: Response, redirect: Redirect, url: string): Promise<OriginAnswer> {
  const { status } = response;
  if (transparentCodes(redirect).has(status)) return { kind: 'shown', response };
  // A range was not asked for, so that a 206 is not the object.
  if (status === 200) return { kind: 'content', response };
  await response.body?.cancel();
  if (status === 404) return { kind: 'missing' };
  if (status >= 300 && status < 400 && redirect.mirrorFollowRedirect === false) {
    const location = safeLocation(response.headers.get('location'), url);
    if (location !== undefined) return { kind: 'elsewhere', status, location };
  }
  return { kind: 'failed', why: `an origin answered ${status}` };
}

/** An address to hand on: absolute, since the client's idea of where it is differs, and of the web. */
function safeLocation(location: string | null, base: string): string | undefined {
  if (location === null || !URL.canParse(location, base)) return undefined;
  const { protocol, href } = new URL(location, base);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}
