import { OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { transferAcceleration } from '../../documents/transfer-acceleration.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** Whether the acceleration endpoint is open for the bucket, once that was ever said (reference 7.5.2). */
export const GetBucketTransferAcceleration = operation({
  name: 'GetBucketTransferAcceleration',
  method: 'GET',
  target: 'bucket',
  select: ['transferAcceleration'],
  action: 'GetBucketTransferAcceleration',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run({ bucket }) {
    const { accelerated: enabled } = bucket.documents;
    if (enabled === undefined) {
      throw new OssError('NoSuchTransferAccelerationConfiguration', { extra: { BucketName: bucket.name } });
    }
    return xmlReply(encode(transferAcceleration, { enabled }));
  },
});
