import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';

/** Ends the website: index, error page and all rules (reference 7.11.3, [DeleteBucketWebsite-1]). No object goes. */
export const DeleteBucketWebsite = operation({
  name: 'DeleteBucketWebsite',
  method: 'DELETE',
  target: 'bucket',
  select: ['website'],
  action: 'DeleteBucketWebsite',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    await exchange.updateBucket(({ documents }) =>
      documents.website === undefined ? undefined : { documents: { website: null } },
    );
    return emptyReply(204);
  },
});
