import { aclReply } from '../../answer/acl-reply.ts';
import { operation } from '../../operation.ts';

/** The ACL of a bucket (reference 7.3.2). */
export const GetBucketAcl = operation({
  name: 'GetBucketAcl',
  method: 'GET',
  target: 'bucket',
  select: ['acl'],
  action: 'GetBucketAcl',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    return aclReply(exchange.bucket.owner, exchange.bucket.acl);
  },
});
