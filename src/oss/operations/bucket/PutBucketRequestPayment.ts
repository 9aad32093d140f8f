import { emptyReply } from '../../answer/reply.ts';
import { requestDocument } from '../../bucket/configuration.ts';
import { requestPaymentConfiguration } from '../../documents/request-payment.ts';
import { operation } from '../../operation.ts';

/** Says who pays for requests to the bucket (reference 7.15.1). */
export const PutBucketRequestPayment = operation({
  name: 'PutBucketRequestPayment',
  method: 'PUT',
  target: 'bucket',
  select: ['requestPayment'],
  action: 'PutBucketRequestPayment',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const { payer } = await requestDocument(exchange, requestPaymentConfiguration);
    await exchange.updateBucket(() => ({ documents: { payer } }));
    return emptyReply();
  },
});
