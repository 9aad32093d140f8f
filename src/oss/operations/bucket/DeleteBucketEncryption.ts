import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';

/** Ends encryption by default; objects that are encrypted stay so (reference 7.14.3). */
export const DeleteBucketEncryption = operation({
  name: 'DeleteBucketEncryption',
  method: 'DELETE',
  target: 'bucket',
  select: ['encryption'],
  action: 'DeleteBucketEncryption',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    await exchange.updateBucket(({ documents }) =>
      documents.encryption === undefined ? undefined : { documents: { encryption: null } },
    );
    return emptyReply(204);
  },
});
