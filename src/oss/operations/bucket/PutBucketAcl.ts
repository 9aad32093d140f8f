import { emptyReply } from '../../answer/reply.ts';
import { bucketAclHeader, createBucket, DEFAULT_RESOURCE_GROUP } from '../../bucket/creation.ts';
import { bucketAlreadyExists } from '../../exchange.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';

/** Sets a bucket's ACL, and creates the bucket where there is none (reference 7.3.1, [PutBucketAcl-2]). */
export const PutBucketAcl = operation({
  name: 'PutBucketAcl',
  method: 'PUT',
  target: 'bucket',
  select: ['acl'],
  action: 'PutBucketAcl',
  access: 'owner',
  hierarchical: true,
  createsBucket: true,
  async run(exchange) {
    const acl = bucketAclHeader(exchange);
    // There is no document in it, but what it is said to be it must be ([Common-16]).
    await readDocument(exchange);
    if (!exchange.hasBucket) {
      const { config, created } = await createBucket(exchange, {
        acl: acl ?? 'private',
        storageClass: 'Standard',
        redundancy: 'LRS',
        hierarchical: false,
        resourceGroup: DEFAULT_RESOURCE_GROUP,
      });
      if (created) return reply(config.name);
      if (config.owner !== exchange.accountId) throw bucketAlreadyExists(config.name);
      exchange.bucket = config;
      exchange.judgement.judge();
    }
    // Without the header nothing changes ([PutBucketAcl-3]).
    if (acl !== undefined) await exchange.updateBucket((bucket) => (bucket.acl === acl ? undefined : { acl }));
    return reply(exchange.bucket.name);
  },
});

/** ali-oss reads the bucket's name from the location. */
function reply(bucket: string): Response {
  return emptyReply(200, { location: `/${bucket}` });
}
