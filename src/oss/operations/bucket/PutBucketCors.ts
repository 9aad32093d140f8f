import { emptyReply } from '../../answer/reply.ts';
import { requestDocument } from '../../bucket/configuration.ts';
import { CORS_BYTES_MAX, corsConfiguration } from '../../documents/cors.ts';
import { operation } from '../../operation.ts';

/** Replaces the rules for requests from other origins (reference 7.16.1). */
export const PutBucketCors = operation({
  name: 'PutBucketCors',
  method: 'PUT',
  target: 'bucket',
  select: ['cors'],
  action: 'PutBucketCors',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    const cors = await requestDocument(exchange, corsConfiguration, CORS_BYTES_MAX);
    await exchange.updateBucket(() => ({ documents: { cors } }));
    return emptyReply();
  },
});
