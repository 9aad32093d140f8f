import { hasCname } from '../../../bucket/cnames.ts';
import { OssError } from '../../answer/errors.ts';
import { requestedDomain, tokenReply } from '../../documents/cname.ts';
import { noSuchBucket } from '../../exchange.ts';
import { operation } from '../../operation.ts';

/** Makes the token by which a domain's owner proves to be it, or gives the one that is still good (reference 7.18.1). */
export const CreateCnameToken = operation({
  name: 'CreateCnameToken',
  method: 'POST',
  target: 'bucket',
  select: ['cname', 'comp=token'],
  action: 'CreateCnameToken',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const { bucket, env } = exchange;
    const domain = await requestedDomain(exchange);
    const extra = { Bucket: bucket.name, Cname: domain };
    if (hasCname(bucket, domain)) throw new OssError('NoNeedCreateCnameToken', { extra });
    const reply = await env.BUCKET.get(env.BUCKET.idFromName(bucket.name)).createCnameToken(bucket.id, domain);
    if (reply === 'absent') throw noSuchBucket(bucket.name);
    if (reply === 'full') throw new OssError('TooManyCnameToken', { extra: { Bucket: bucket.name } });
    return tokenReply(bucket.name, domain, reply);
  },
});
