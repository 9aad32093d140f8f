import type { Decision } from '../../access/decide.ts';
import type { Identity } from '../../access/identity.ts';
import { refusal } from '../../access/refusal.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

/** @param decision one that refuses; what a policy of the caller's own account says is shown in detail */
export function denied(decision: Decision, { identity, operation }: Exchange): OssError {
  const { message, ec, policyType, noPermissionType } = refusal(decision.reason ?? 'acl');
  const detail =
    policyType === undefined || noPermissionType === undefined || identity.kind === 'anonymous'
      ? {}
      : {
          AccessDeniedDetail: {
            PolicyType: policyType,
            AuthPrincipalOwnerId: identity.accountId,
            AuthPrincipalType: principalTypes[identity.kind],
            AuthPrincipalDisplayName: displayNameOf(identity),
            NoPermissionType: noPermissionType,
            AuthAction: decision.action ?? '',
          },
        };
  return new OssError('AccessDenied', { message: operation.refusal ?? message, ec, extra: detail });
}

function displayNameOf(identity: Exclude<Identity, { kind: 'anonymous' }>): string {
  if (identity.kind === 'role') return `${identity.roleName}:${identity.sessionName}`;
  return identity.kind === 'user' ? identity.userId : identity.accountId;
}

const principalTypes = { root: 'Account', user: 'SubUser', role: 'AssumedRoleUser' } as const;
