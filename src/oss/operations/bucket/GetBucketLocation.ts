import { xmlReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';
import { writeXml } from '../../xml/write.ts';

/** The region of a bucket (reference 7.1.7). */
export const GetBucketLocation = operation({
  name: 'GetBucketLocation',
  method: 'GET',
  target: 'bucket',
  select: ['location'],
  action: 'GetBucketLocation',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    return xmlReply(writeXml('LocationConstraint', exchange.bucket.region));
  },
});
