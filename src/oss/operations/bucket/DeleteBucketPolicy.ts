import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';

/** Ends every grant of the bucket's policy; 204 also where there was none (reference 7.9.3). */
export const DeleteBucketPolicy = operation({
  name: 'DeleteBucketPolicy',
  method: 'DELETE',
  target: 'bucket',
  select: ['policy'],
  action: 'DeleteBucketPolicy',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    await exchange.updateBucket(({ documents }) =>
      documents.policy === undefined ? undefined : { documents: { policy: null } },
    );
    return emptyReply(204);
  },
});
