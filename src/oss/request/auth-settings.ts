import { openSession, secretOf } from '../../access/sessions.ts';
import type { Settings } from '../../settings.ts';
import type { AuthSettings, TokenResult } from '../auth/authenticate.ts';
import type { Exchange } from '../exchange.ts';
import { bareRegion } from './address.ts';
import { regionsOf } from './regions.ts';

/** What signatures of a request are checked by, wherever in it they are. */
export function authSettingsOf({ settings, address }: Exchange): AuthSettings {
  return {
    credential: (id) => settings.credentials.get(id),
    // A custom domain, an acceleration endpoint or an IP address may lead to a bucket of any region.
    get regions() {
      return address.regional ? [address.region] : regionsOf(settings).map(bareRegion);
    },
    token: (accessKeyId, token) => resolveToken(settings, accessKeyId, token),
    tolerant: { unsignedProcess: false, droppedEmpties: true },
  };
}

/** What a token says still depends on its role: one that is gone may do nothing any more, a changed one what it may now. */
function resolveToken({ sessions, roles }: Settings, accessKeyId: string, token: string): TokenResult {
  const session = openSession(sessions, token);
  if (session === undefined) return { kind: 'invalid' };
  if (session.accessKeyId !== accessKeyId) return { kind: 'other-key' };
  const { accountId, roleName, sessionName, policy, expires } = session;
  const role = roles.find(accountId, roleName);
  if (role === undefined) return { kind: 'invalid' };
  return {
    kind: 'temporary',
    accessKeySecret: secretOf(sessions, accessKeyId),
    identity: {
      kind: 'role',
      accountId,
      accessKeyId,
      roleName: role.roleName,
      sessionName,
      policies: role.policy === undefined ? [] : [role.policy],
      ...(policy === undefined ? {} : { sessionPolicy: policy }),
    },
    expires,
  };
}
