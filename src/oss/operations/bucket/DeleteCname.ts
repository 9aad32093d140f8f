import { hasCname, withoutCname } from '../../../bucket/cnames.ts';
import { emptyReply } from '../../answer/reply.ts';
import { requestedDomain } from '../../documents/cname.ts';
import { operation } from '../../operation.ts';

/**
 * Takes a domain from the bucket; 200 also where the bucket does not have it (reference 7.18.5, evidence for
 * [DeleteCname-2]). The configuration comes first: once it is changed no request is served by the domain any more.
 */
export const DeleteCname = operation({
  name: 'DeleteCname',
  method: 'POST',
  target: 'bucket',
  select: ['cname', 'comp=delete'],
  action: 'DeleteCname',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const { env } = exchange;
    const domain = await requestedDomain(exchange);
    if (!hasCname(exchange.bucket, domain)) return emptyReply();
    const { id, name } = await exchange.updateBucket((config) => withoutCname(config, domain));
    await exchange.domains.unpublish(domain);
    await env.DOMAIN.get(env.DOMAIN.idFromName(domain)).release(domain, id);
    await env.BUCKET.get(env.BUCKET.idFromName(name)).dropCnameToken(id, domain);
    return emptyReply();
  },
});
