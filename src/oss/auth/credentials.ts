import { timingSafeEqual } from 'node:crypto';
import { type Identity, identityOf } from '../../access/identity.ts';
import { OssError } from '../answer/errors.ts';
import type { AuthSettings, TokenResult } from './request.ts';

/** Whose signature it is, if it verifies with this secret. */
export interface Principal {
  readonly accessKeySecret: string;
  readonly identity: Identity;
}

const tokenErrors = {
  invalid: 'InvalidSecurityToken',
  expired: 'SecurityTokenExpired',
  'other-key': 'AccessKeyIdAndSecurityTokenNotMatch',
} as const satisfies Record<Exclude<TokenResult['kind'], 'temporary'>, string>;

/**
 * Finds the secret of an access key. With a token the token alone decides, so that a wrong one is never passed over in
 * favour of a long-lived key of the same id.
 * @param token empty: none was given
 * @param now milliseconds since the epoch
 * @throws {OssError} 403: `InvalidAccessKeyId`, or what is wrong with the token
 */
export function principalOf(accessKeyId: string, token: string, now: number, settings: AuthSettings): Principal {
  if (token !== '') return temporary(settings.token?.(accessKeyId, token, now) ?? { kind: 'invalid' }, now);
  const credential = settings.credential(accessKeyId);
  if (credential === undefined) {
    throw new OssError('InvalidAccessKeyId', { extra: { OSSAccessKeyId: accessKeyId } });
  }
  return { accessKeySecret: credential.accessKeySecret, identity: identityOf(credential) };
}

function temporary(result: TokenResult, now: number): Principal {
  if (result.kind !== 'temporary') throw new OssError(tokenErrors[result.kind]);
  if (now >= result.expires) throw new OssError(tokenErrors.expired);
  return { accessKeySecret: result.accessKeySecret, identity: result.identity };
}

/** Compares a signature without telling by the time it takes how much of it is right. Its length is no secret. */
export function sameSignature(expected: string, given: string): boolean {
  const a = Buffer.from(expected, 'utf8');
  const b = Buffer.from(given, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}
