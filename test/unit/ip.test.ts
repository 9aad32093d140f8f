import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedBits, formatV4, networkHolds, parseIp, parseIpNetwork } from '../../src/lib/ip.ts';

function holds(network: string, address: string): boolean {
  const parsed = parseIpNetwork(network);
  const ip = parseIp(address);
  if (parsed === undefined || ip === undefined) throw new Error(`cannot read ${network} or ${address}`);
  return networkHolds(parsed, ip);
}

describe('IP addresses', () => {
  it('reads the text forms and nothing else', () => {
    expect(parseIp('1.2.3.4')).toEqual({ family: 4, words: [0x0102, 0x0304] });
    expect(parseIp('2001:DB8::1')).toEqual({ family: 6, words: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1] });
    expect(parseIp('::')?.words).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(parseIp('1:2:3:4:5:6:7::')?.words).toEqual([1, 2, 3, 4, 5, 6, 7, 0]);
    expect(parseIp('64:ff9b::1.2.3.4')?.words).toEqual([0x64, 0xff9b, 0, 0, 0, 0, 0x0102, 0x0304]);
    const bad =
      '|1.2.3|1.2.3.4.5|1.2.3.256|01.2.3.4|1.2.3.4/32|1.2.*.4|1.2.3.4 |0x1.2.3.4|:|:::|1::2::3|1:2:3:4:5:6:7|' +
      '1:2:3:4:5:6:7:8:9|1:2:3:4:5:6:7:8::|12345::|::1%eth0|[::1]|1.2.3.4::|::1.2.3.4:5|g::|1:|:1';
    for (const text of bad.split('|')) expect([text, parseIp(text)]).toEqual([text, undefined]);
    expect(parseIp('1'.repeat(100_000))).toBeUndefined();
  });

  it('[Sec-22] takes an IPv4 address mapped into IPv6 for the IPv4 address', () => {
    const mapped = parseIp('::ffff:10.1.2.3');
    expect(mapped).toEqual(parseIp('10.1.2.3'));
    expect(parseIp('::FFFF:0a01:0203')).toEqual(mapped);
    expect(mapped && formatV4(mapped)).toBe('10.1.2.3');
    expect(holds('::ffff:10.0.0.0/104', '10.1.2.3')).toBe(true);
    expect(holds('10.0.0.0/8', '::ffff:10.1.2.3')).toBe(true);
    expect(holds('::/0', '10.1.2.3')).toBe(false);
    expect(holds('::ffff:0:0/95', '10.1.2.3')).toBe(false);
    expect(holds('::ffff:0:0/96', '10.1.2.3')).toBe(true);
  });

  it('reads blocks and open octets', () => {
    expect(holds('101.*.*.100', '101.7.255.100')).toBe(true);
    expect(holds('101.*.*.100', '101.7.255.101')).toBe(false);
    expect(holds('10.1.2.3/8', '10.200.0.1')).toBe(true);
    expect(holds('0.0.0.0/0', '203.0.113.9')).toBe(true);
    expect(holds('0.0.0.0/0', '2001:db8::1')).toBe(false);
    for (const bad of ['1.2.3.4/33', '1.2.3.4/', '1.2.3.4/08', '1.2.3.4/8/8', '1.*.3.4/8', '::1/129', '::*', '/8']) {
      expect([bad, parseIpNetwork(bad)]).toEqual([bad, undefined]);
    }
    const bits = (text: string) => fixedBits(parseIpNetwork(text)!);
    expect([bits('10.0.0.0/7'), bits('1.2.3.4'), bits('101.*.*.100'), bits('*.1.1.1'), bits('::/31')]).toEqual([
      7, 32, 8, 0, 31,
    ]);
  });

  it('agrees with the block list of Node', () => {
    fc.assert(
      fc.property(
        fc.boolean().chain((v6) => {
          const address = v6 ? fc.ipV6() : fc.ipV4();
          return fc.tuple(fc.constant(v6), address, address, fc.integer({ min: 0, max: v6 ? 128 : 32 }));
        }),
        ([v6, network, address, bits]) => {
          const list = new BlockList();
          list.addSubnet(network, bits, v6 ? 'ipv6' : 'ipv4');
          // Node lets an IPv6 block hold mapped IPv4 addresses; ours are another family by then.
          fc.pre(parseIp(address)?.family === (v6 ? 6 : 4) && parseIp(network)?.family === (v6 ? 6 : 4));
          expect(holds(`${network}/${bits}`, address)).toBe(list.check(address, v6 ? 'ipv6' : 'ipv4'));
          expect(holds(`${network}/${bits}`, network)).toBe(true);
        },
      ),
    );
  });
});
