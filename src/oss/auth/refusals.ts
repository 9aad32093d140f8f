import { percentEncode } from '../../lib/percent.ts';
import { OssError } from '../answer/errors.ts';
import type { Claim, SignatureForm, SignedText } from './request.ts';

/** How far a client's clock may be off, either way. */
export const maxSkewMs = 15 * 60 * 1000;

/** The signed texts in an error document are cut here: they hold whatever a client sent, thrice. */
const maxShownCharacters = 8192;
const maxArgumentCharacters = 256;

/**
 * 400 `InvalidArgument` on a part of the authentication. Of an `Authorization` header only the scheme word is shown:
 * the rest may be a password or bearer token that was meant for somebody else.
 */
export function badArgument(name: string, value: string, ec: string, message: string): OssError {
  return new OssError('InvalidArgument', { message, ec, extra: { ArgumentName: name, ArgumentValue: clip(value) } });
}

/** Something a client sent, short enough for an error document. */
export function clip(value: string, characters = maxArgumentCharacters): string {
  return value.slice(0, characters).toWellFormed();
}

export function badDate(ec: string): OssError {
  return new OssError('AccessDenied', { message: 'OSS authentication requires a valid Date.', ec });
}

/** @throws {OssError} 403 `RequestTimeTooSkewed` where the request's time is too far from now, both in ms */
export function refuseSkew(requestTime: number, now: number): void {
  if (Math.abs(now - requestTime) <= maxSkewMs) return;
  throw new OssError('RequestTimeTooSkewed', {
    extra: {
      MaxAllowedSkewMilliseconds: maxSkewMs,
      RequestTime: new Date(requestTime).toISOString(),
      ServerTime: new Date(now).toISOString(),
    },
  });
}

/** @throws {OssError} 403 `AccessDenied` where now is past the end of a signed URL, both in ms */
export function refuseExpired(end: number, now: number, ec: string): void {
  if (now <= end) return;
  throw new OssError('AccessDenied', {
    message: 'Request has expired.',
    ec,
    extra: { Expires: new Date(end).toISOString(), ServerTime: new Date(now).toISOString() },
  });
}

/** 403 `SignatureDoesNotMatch`. Shows what was signed, so that a client can compare, with the security token masked. */
export function mismatch(form: SignatureForm, claim: Claim, text: SignedText): OssError {
  const stringToSign = shown(text.stringToSign, claim.token);
  const canonical = text.canonicalRequest;
  return new OssError('SignatureDoesNotMatch', {
    ec: form.mismatch,
    extra: {
      OSSAccessKeyId: claim.accessKeyId,
      SignatureProvided: clip(claim.signature),
      StringToSign: stringToSign,
      StringToSignBytes: hexPairs(stringToSign),
      ...(canonical === undefined ? {} : { CanonicalRequest: shown(canonical, claim.token) }),
    },
  });
}

function shown(text: string, token: string): string {
  const masked = token === '' ? text : text.replaceAll(token, '******').replaceAll(percentEncode(token), '******');
  return clip(masked, maxShownCharacters);
}

function hexPairs(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('hex')
    .toUpperCase()
    .replace(/..(?!$)/g, '$& ');
}
