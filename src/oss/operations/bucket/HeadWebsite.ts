import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';

/**
 * The headers of a website's index page: HEAD behaves as GET does. To whoever signs, it tells the bucket's region, which
 * is how the Java SDK's getBucketMetadata learns it; the reference has no HEAD of a bucket.
 */
export const HeadWebsite = operation({
  name: 'HeadWebsite',
  method: 'HEAD',
  target: 'bucket',
  action: 'GetObject',
  access: 'read',
  hierarchical: true,
  site: 'root',
  async run(exchange) {
    if (exchange.identity.kind !== 'anonymous') {
      // No call to the index says whether the configuration that let the request in is still in force.
      await exchange.rejudge();
      return emptyReply(200, { 'x-oss-bucket-region': exchange.bucket.region });
    }
    // It may just have become one.
    await exchange.reload();
    throw new OssError('MethodNotAllowed', { extra: { Method: 'HEAD' } });
  },
});
