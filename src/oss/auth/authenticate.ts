import { anonymous, type Identity } from '../../access/identity.ts';
import { OssError } from '../answer/errors.ts';
import { principalOf, sameSignature } from './credentials.ts';
import { badArgument, mismatch } from './refusals.ts';
import type { AuthSettings, Claim, Place, Scheme, SignatureForm, SignedRequest } from './request.ts';
import { headerV1, queryV1 } from './v1.ts';
import { headerV2, queryV2 } from './v2.ts';
import { algorithm, headerV4, queryV4 } from './v4.ts';

export type { AuthSettings, SignedRequest, TokenResult } from './request.ts';

/** Who makes a request, and how that was proved. */
export interface Authentication {
  readonly identity: Identity;
  readonly scheme: 'none' | Scheme;
  readonly place: 'none' | Place | 'form';
}

const unsigned: Authentication = { identity: anonymous, scheme: 'none', place: 'none' };

/** By the first word of the `Authorization` header. */
const headerForms: ReadonlyMap<string, SignatureForm> = new Map([
  ['OSS', headerV1],
  ['OSS2', headerV2],
  [algorithm, headerV4],
]);

/** By `x-oss-signature-version`. */
const queryForms: ReadonlyMap<string, SignatureForm> = new Map([
  ['OSS2', queryV2],
  [algorithm, queryV4],
]);

/**
 * Authenticates a request from its header or URL signature (protocol/oss.md chapter 1). Touches no storage and no body.
 * Form uploads carry their signature in the form: they do not come here.
 * @throws {OssError} 400 on a malformed or doubled signature, 403 on one that does not hold
 */
export function authenticate(request: SignedRequest, settings: AuthSettings): Authentication {
  // A pre-flight never carries credentials; nothing it may learn depends on who asks.
  if (request.method === 'OPTIONS') return unsigned;
  const form = formOf(request);
  if (form === undefined) return unsigned;
  if (form.place === 'query') refuseHeaderToken(request.headers);
  const claim = form.read(request, settings);
  const principal = principalOf(claim.accessKeyId, claim.token, request.now, settings);
  verify(form, claim, principal.accessKeySecret);
  return { identity: principal.identity, scheme: form.scheme, place: form.place };
}

function formOf({ headers, query }: SignedRequest): SignatureForm | undefined {
  const authorization = headers.get('authorization');
  const version = query.get('x-oss-signature-version');
  const inQuery = version !== undefined || query.has('x-oss-signature');
  const inQueryV1 = query.has('Signature') || query.has('OSSAccessKeyId') || query.has('Expires');
  if (Number(authorization !== null) + Number(inQuery) + Number(inQueryV1) > 1) {
    throw new OssError('InvalidArgument', {
      message: 'Only one authentication mechanism is allowed: a header, or one kind of URL signature.',
      extra: { ArgumentName: 'Authorization', ArgumentValue: '' },
    });
  }
  if (authorization !== null) return headerForm(authorization);
  if (inQuery) return queryForm(version ?? '');
  return inQueryV1 ? queryV1 : undefined;
}

function headerForm(authorization: string): SignatureForm {
  const blank = authorization.indexOf(' ');
  const form = headerForms.get(blank < 0 ? authorization : authorization.slice(0, blank));
  // What came instead is not shown: it may be a password.
  if (form === undefined) throw badArgument('Authorization', '', '0002-00000002', 'Unsupported Authorization Type');
  return form;
}

function queryForm(version: string): SignatureForm {
  const form = queryForms.get(version);
  if (form === undefined) {
    throw badArgument('x-oss-signature-version', version, '0002-00000066', 'The signature version is invalid.');
  }
  return form;
}

function refuseHeaderToken(headers: Headers): void {
  if (!headers.has('x-oss-security-token') && !headers.has('security-token')) return;
  throw new OssError('InvalidRequest', { message: 'Security-token must be provided by query string parameter.' });
}

function verify(form: SignatureForm, claim: Claim, accessKeySecret: string): void {
  const regular = claim.text();
  if (sameSignature(claim.sign(accessKeySecret, regular.stringToSign), claim.signature)) return;
  for (const text of claim.tolerated()) {
    if (sameSignature(claim.sign(accessKeySecret, text.stringToSign), claim.signature)) return;
  }
  throw mismatch(form, claim, regular);
}
