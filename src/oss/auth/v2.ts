import { createHmac } from 'node:crypto';
import { percentEncode } from '../../lib/percent.ts';
import { OssError } from '../answer/errors.ts';
import {
  type AdditionalHeaderCodes,
  canonicalHeaders,
  canonicalPath,
  canonicalQuery,
  isOssHeader,
  parseAdditionalHeaders,
  refuseMissing,
} from './canonical.ts';
import { authorizationFields, badAuthorization, isAccessKeyId } from './fields.ts';
import { badArgument } from './refusals.ts';
import type { Claim, SignatureForm, SignedRequest } from './request.ts';
import { checkExpiry, checkedDate } from './v1.ts';

/** Signature V2 (protocol/oss.md 1.7): base64 of HMAC-SHA256, with the secret itself, over an encoded text. */

/** The canonical resource: the path encoded with its slashes, and every parameter. */
export function canonicalResourceV2(request: SignedRequest, except?: string): string {
  const path = percentEncode(canonicalPath(request.bucket, request.key));
  const query = canonicalQuery(request.query.pairs, except);
  return query === '' ? path : `${path}?${query}`;
}

/**
 * @param date the value of the date header; for a signed URL its `x-oss-expires`
 * @param headers the canonical header lines
 */
export function stringToSignV2(
  request: SignedRequest,
  date: string,
  headers: string,
  additional: readonly string[],
  except?: string,
): string {
  const md5 = request.headers.get('content-md5') ?? '';
  const type = request.headers.get('content-type') ?? '';
  const resource = canonicalResourceV2(request, except);
  return `${request.method}\n${md5}\n${type}\n${date}\n${headers}${additional.join(';')}\n${resource}`;
}

export function signV2(accessKeySecret: string, stringToSign: string): string {
  return createHmac('sha256', accessKeySecret).update(stringToSign, 'utf8').digest('base64');
}

const word = 'OSS2';
const headerFields: ReadonlySet<string> = new Set(['AccessKeyId', 'AdditionalHeaders', 'Signature']);
const headerListCodes: AdditionalHeaderCodes = {
  argument: 'Authorization',
  blank: '0002-00000110',
  emptyName: '0002-00000111',
  badName: '0002-00000112',
};
const queryListCodes: AdditionalHeaderCodes = {
  argument: 'x-oss-additional-headers',
  blank: '0002-00000076',
  emptyName: '0002-00000077',
  badName: '0002-00000077',
};

function claimV2(
  request: SignedRequest,
  date: string,
  list: string | undefined,
  codes: AdditionalHeaderCodes,
  given: Pick<Claim, 'accessKeyId' | 'signature' | 'token'>,
  except?: string,
): Claim {
  const additional = list === undefined ? [] : parseAdditionalHeaders(list, codes);
  const headers = canonicalHeaders(request, isOssHeader, additional);
  refuseMissing(headers.missing, codes);
  return {
    ...given,
    text: () => ({ stringToSign: stringToSignV2(request, date, headers.lines, additional, except) }),
    tolerated: () => [],
    sign: signV2,
  };
}

/** `Authorization: OSS2 AccessKeyId:<id>,AdditionalHeaders:<list>,Signature:<signature>` */
export const headerV2: SignatureForm = {
  scheme: 'V2',
  place: 'header',
  mismatch: '0002-00000101',
  read(request) {
    const { headers } = request;
    const rest = headers.get('authorization')!.slice(word.length + 1);
    const fields = authorizationFields(rest, ':', headerFields);
    if (fields === undefined) throw badAuthorization(word, '0002-00000102');
    const accessKeyId = fields.get('AccessKeyId');
    const signature = fields.get('Signature');
    if (accessKeyId === undefined) throw badAuthorization(word, '0002-00000105');
    if (!isAccessKeyId(accessKeyId))
      throw badAuthorization(word, accessKeyId === '' ? '0002-00000106' : '0002-00000107');
    if (!signature) throw badAuthorization(word, signature === undefined ? '0002-00000108' : '0002-00000109');
    const date = checkedDate(request);
    const token = headers.get('x-oss-security-token') ?? '';
    const given = { accessKeyId, signature, token };
    return claimV2(request, date, fields.get('AdditionalHeaders'), headerListCodes, given);
  },
};

/** `?x-oss-signature-version=OSS2&x-oss-access-key-id=&x-oss-expires=&x-oss-signature=` */
export const queryV2: SignatureForm = {
  scheme: 'V2',
  place: 'query',
  mismatch: '0002-00000101',
  read(request) {
    const { query } = request;
    const accessKeyId = query.get('x-oss-access-key-id');
    const expires = query.get('x-oss-expires');
    const signature = query.get('x-oss-signature');
    if (expires === undefined) throw incompleteUrl('0002-00000113');
    if (!accessKeyId) throw incompleteUrl(accessKeyId === undefined ? '0002-00000115' : '0002-00000116');
    if (!signature) throw incompleteUrl(signature === undefined ? '0002-00000117' : '0002-00000118');
    if (!isAccessKeyId(accessKeyId)) {
      throw badArgument('x-oss-access-key-id', accessKeyId, '0002-00000107', 'The access key ID is invalid.');
    }
    checkExpiry(expires, request.now);
    const given = { accessKeyId, signature, token: query.get('security-token') ?? '' };
    return claimV2(request, expires, query.get('x-oss-additional-headers'), queryListCodes, given, 'x-oss-signature');
  },
};

function incompleteUrl(ec: string): OssError {
  return new OssError('AccessDenied', {
    message:
      'Query-string authentication requires the x-oss-signature, x-oss-expires and x-oss-access-key-id parameters',
    ec,
  });
}
