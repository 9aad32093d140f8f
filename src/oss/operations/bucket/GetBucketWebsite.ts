import { OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { websiteConfiguration } from '../../documents/website.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** The website configuration of a bucket (reference 7.11.2). */
export const GetBucketWebsite = operation({
  name: 'GetBucketWebsite',
  method: 'GET',
  target: 'bucket',
  select: ['website'],
  action: 'GetBucketWebsite',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run({ bucket }) {
    const { website } = bucket.documents;
    if (website === undefined) {
      throw new OssError('NoSuchWebsiteConfiguration', { extra: { BucketName: bucket.name } });
    }
    return xmlReply(encode(websiteConfiguration, website));
  },
});
