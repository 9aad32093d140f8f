import type { OutboundRules } from '../../outbound/target.ts';
import { isDomainName } from '../bucket/domain-name.ts';
import type { Exchange } from '../exchange.ts';
import { hostName } from './address.ts';

/**
 * Where requests may go that somebody outside named: never to the gateway itself, by its own names or by a custom domain
 * of any bucket, and to public addresses only unless the deployment says otherwise (decisions.md, [Sec-42]).
 */
export function outsideRules({ settings, domains }: Exchange): OutboundRules {
  const { allowPrivateOrigins, ownHosts, localPort } = settings;
  return {
    allowPrivate: allowPrivateOrigins,
    ownHosts,
    ownPort: localPort,
    isOwn: (host) => {
      const domain = hostName(host);
      return isDomainName(domain) ? domains.isBound(domain) : Promise.resolve(false);
    },
  };
}
