import { anonymous } from '../../access/identity.ts';
import { parseBasicDate } from '../../lib/dates.ts';
import { OssError } from '../answer/errors.ts';
import type { Authentication } from '../auth/authenticate.ts';
import { principalOf, sameSignature } from '../auth/credentials.ts';
import { isAccessKeyId } from '../auth/fields.ts';
import { badArgument, clip, maxSkewMs, refuseExpired } from '../auth/refusals.ts';
import type { AuthSettings, Scheme } from '../auth/request.ts';
import { signingKey } from '../auth/signing-key.ts';
import { signV1 } from '../auth/v1.ts';
import { signV2 } from '../auth/v2.ts';
import { algorithm, type CredentialV4, credentialFaultV4, signV4, splitCredentialV4 } from '../auth/v4.ts';
import type { FormFields } from './read.ts';

/** A V4 form signature is good for a week, whatever its policy says. */
const LIFE_MS = 7 * 86_400_000;

/** Who signed a form, and what they signed. */
export interface FormAuthentication {
  readonly authentication: Authentication;
  /** The signed policy, encoded. None where nobody signed anything. */
  readonly policy?: string;
  /** Fields that the policy must fix, so that they are covered by the signature, which covers nothing else. */
  readonly covered: readonly string[];
}

/** Fields that carry the signature itself, in lower case. */
export const signatureFields: ReadonlySet<string> = new Set([
  'policy',
  'ossaccesskeyid',
  'signature',
  'x-oss-signature-version',
  'x-oss-access-key-id',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-signature',
  'x-oss-security-token',
]);

interface Claim {
  readonly scheme: Scheme;
  readonly accessKeyId: string;
  readonly signature: string;
  readonly covered: readonly string[];
  sign(accessKeySecret: string, policy: string): string;
}

/**
 * Authenticates a form by the signature over its policy (protocol/oss.md 2.4). One without any part of a signature is
 * anonymous; one with only some of the parts is refused.
 * @param now ms since the epoch
 * @throws {OssError} InvalidArgument, InvalidAccessKeyId, SignatureDoesNotMatch, AccessDenied where it has expired, and
 *   what is wrong with a security token
 */
export function authenticateForm(fields: FormFields, settings: AuthSettings, now: number): FormAuthentication {
  const classic = fields.has('signature') || fields.has('ossaccesskeyid');
  const modern = ['x-oss-signature-version', 'x-oss-signature', 'x-oss-credential', 'x-oss-access-key-id'].some(
    (name) => fields.has(name),
  );
  if (!classic && !modern && !fields.has('policy')) {
    return { authentication: { identity: anonymous, scheme: 'none', place: 'none' }, covered: [] };
  }
  if (classic && modern) {
    throw badArgument('Signature', '', '0002-00000703', 'Only one form signature is allowed.');
  }
  const claim = modern ? readModern(fields, settings, now) : readClassic(fields);
  const policy = required(fields, 'policy', '0002-00000702');
  const token = fields.get('x-oss-security-token') ?? '';
  const { accessKeySecret, identity } = principalOf(claim.accessKeyId, token, now, settings);
  if (!sameSignature(claim.sign(accessKeySecret, policy), claim.signature)) throw mismatch(claim);
  const covered = claim.scheme === 'V4' && token !== '' ? [...claim.covered, 'x-oss-security-token'] : claim.covered;
  return { authentication: { identity, scheme: claim.scheme, place: 'form' }, policy, covered };
}

function readClassic(fields: FormFields): Claim {
  const accessKeyId = keyId(fields, 'OSSAccessKeyId');
  const signature = signatureOf(fields, 'Signature');
  return { scheme: 'V1', accessKeyId, signature, covered: [], sign: signV1 };
}

function readModern(fields: FormFields, settings: AuthSettings, now: number): Claim {
  const version = fields.get('x-oss-signature-version') ?? '';
  if (version === 'OSS2') {
    const accessKeyId = keyId(fields, 'x-oss-access-key-id');
    const signature = signatureOf(fields, 'x-oss-signature');
    return { scheme: 'V2', accessKeyId, signature, covered: [], sign: signV2 };
  }
  if (version !== algorithm) {
    throw badArgument('x-oss-signature-version', version, '0002-00000066', 'The signature version is invalid.');
  }
  const credential = readCredential(fields, settings.regions);
  refuseOutside(parseBasicDate(fields.get('x-oss-date')!)!, now);
  return {
    scheme: 'V4',
    accessKeyId: credential.accessKeyId,
    signature: signatureOf(fields, 'x-oss-signature'),
    covered: ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date'],
    sign: (secret, policy) => signV4(signingKey(credential.accessKeyId, secret, credential.scope), policy),
  };
}

/** The credential, whose day is that of a well-formed `x-oss-date`. */
function readCredential(fields: FormFields, regions: readonly string[]): CredentialV4 {
  const text = required(fields, 'x-oss-credential', '0002-00000706');
  const date = fields.get('x-oss-date') ?? '';
  if (parseBasicDate(date) === undefined) {
    throw badArgument('x-oss-date', date, '0002-00000709', 'The signing date of the form is invalid.');
  }
  const credential = splitCredentialV4(text);
  const fault = credential === undefined ? 'form' : credentialFaultV4(credential, date, regions);
  if (credential !== undefined && fault === undefined) return credential;
  const ec = fault === 'date' ? '0002-00000709' : fault === 'region' ? '0002-00000226' : '0002-00000222';
  throw badArgument('x-oss-credential', text, ec, `Invalid signing ${fault} in x-oss-credential.`);
}

function refuseOutside(signed: number, now: number): void {
  if (now < signed - maxSkewMs) {
    throw new OssError('AccessDenied', { message: 'The form is not valid yet.', ec: '0002-00000709' });
  }
  refuseExpired(signed + LIFE_MS, now, '0002-00000709');
}

function keyId(fields: FormFields, name: string): string {
  const value = required(fields, name, '0002-00000706');
  if (!isAccessKeyId(value)) throw badArgument(name, value, '0002-00000706', 'The access key ID is invalid.');
  return value;
}

function signatureOf(fields: FormFields, name: string): string {
  return required(fields, name, fields.has(name.toLowerCase()) ? '0002-00000704' : '0002-00000703');
}

/** @throws {OssError} InvalidArgument where the field is missing or empty */
function required(fields: FormFields, name: string, ec: string): string {
  const value = fields.get(name.toLowerCase());
  if (value) return value;
  const message = `The bucket POST must contain the specified '${name}'. If it is specified, please check the order of the fields`;
  throw badArgument(name, '', ec, message);
}

/** The policy, which is what was signed, is not shown: it may hold a security token. */
function mismatch({ accessKeyId, signature }: Claim): OssError {
  return new OssError('SignatureDoesNotMatch', {
    ec: '0002-00000705',
    extra: { OSSAccessKeyId: accessKeyId, SignatureProvided: clip(signature) },
  });
}
