import { CNAMES_MAX, hasCname, withoutCname } from '../../../bucket/cnames.ts';
import type { BucketConfig } from '../../../bucket/config.ts';
import type { DomainClaim } from '../../../bucket/domain.ts';
import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { isReserved } from '../../bucket/domain-name.ts';
import { proveOwnership } from '../../bucket/domain-ownership.ts';
import { requestedDomain } from '../../documents/cname.ts';
import type { Exchange } from '../../exchange.ts';
import { operation } from '../../operation.ts';

/** Binds a domain to the bucket, for one who proves to have it (reference 7.18.3). Checks in the order of [PutCname-9]. */
export const PutCname = operation({
  name: 'PutCname',
  method: 'POST',
  target: 'bucket',
  select: ['cname', 'comp=add'],
  action: 'PutCname',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const domain = await requestedDomain(exchange);
    const { serviceDomains, accelerateDomains } = exchange.settings;
    if (isReserved(domain, [...serviceDomains, ...accelerateDomains])) {
      throw new OssError('CnameIsForbidden', { extra: { Bucket: exchange.bucket.name, Cname: domain } });
    }
    if (!hasCname(exchange.bucket, domain)) await bind(exchange, domain);
    return emptyReply();
  },
});

async function bind(exchange: Exchange, domain: string): Promise<void> {
  const { env } = exchange;
  const place = env.DOMAIN.get(env.DOMAIN.idFromName(domain));
  refuseOthers(exchange, await place.holder(domain), domain);
  refuseMore(exchange.bucket);
  await proveOwnership(exchange, domain);
  const { id, name, owner } = exchange.bucket;
  const claim = async () => refuseOthers(exchange, await place.claim(domain, { bucket: name, id, owner }), domain);
  await claim();
  await exchange.updateBucket((config) => {
    // The claim is that of the bucket, not of another one that took its name meanwhile.
    if (config.id !== id) throw new OssError('ServiceUnavailable');
    if (hasCname(config, domain)) return undefined;
    refuseMore(config);
    return { documents: { cnames: [...(config.documents.cnames ?? []), { domain, bound: Date.now() }] } };
  });
  try {
    await claim();
  } catch (error) {
    await exchange.updateBucket((config) => withoutCname(config, domain));
    throw error;
  }
  await exchange.domains.publish(domain, name);
}

/** @throws {OssError} CnameDenied, or CnameAlreadyExists within the account ([PutCname-5]) */
function refuseOthers({ bucket }: Exchange, holder: DomainClaim | null, domain: string): void {
  if (holder === null || holder.id === bucket.id) return;
  const extra = { Bucket: bucket.name, Cname: domain };
  if (holder.owner !== bucket.owner) throw new OssError('CnameDenied', { extra });
  throw new OssError('CnameAlreadyExists', { extra: { ...extra, CnameType: 'CNAME_OSS' } });
}

function refuseMore({ name, documents }: BucketConfig): void {
  if ((documents.cnames?.length ?? 0) >= CNAMES_MAX) throw new OssError('TooManyCname', { extra: { Bucket: name } });
}
