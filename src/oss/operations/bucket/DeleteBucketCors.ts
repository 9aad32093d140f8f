import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';

/** Ends access from other origins; 204 also where there was none (reference 7.16.3). */
export const DeleteBucketCors = operation({
  name: 'DeleteBucketCors',
  method: 'DELETE',
  target: 'bucket',
  select: ['cors'],
  action: 'DeleteBucketCors',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    await exchange.updateBucket(({ documents }) =>
      documents.cors === undefined ? undefined : { documents: { cors: null } },
    );
    return emptyReply(204);
  },
});
