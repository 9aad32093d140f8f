import { wormInForce } from '../../../bucket/worm.ts';
import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';

/** Drops a retention policy that is not locked; at once nothing is protected any more (reference 7.2.2). */
export const AbortBucketWorm = operation({
  name: 'AbortBucketWorm',
  method: 'DELETE',
  target: 'bucket',
  select: ['worm'],
  action: 'AbortBucketWorm',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    await exchange.updateBucket((bucket) => {
      const present = wormInForce(bucket, Date.now());
      if (present === undefined) throw new OssError('NoSuchWORMConfiguration');
      if (present.lapses === null) throw new OssError('WORMConfigurationLocked');
      return { documents: { worm: null } };
    });
    return emptyReply(204);
  },
});
