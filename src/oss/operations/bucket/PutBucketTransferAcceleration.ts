import { emptyReply } from '../../answer/reply.ts';
import { requestDocument } from '../../bucket/configuration.ts';
import { transferAcceleration } from '../../documents/transfer-acceleration.ts';
import { operation } from '../../operation.ts';

/** Opens the acceleration endpoint for the bucket, or closes it (reference 7.5.1). */
export const PutBucketTransferAcceleration = operation({
  name: 'PutBucketTransferAcceleration',
  method: 'PUT',
  target: 'bucket',
  select: ['transferAcceleration'],
  action: 'PutBucketTransferAcceleration',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const { enabled } = await requestDocument(exchange, transferAcceleration);
    await exchange.updateBucket(() => ({ documents: { accelerated: enabled } }));
    return emptyReply();
  },
});
