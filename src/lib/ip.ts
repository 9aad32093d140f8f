/** An IP address as 16-bit words, two for IPv4 and eight for IPv6. An IPv4 address mapped into IPv6 is an IPv4 address. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly words: readonly number[];
}

/** The addresses that equal `words` in the bits that `mask` sets. */
export interface IpNetwork extends IpAddress {
  readonly mask: readonly number[];
}

/** Parses an IPv4 or IPv6 address in its usual text form: no leading zeros, brackets or zone. */
export function parseIp(text: string): IpAddress | undefined {
  const network = text.includes('/') || text.includes('*') ? undefined : parseIpNetwork(text);
  return network && { family: network.family, words: network.words };
}

/** Parses an address, a CIDR block (`10.0.0.0/8`, `2001:db8::/32`), or IPv4 with open octets (`101.*.*.100`). */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  if (text.length > 49) return undefined;
  const [address = '', length, ...rest] = text.split('/');
  if (rest.length > 0 || (length !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(length))) return undefined;
  if (!address.includes(':')) {
    const v4 = parseV4(address);
    if (v4 === undefined || length === undefined) return v4;
    // A block of open octets would have two ideas of what is open.
    return address.includes('*') ? undefined : masked(4, v4.words, Number(length));
  }
  const words = parseV6(address);
  if (words === undefined) return undefined;
  const bits = length === undefined ? 128 : Number(length);
  const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  return mapped && bits >= 96 ? masked(4, words.slice(6), bits - 96) : masked(6, words, bits);
}

/** Whether `network` holds `address`. The families never meet: `::/0` holds no IPv4 address. */
export function networkHolds(network: IpNetwork, address: IpAddress): boolean {
  return (
    network.family === address.family &&
    network.mask.every((mask, i) => (network.words[i]! & mask) === (address.words[i]! & mask))
  );
}

/** How many leading bits `network` fixes. */
export function fixedBits(network: IpNetwork): number {
  let bits = 0;
  for (const mask of network.mask) {
    for (let bit = 15; bit >= 0; bit--) {
      if ((mask & (1 << bit)) === 0) return bits;
      bits++;
    }
  }
  return bits;
}

/** The dotted form of an IPv4 address; `undefined` for IPv6. */
export function formatV4(address: IpAddress): string | undefined {
  if (address.family === 6) return undefined;
  return address.words.flatMap((word) => [word >> 8, word & 0xff]).join('.');
}

function parseV4(text: string): IpNetwork | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  const words = [0, 0];
  const mask = [0, 0];
  for (const [i, octet] of octets.entries()) {
    const shift = i % 2 === 0 ? 8 : 0;
    if (octet === '*') continue;
    // A leading zero reads as octal elsewhere: two readers, two addresses.
    if (!/^(?:0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined;
    words[i >> 1]! |= Number(octet) << shift;
    mask[i >> 1]! |= 0xff << shift;
  }
  return { family: 4, words, mask };
}

function parseV6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const tail = parseGroups(halves[1]!, true);
  // `::` stands for at least one group.
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Groups between colons; the last may be a dotted IPv4 address where `last` says that the address ends here. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const words: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(group)) {
      words.push(Number.parseInt(group, 16));
    } else {
      const v4 = last && i === groups.length - 1 && !group.includes('*') ? parseV4(group) : undefined;
      if (v4 === undefined) return undefined;
      words.push(...v4.words);
    }
  }
  return words.length > 8 ? undefined : words;
}

function masked(family: 4 | 6, words: readonly number[], bits: number): IpNetwork | undefined {
  if (bits > words.length * 16) return undefined;
  const mask = words.map((_, i) => (0xffff << (16 - Math.min(16, Math.max(0, bits - i * 16)))) & 0xffff);
  return { family, words, mask };
}
