import { OssError } from '../../answer/errors.ts';
import { domainName } from '../../bucket/domain-name.ts';
import { tokenReply } from '../../documents/cname.ts';
import { operation } from '../../operation.ts';

/** The token of a domain, as long as it is good (reference 7.18.2). */
export const GetCnameToken = operation({
  name: 'GetCnameToken',
  method: 'GET',
  target: 'bucket',
  select: ['comp=token', 'cname'],
  action: 'GetCnameToken',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const { bucket, env } = exchange;
    const domain = domainName(exchange.query('cname') ?? '');
    const token = await env.BUCKET.get(env.BUCKET.idFromName(bucket.name)).findCnameToken(bucket.id, domain);
    if (token === null) throw new OssError('CnameTokenNotFound', { extra: { Bucket: bucket.name, Cname: domain } });
    return tokenReply(bucket.name, domain, token);
  },
});
