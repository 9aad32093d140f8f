import { env } from 'cloudflare:workers';
import { onTestFinished, vi } from 'vitest';
import { type Answer, send, type Wish } from '../support/wire.ts';

/** TXT records by name, and every name that was asked for. */
export interface FakeDns {
  readonly records: Map<string, readonly string[]>;
  readonly asked: string[];
  /** What the resolver answers instead, if anything. */
  answer?: () => Response | Promise<Response>;
}

/** Takes the resolver's place until the test ends. */
export function fakeDns(): FakeDns {
  const dns: FakeDns = { records: new Map(), asked: [] };
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const url = new URL(String(input instanceof Request ? input.url : input));
    if (url.origin !== 'https://cloudflare-dns.com') throw new Error(`unexpected request to ${url.origin}`);
    const name = url.searchParams.get('name')!;
    dns.asked.push(`${url.searchParams.get('type')} ${name}`);
    if (dns.answer !== undefined) return dns.answer();
    const texts = dns.records.get(name);
    if (texts === undefined) return Response.json({ Status: 3 });
    return Response.json({ Status: 0, Answer: texts.map((data) => ({ name, type: 16, data })) });
  });
  onTestFinished(() => spy.mockRestore());
  return dns;
}

let serial = 0;

/** A domain that no other test uses. Those below `.test` need no proof. */
export function newDomain(top = 'test'): string {
  return `d${Date.now().toString(36)}${serial++}.example.${top}`;
}

export function cname(
  action: 'add' | 'delete' | 'token',
  bucket: string,
  domain: string,
  wish: Wish = {},
): Promise<Answer> {
  const body = `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain></Cname></BucketCnameConfiguration>`;
  return send('POST', `/${bucket}?cname&comp=${action}`, { body, ...wish });
}

export function claimOf(domain: string) {
  return env.DOMAIN.get(env.DOMAIN.idFromName(domain)).holder(domain);
}
