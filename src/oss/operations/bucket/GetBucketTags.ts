import { xmlReply } from '../../answer/reply.ts';
import { bucketTagging } from '../../documents/bucket-tagging.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** The tags of a bucket, none or more (reference 7.13.2). */
export const GetBucketTags = operation({
  name: 'GetBucketTags',
  method: 'GET',
  target: 'bucket',
  select: ['tagging'],
  action: 'GetBucketTagging',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run({ bucket }) {
    return xmlReply(encode(bucketTagging, { tags: bucket.documents.tags ?? [] }));
  },
});
