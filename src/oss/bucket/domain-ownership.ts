import { txtRecords } from '../../lib/dns.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

/** Where a domain's owner shows a token ([PutCname-2]). */
export function proofName(domain: string): string {
  return `_dnsauth.${domain}`;
}

/**
 * Makes sure that whoever asks has a domain: its DNS shows the unexpired token that was made for it and this bucket
 * ([PutCname-1], -4). Nothing of the answer is kept, so that the next try may succeed ([PutCname-3]).
 * @throws {OssError} NeedVerifyDomainOwnership
 */
export async function proveOwnership(exchange: Exchange, domain: string): Promise<void> {
  const { bucket, settings, env } = exchange;
  if (settings.cnameVerify === 'off' || (settings.local && isNobodys(domain))) return;
  const token = await env.BUCKET.get(env.BUCKET.idFromName(bucket.name)).findCnameToken(bucket.id, domain);
  if (token === null) throw unproven(exchange, domain, 'There is no valid token: create one.');
  let shown: readonly string[];
  try {
    shown = await txtRecords(settings.dnsResolver, proofName(domain));
  } catch (error) {
    console.warn(JSON.stringify({ event: 'dns-failed', requestId: exchange.requestId, error: String(error) }));
    throw unproven(exchange, domain, 'DNS could not be asked.');
  }
  if (!shown.includes(token.token)) throw unproven(exchange, domain, 'The TXT record was not found.');
}

/** On one's own machine there is a domain to try with, which can belong to nobody (RFC 6761). */
function isNobodys(domain: string): boolean {
  return domain.endsWith('.test');
}

function unproven({ bucket }: Exchange, domain: string, why: string): OssError {
  return new OssError('NeedVerifyDomainOwnership', {
    message: `The ownership of the domain must be proved by a TXT record of ${proofName(domain)} that holds its token. ${why}`,
    extra: { Bucket: bucket.name, Cname: domain },
  });
}
