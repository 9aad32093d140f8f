import type { AuthSettings } from './auth/authenticate.ts';
import type { Exchange } from './exchange.ts';

/** What signatures of a request are checked by, wherever in it they are. */
export function authSettingsOf({ settings, address }: Exchange): AuthSettings {
  return {
    credential: (id) => settings.credentials.get(id),
    region: address.region,
    tolerant: { unsignedProcess: false, droppedEmpties: true },
  };
}
