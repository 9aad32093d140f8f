import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';

/** Takes tags from a bucket: those that the value of the parameter names, or all (reference 7.13.3). */
export const DeleteBucketTags = operation({
  name: 'DeleteBucketTags',
  method: 'DELETE',
  target: 'bucket',
  select: ['tagging'],
  action: 'DeleteBucketTagging',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const named = exchange.query('tagging') ?? '';
    const keys = new Set(named.split(','));
    await exchange.updateBucket(({ documents: { tags = [] } }) => {
      const rest = named === '' ? [] : tags.filter(({ key }) => !keys.has(key));
      if (rest.length === tags.length) return undefined;
      return { documents: { tags: rest.length === 0 ? null : rest } };
    });
    return emptyReply(204);
  },
});
