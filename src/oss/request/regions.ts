import type { Settings } from '../../settings.ts';
import { regionOf } from './address.ts';

/** How clients reach a region. */
export interface Endpoints {
  readonly extranet: string;
  readonly intranet: string;
}

/** The regions that this deployment answers for, with the `oss-` prefix: its own first, then those of its domains. */
export function regionsOf({ region, serviceDomains }: Settings): readonly string[] {
  return [...new Set([region, ...serviceDomains.flatMap((domain) => regionOf(domain) ?? [])])];
}

/** The endpoints of a region ([GetService-9]); those of the deployment's own where it has no domain for the region. */
export function endpointsOf(region: string, settings: Settings): Endpoints {
  const { extranetEndpoint, intranetEndpoint, serviceDomains } = settings;
  const domains = region === settings.region ? [] : serviceDomains.filter((domain) => regionOf(domain) === region);
  const extranet = domains.find((domain) => !isInternal(domain)) ?? domains[0];
  if (extranet === undefined) return { extranet: extranetEndpoint, intranet: intranetEndpoint };
  return { extranet, intranet: domains.find(isInternal) ?? extranet };
}

function isInternal(domain: string): boolean {
  return domain.split('.', 1)[0]!.endsWith('-internal');
}
