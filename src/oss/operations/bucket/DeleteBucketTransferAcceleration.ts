import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';

/** Forgets that anything was said of acceleration, which closes it (evidence-1, "Transfer acceleration"). */
export const DeleteBucketTransferAcceleration = operation({
  name: 'DeleteBucketTransferAcceleration',
  method: 'DELETE',
  target: 'bucket',
  select: ['transferAcceleration'],
  action: 'DeleteBucketTransferAcceleration',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    await exchange.updateBucket(({ documents }) =>
      documents.accelerated === undefined ? undefined : { documents: { accelerated: null } },
    );
    return emptyReply(204);
  },
});
