import { emptyReply } from '../../answer/reply.ts';
import { requestDocument } from '../../bucket/configuration.ts';
import { refererConfiguration, refererRulesOf } from '../../documents/referer.ts';
import { operation } from '../../operation.ts';

/** Replaces the hotlink protection of a bucket, both lists included (reference 7.12.1). */
export const PutBucketReferer = operation({
  name: 'PutBucketReferer',
  method: 'PUT',
  target: 'bucket',
  select: ['referer'],
  action: 'PutBucketReferer',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const referer = refererRulesOf(await requestDocument(exchange, refererConfiguration));
    await exchange.updateBucket(() => ({ documents: { referer } }));
    return emptyReply();
  },
});
