import { emptyReply } from '../../answer/reply.ts';
import { requestDocument } from '../../bucket/configuration.ts';
import { bucketTagging, checkedBucketTags } from '../../documents/bucket-tagging.ts';
import { operation } from '../../operation.ts';

/** Replaces the tags of a bucket (reference 7.13.1, evidence for [PutBucketTags-2]). */
export const PutBucketTags = operation({
  name: 'PutBucketTags',
  method: 'PUT',
  target: 'bucket',
  select: ['tagging'],
  action: 'PutBucketTagging',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const tags = checkedBucketTags((await requestDocument(exchange, bucketTagging)).tags);
    await exchange.updateBucket(() => ({ documents: { tags: tags.length === 0 ? null : tags } }));
    return emptyReply();
  },
});
