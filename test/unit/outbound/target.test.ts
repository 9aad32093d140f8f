import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../src/lib/ip.ts';
import { isPublicAddress } from '../../../src/outbound/address.ts';
import { type OutboundRules, targetFault } from '../../../src/outbound/target.ts';

const rules: OutboundRules = { allowPrivate: false, ownHosts: ['oss.example.net', 'localhost'] };
const local: OutboundRules = { ...rules, allowPrivate: true, ownPort: '9000' };

function fault(text: string, with_: OutboundRules = rules): string | undefined {
  return URL.canParse(text) ? targetFault(new URL(text), with_) : 'no URL';
}

describe('[Sec-42] targets of requests of our own', () => {
  it.each([
    'http://example.com/',
    'https://example.com:8443/path?query#fragment',
    'http://8.8.8.8/',
    'http://1.1.1.1:81/',
    'http://172.15.0.1/',
    'http://172.32.0.1/',
    'http://192.169.0.1/',
    'http://100.128.0.1/',
    'http://169.253.0.1/',
    'http://[2606:4700::1111]/',
    'http://[::ffff:8.8.8.8]/',
    'http://a_b.example.com/',
    'http://xn--fiq228c.example.com/',
    'http://中文.example.com/',
    'http://example.com./',
    'http://notlocalhost.com/',
    'http://local.example.com/',
    'http://oss.example.net.example.com/',
    'http://myoss.example.net/',
  ])('%s is open', (url) => {
    expect(fault(url)).toBeUndefined();
  });

  it.each([
    // Loopback, in every way to write it.
    'http://127.0.0.1/',
    'http://127.1/',
    'http://127.255.255.254/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://%31%32%37.0.0.1/',
    'http://0/',
    'http://0.0.0.0:8080/',
    'http://[::1]/',
    'http://[::]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://localhost/',
    'http://LOCALHOST:80/',
    'http://localhost./',
    'http://a.localhost/',
    // Private and shared networks, and neighbours.
    'http://10.0.0.1/',
    'http://10.255.255.255/',
    'http://0xa000001/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://[::ffff:192.168.1.1]/',
    'http://[::ffff:c0a8:101]/',
    'http://100.64.0.1/',
    'http://169.254.1.1/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fd12:3456::1]/',
    'http://[fec0::1]/',
    // Metadata services.
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://100.100.100.200/',
    'http://[fd00:ec2::254]/',
    'http://metadata.google.internal/',
    'http://metadata/',
    // No hosts at all: reserved, documentation, multicast, broadcast, transition.
    'http://192.0.0.1/',
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://198.51.100.1/',
    'http://203.0.113.1/',
    'http://224.0.0.1/',
    'http://239.255.255.250/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://[2001::1]/',
    'http://[2002:7f00:1::]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[64:ff9b::8.8.8.8]/',
    'http://[100::1]/',
    'http://[3fff::1]/',
    'http://[5f00::1]/',
    // Names of local networks.
    'http://router/',
    'http://intranet:8080/',
    'http://printer.local/',
    'http://nas.home.arpa/',
    'http://db.corp.internal/',
    'http://x.test/',
    'http://x.onion/',
  ])('%s is private', (url) => {
    expect(fault(url)).toBe('private-address');
    // The positive control: where private addresses are open, so is this one.
    expect(fault(url, local)).toBeUndefined();
  });

  it.each([
    ['ftp://example.com/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://example.com/', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['data:text/plain,a', 'scheme'],
    ['ws://example.com/', 'scheme'],
    ['http://user@example.com/', 'user-info'],
    ['http://:password@example.com/', 'user-info'],
    ['http://example.com@127.0.0.1/', 'user-info'],
    ['http://example.com%2f@127.0.0.1/', 'user-info'],
    ['http://a..example.com/', 'host'],
    ['http://.example.com/', 'host'],
    ['http://256.0.0.1/', 'no URL'],
    ['http://127.0.0.1.5/', 'no URL'],
    ['http://example.com:99999/', 'no URL'],
    ['http://exa mple.com/', 'no URL'],
    ['http://[::1', 'no URL'],
    ['http://[fe80::1%25eth0]/', 'no URL'],
    ['http://oss.example.net/', 'own-host'],
    ['https://OSS.example.net.:444/', 'own-host'],
    ['http://bucket.oss.example.net/key', 'own-host'],
    ['http://a.b.oss.example.net/', 'own-host'],
  ])('%s: %s', (url, expected) => {
    expect(fault(url)).toBe(expected);
    expect(fault(url, local)).toBe(expected);
  });

  it('IPv6 may be refused altogether', () => {
    const v4Only = { ...local, refuseIpv6: true };
    for (const url of ['http://[2606:4700::1111]/', 'http://[::1]/', 'http://[::ffff:8.8.8.8]/']) {
      expect(fault(url, v4Only)).toBe('ipv6');
    }
    expect(fault('http://8.8.8.8/', v4Only)).toBeUndefined();
  });

  it('on one machine, the gateway is known by its port', () => {
    for (const host of [
      'localhost',
      '127.0.0.1',
      '0x7f.1',
      'bucket.localhost',
      '[::1]',
      '192.168.1.5',
      '0',
      'myhost',
    ]) {
      expect(fault(`http://${host}:9000/`, local), host).toBe('own-host');
      expect(fault(`http://${host}:9001/`, local), host).toBeUndefined();
    }
    expect(fault('http://localhost/', { ...local, ownPort: '80' })).toBe('own-host');
    expect(fault('https://localhost/', { ...local, ownPort: '443' })).toBe('own-host');
  });

  it('deployed, its own names stay closed even where private addresses are open', () => {
    const deployed = { ...rules, allowPrivate: true };
    expect(fault('http://localhost:1234/', deployed)).toBe('own-host');
    expect(fault('http://10.0.0.1/', deployed)).toBeUndefined();
  });

  it('an IPv4 address is the same in every form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (number) => {
        const bytes = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255);
        const dotted = bytes.join('.');
        const expected = isPublicAddress(parseIp(dotted)!) ? undefined : 'private-address';
        const octal = bytes.map((byte) => `0${byte.toString(8)}`).join('.');
        const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
        for (const host of [
          dotted,
          octal,
          `0x${number.toString(16)}`,
          String(number),
          `[::ffff:${dotted}]`,
          `[::FFFF:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}]`,
        ]) {
          expect(fault(`http://${host}/`), host).toBe(expected);
        }
      }),
    );
  });
});
