import { document, record } from '../xml/schema.ts';
import { boolean } from '../xml/values.ts';

/** Whether the bucket may be reached by the acceleration endpoint ([PutBucketTransferAcceleration-1]). */
export const transferAcceleration = document(
  'TransferAccelerationConfiguration',
  record({ enabled: boolean() }, { tolerant: true }),
);
