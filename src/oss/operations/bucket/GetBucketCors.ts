import { OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { corsConfiguration } from '../../documents/cors.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** The rules as they are in force (reference 7.16.2). */
export const GetBucketCors = operation({
  name: 'GetBucketCors',
  method: 'GET',
  target: 'bucket',
  select: ['cors'],
  action: 'GetBucketCors',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run({ bucket }) {
    const { cors } = bucket.documents;
    if (cors === undefined) throw new OssError('NoSuchCORSConfiguration', { extra: { BucketName: bucket.name } });
    return xmlReply(encode(corsConfiguration, cors));
  },
});
