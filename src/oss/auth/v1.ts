import { createHmac } from 'node:crypto';
import { parseBasicDate, parseHttpDate } from '../../lib/dates.ts';
import { OssError } from '../answer/errors.ts';
import type { QueryPair } from '../request/query.ts';
import { canonicalHeaders, canonicalPath, isOssHeader, joinSorted } from './canonical.ts';
import { badAuthorization, isAccessKeyId } from './fields.ts';
import { badArgument, badDate, refuseExpired, refuseSkew } from './refusals.ts';
import type { AuthSettings, Claim, SignatureForm, SignedRequest, SignedText } from './request.ts';
import { isSignedSubresource } from './signed-subresources.ts';

/**
 * Signature V1 (protocol/oss.md 1.3, 1.4): base64 of HMAC-SHA1 over a decoded text.
 *
 * Because the text is decoded, `GET /a?acl` and `GET /a%3Facl` have the same signature, and a `&` inside a signed value
 * reads like the start of the next one. That is a weakness of the scheme, not to be mended on this side: both readings
 * are what some client means. V4 does not have it.
 */

/** How a client may write the resource differently. */
export interface ResourceVariant {
  /** Leave these parameters out. */
  readonly without?: ReadonlySet<string>;
  /** Write an empty parameter as `name=` where it was sent so. */
  readonly emptyEquals?: boolean;
  /** Write a bucket without the trailing slash. */
  readonly bareBucket?: boolean;
}

/** The canonical resource: path and signed sub-resources, decoded. Equal names stay in the order in which they came. */
export function canonicalResourceV1(
  bucket: string | undefined,
  key: string | undefined,
  pairs: readonly QueryPair[],
  variant: ResourceVariant = {},
): string {
  const path = variant.bareBucket && bucket !== undefined && !key ? `/${bucket}` : canonicalPath(bucket, key);
  const items: [name: string, item: string][] = [];
  for (const { name, value, hasEquals } of pairs) {
    if (!isSignedSubresource(name) || variant.without?.has(name)) continue;
    const equals = value !== '' || (variant.emptyEquals && hasEquals);
    items.push([name, equals ? `${name}=${value}` : name]);
  }
  return items.length === 0 ? path : `${path}?${joinSorted(items)}`;
}

/** @param date the value of the date header; for a signed URL its `Expires` */
export function stringToSignV1(request: SignedRequest, date: string, variant?: ResourceVariant): string {
  const { method, headers, bucket, key, query } = request;
  const fixed = `${method}\n${headers.get('content-md5') ?? ''}\n${headers.get('content-type') ?? ''}\n${date}\n`;
  return fixed + canonicalHeaders(request, isOssHeader).lines + canonicalResourceV1(bucket, key, query.pairs, variant);
}

/** A form upload signs its base64 policy this way too, and an RTMP URL its own text. */
export function signV1(accessKeySecret: string, text: string): string {
  return createHmac('sha1', accessKeySecret).update(text, 'utf8').digest('base64');
}

const unsignedProcess: ReadonlySet<string> = new Set(['x-oss-process', 'x-oss-async-process', 'x-oss-traffic-limit']);

/** The other texts that known SDKs sign, those that differ for this request (candidates B, C and D of 1.3). */
function* toleratedV1(request: SignedRequest, settings: AuthSettings, date: string): Generator<SignedText> {
  const { pairs } = request.query;
  if (settings.tolerant.unsignedProcess && pairs.some((pair) => unsignedProcess.has(pair.name))) {
    yield { stringToSign: stringToSignV1(request, date, { without: unsignedProcess }) };
  }
  if (pairs.some((pair) => pair.hasEquals && pair.value === '' && isSignedSubresource(pair.name))) {
    yield { stringToSign: stringToSignV1(request, date, { emptyEquals: true }) };
  }
  if (request.bucket !== undefined && !request.key) {
    yield { stringToSign: stringToSignV1(request, date, { bareBucket: true }) };
  }
}

function claimV1(
  request: SignedRequest,
  settings: AuthSettings,
  date: string,
  given: Pick<Claim, 'accessKeyId' | 'signature' | 'token'>,
): Claim {
  return {
    ...given,
    text: () => ({ stringToSign: stringToSignV1(request, date) }),
    tolerated: () => toleratedV1(request, settings, date),
    sign: signV1,
  };
}

/** `Authorization: OSS <id>:<signature>` */
export const headerV1: SignatureForm = {
  scheme: 'V1',
  place: 'header',
  mismatch: '0002-00000040',
  read(request, settings) {
    const { headers } = request;
    const rest = headers.get('authorization')!.slice('OSS '.length).trim();
    const at = rest.indexOf(':');
    if (at < 0) throw badAuthorization('OSS', '0002-00000062');
    const accessKeyId = rest.slice(0, at);
    const signature = rest.slice(at + 1);
    if (!isAccessKeyId(accessKeyId))
      throw badAuthorization('OSS', accessKeyId === '' ? '0002-00000063' : '0002-00000064');
    if (signature === '') throw badAuthorization('OSS', '0002-00000065');
    const date = checkedDate(request);
    // Python SDK v2 sends the token in a header that this scheme does not sign.
    const token = headers.get('x-oss-security-token') ?? headers.get('security-token') ?? '';
    return claimV1(request, settings, date, { accessKeyId, signature, token });
  },
};

/** `?OSSAccessKeyId=&Expires=&Signature=` */
export const queryV1: SignatureForm = {
  scheme: 'V1',
  place: 'query',
  mismatch: '0002-00000040',
  read(request, settings) {
    const { query } = request;
    const accessKeyId = query.get('OSSAccessKeyId');
    const expires = query.get('Expires');
    const signature = query.get('Signature');
    if (!accessKeyId) throw incompleteUrl(accessKeyId === undefined ? '0002-00000071' : '0002-00000072');
    if (expires === undefined) throw incompleteUrl('0002-00000067');
    if (!signature) throw incompleteUrl(signature === undefined ? '0002-00000074' : '0002-00000075');
    if (!isAccessKeyId(accessKeyId)) {
      throw badArgument('OSSAccessKeyId', accessKeyId, '0002-00000073', 'The access key ID is invalid.');
    }
    checkExpiry(expires, request.now);
    const token = query.get('security-token') ?? '';
    return claimV1(request, settings, expires, { accessKeyId, signature, token });
  },
};

function incompleteUrl(ec: string): OssError {
  return new OssError('AccessDenied', {
    message: 'Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters',
    ec,
  });
}

/**
 * The date that a V1 or V2 header signature covers: `x-oss-date` where there is one, else `Date`.
 * @throws {OssError} where it is missing, not a date, or too far from now
 */
export function checkedDate(request: SignedRequest): string {
  const ossDate = request.headers.get('x-oss-date');
  const date = ossDate ?? request.headers.get('date');
  if (date === null) throw badDate('0002-00000503');
  const time = parseHttpDate(date) ?? (ossDate === null ? undefined : parseBasicDate(date));
  if (time === undefined) throw badDate('0002-00000502');
  refuseSkew(time, request.now);
  return date;
}

/**
 * Checks the end of a V1 or V2 signed URL.
 * @param expires seconds since the epoch, as sent. How far ahead it may lie is not limited
 * @throws {OssError} where it is not a number, or past
 */
export function checkExpiry(expires: string, now: number): void {
  const seconds = /^[0-9]{1,16}$/.test(expires) ? Number(expires) : Number.NaN;
  if (!Number.isSafeInteger(seconds)) {
    throw new OssError('AccessDenied', {
      message: 'Invalid date (should be seconds since epoch)',
      ec: expires === '' ? '0002-00000068' : '0002-00000070',
    });
  }
  refuseExpired(seconds * 1000, now, '0002-00000069');
}
