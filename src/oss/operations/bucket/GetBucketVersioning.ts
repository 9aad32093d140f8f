import { xmlReply } from '../../answer/reply.ts';
import { versioningDocument } from '../../documents/versioning.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** The state of a bucket's versioning; without a status where it was never set (reference 7.6.2). */
export const GetBucketVersioning = operation({
  name: 'GetBucketVersioning',
  method: 'GET',
  target: 'bucket',
  select: ['versioning'],
  action: 'GetBucketVersioning',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run({ bucket }) {
    const status = bucket.versioning;
    return xmlReply(encode(versioningDocument, status === undefined ? {} : { status }));
  },
});
