import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { namedWorm } from '../../bucket/worm-id.ts';
import { operation } from '../../operation.ts';

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
