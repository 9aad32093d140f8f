import { OssError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import { namedWorm } from '../../worm-id.ts';

/** Locks a retention policy for good (reference 7.2.3). */
export const CompleteBucketWorm = operation({
  name: 'CompleteBucketWorm',
  method: 'POST',
  target: 'bucket',
  select: ['wormId'],
  action: 'CompleteBucketWorm',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    await exchange.updateBucket((bucket) => {
      const worm = namedWorm(exchange, bucket);
      if (worm.lapses === null) throw new OssError('WORMConfigurationLocked');
      return { documents: { worm: { ...worm, lapses: null } } };
    });
    return emptyReply();
  },
});
