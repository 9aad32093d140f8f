import { xmlReply } from '../../answer/reply.ts';
import { requestPaymentConfiguration } from '../../documents/request-payment.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** Who pays for requests to the bucket: its owner, unless told otherwise (reference 7.15.2). */
export const GetBucketRequestPayment = operation({
  name: 'GetBucketRequestPayment',
  method: 'GET',
  target: 'bucket',
  select: ['requestPayment'],
  action: 'GetBucketRequestPayment',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run({ bucket }) {
    const { payer = 'BucketOwner' } = bucket.documents;
    return xmlReply(encode(requestPaymentConfiguration, { payer }));
  },
});
