import { type IpAddress, networkHolds, parseIpNetwork } from '../lib/ip.ts';

/**
 * Addresses that no stranger may have the gateway connect to: this machine, its networks, their neighbours, and what is
 * no host at all (IANA special-purpose registries). Metadata services of clouds are among them (169.254.169.254,
 * 100.100.100.200, fd00:ec2::254).
 */
const closedV4 = networks(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
);

/** Of IPv6, only what is given out as global unicast is open ... */
const globalV6 = networks('2000::/3');
/** ... but for documentation, and for ways to carry an IPv4 address that would have to be looked at in its turn. */
const closedV6 = networks('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20');

function networks(...texts: string[]) {
  return texts.map((text) => parseIpNetwork(text)!);
}

/** Whether an address is one of the public Internet. An IPv4 address mapped into IPv6 is judged as what it is. */
export function isPublicAddress(address: IpAddress): boolean {
  const isIn = (list: ReturnType<typeof networks>) => list.some((network) => networkHolds(network, address));
  return address.family === 4 ? !isIn(closedV4) : isIn(globalV6) && !isIn(closedV6);
}
