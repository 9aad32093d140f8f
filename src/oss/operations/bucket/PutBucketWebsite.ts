import { hasMirror } from '../../../website/config.ts';
import { invalidArgument } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { websiteConfiguration } from '../../documents/website.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';
import { decode } from '../../xml/schema.ts';

/** Makes a bucket a website, in place of the one it was (reference 7.11.1, [PutBucketWebsite-2]). */
export const PutBucketWebsite = operation({
  name: 'PutBucketWebsite',
  method: 'PUT',
  target: 'bucket',
  select: ['website'],
  action: 'PutBucketWebsite',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    const bytes = await readDocument(exchange);
    const website = decode(websiteConfiguration, bytes, { maxBytes: bytes.length });
    await exchange.updateBucket((bucket) => {
      if (bucket.versioning !== undefined && hasMirror(website)) {
        throw invalidArgument('RedirectType', 'Mirror', 'A bucket with versioning cannot have mirror rules.');
      }
      return { documents: { website } };
    });
    return emptyReply();
  },
});
