import { parseHttpDate } from '../../lib/dates.ts';

/** The validators of one version of an object. */
export interface Validators {
  /** Without quotes. */
  readonly etag: string;
  /** ms since the epoch. */
  readonly modified: number;
}

export interface Conditions {
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
  readonly ifModifiedSince: string | null;
  readonly ifUnmodifiedSince: string | null;
}

/** Header names of the four conditions, of a read or (with the prefix) of a copy's source. */
export function conditionsOf(headers: Headers, prefix = ''): Conditions {
  return {
    ifMatch: headers.get(`${prefix}if-match`),
    ifNoneMatch: headers.get(`${prefix}if-none-match`),
    ifModifiedSince: headers.get(`${prefix}if-modified-since`),
    ifUnmodifiedSince: headers.get(`${prefix}if-unmodified-since`),
  };
}

export type ConditionFailure = { readonly status: 304 | 412; readonly condition: string };

/**
 * Checks conditions in the order of RFC 7232: a failed If-Match or If-Unmodified-Since beats a 304 ([ObjCommon-15]).
 * Dates compare in whole seconds, equal ones count as not modified ([ObjCommon-14], [ObjCommon-18]); one that cannot be
 * read passes.
 */
export function failedCondition(conditions: Conditions, { etag, modified }: Validators): ConditionFailure | undefined {
  const seconds = Math.floor(modified / 1_000);
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== null) {
    if (!matchesEtag(ifMatch, etag)) return { status: 412, condition: 'If-Match' };
  } else if (ifUnmodifiedSince !== null) {
    const limit = secondsOf(ifUnmodifiedSince);
    if (limit !== undefined && seconds > limit) return { status: 412, condition: 'If-Unmodified-Since' };
  }
  if (ifNoneMatch !== null) {
    if (matchesEtag(ifNoneMatch, etag)) return { status: 304, condition: 'If-None-Match' };
  } else if (ifModifiedSince !== null) {
    const limit = secondsOf(ifModifiedSince);
    if (limit !== undefined && seconds <= limit) return { status: 304, condition: 'If-Modified-Since' };
  }
  return undefined;
}

/**
 * Whether a client may get a range of this version to add to what it has already: only if that is of the same content
 * (RFC 9110, 13.1.5). Otherwise it needs the whole.
 * @param ifRange an ETag, quoted or not, or a date; a weak ETag, or what is neither, fits nothing
 */
export function rangeFits(ifRange: string | null, { etag, modified }: Validators): boolean {
  if (ifRange === null) return true;
  const seconds = secondsOf(ifRange);
  if (seconds !== undefined) return seconds === Math.floor(modified / 1_000);
  return ifRange.trim().replaceAll('"', '').toUpperCase() === etag.toUpperCase();
}

/** Quotes, case and the weak mark do not matter ([ObjCommon-16]); `*` matches every object. */
function matchesEtag(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const bare = item.trim().replace(/^W\//, '').replaceAll('"', '');
    return bare === '*' || bare.toUpperCase() === etag.toUpperCase();
  });
}

function secondsOf(date: string): number | undefined {
  const time = parseHttpDate(date);
  return time === undefined ? undefined : Math.floor(time / 1_000);
}
