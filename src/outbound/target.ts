import { parseIp } from '../lib/ip.ts';
import { isPublicAddress } from './address.ts';

/** Where requests of the gateway's own may go. */
export interface OutboundRules {
  /** Whether loopback and private addresses are open too: for local work (`ALLOW_PRIVATE_ORIGINS`). */
  readonly allowPrivate: boolean;
  /** The gateway's own domains, in lower case; all below them is its own too. Never open. */
  readonly ownHosts: readonly string[];
  /** The port that the gateway listens on where it runs on this machine: what is private there is the gateway. */
  readonly ownPort?: string | undefined;
  /** Whether a host is the gateway's own by what is stored about it; asked once nothing else forbids the target. */
  readonly isOwn?: (host: string) => Promise<boolean>;
  /** Refuse IPv6 addresses, public ones too. */
  readonly refuseIpv6?: boolean;
}

/**
 * - `scheme` neither http nor https
 * - `user-info` a user or password in front of the host
 * - `host` no host that could be on the Internet: empty, or with an empty label
 * - `private-address` loopback, private, reserved, or a name that only some local resolver knows
 * - `ipv6` an IPv6 address where none is wanted
 * - `own-host` the gateway itself
 */
export type TargetFault = 'scheme' | 'user-info' | 'host' | 'private-address' | 'ipv6' | 'own-host';

/** Names that are never public: RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`. */
const localSuffixes = ['localhost', 'local', 'localdomain', 'internal', 'home.arpa', 'invalid', 'onion', 'test'];

/**
 * What forbids a request to a URL, if anything does. The URL must be the parsed one that is then requested: parsing has
 * brought each spelling of an IPv4 address (decimal, octal, hexadecimal, shortened) into its dotted form.
 *
 * Names are not resolved here: on Cloudflare the platform connects to public addresses only, and under `npm start` so
 * does workerd, after the name was resolved, so that a name that changes its address gains nothing.
 */
export function targetFault(url: URL, rules: OutboundRules): TargetFault | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'scheme';
  if (url.username !== '' || url.password !== '') return 'user-info';
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  const isV6 = host.startsWith('[');
  if (!isV6 && host.split('.').includes('')) return 'host';
  if (isV6 && rules.refuseIpv6) return 'ipv6';
  const address = parseIp(isV6 ? host.slice(1, -1) : host);
  const isPrivate = address === undefined ? isLocalName(host) : !isPublicAddress(address);
  if (isPrivate && !rules.allowPrivate) return 'private-address';
  return isOwn(url, host, isPrivate, rules) ? 'own-host' : undefined;
}

/** The same, with what has to be looked up. */
export async function targetFaultNow(url: URL, rules: OutboundRules): Promise<TargetFault | undefined> {
  const fault = targetFault(url, rules);
  if (fault !== undefined || rules.isOwn === undefined) return fault;
  return (await rules.isOwn(url.hostname)) ? 'own-host' : undefined;
}

/** Whether a name means nothing outside of some local network: it has no dot, or ends as no public name does. */
export function isLocalName(host: string): boolean {
  return !host.includes('.') || localSuffixes.some((suffix) => isBelow(host, suffix));
}

function isOwn(url: URL, host: string, isPrivate: boolean, { ownHosts, ownPort }: OutboundRules): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  // On one machine only the port tells the gateway from its neighbours, and `localhost` is everybody's.
  if (isPrivate && ownPort !== undefined) return port === ownPort;
  return ownHosts.some((domain) => isBelow(host, domain));
}

function isBelow(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
