import { xmlReply } from '../../answer/reply.ts';
import { refererConfiguration, refererDocumentOf } from '../../documents/referer.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** The hotlink protection in force; that of a bucket that was never configured admits everybody (reference 7.12.2). */
export const GetBucketReferer = operation({
  name: 'GetBucketReferer',
  method: 'GET',
  target: 'bucket',
  select: ['referer'],
  action: 'GetBucketReferer',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run({ bucket }) {
    return xmlReply(encode(refererConfiguration, refererDocumentOf(bucket.documents.referer)));
  },
});
