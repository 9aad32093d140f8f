import type { Payer } from '../../access/payer.ts';
import { document, record } from '../xml/schema.ts';
import { choice } from '../xml/values.ts';

/** Who pays for requests ([PutBucketRequestPayment-1]). */
export const requestPaymentConfiguration = document<{ payer: Payer }>(
  'RequestPaymentConfiguration',
  record({ payer: choice(['BucketOwner', 'Requester']) }, { tolerant: true }),
);
