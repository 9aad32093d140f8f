import { wormConflict } from '../../../bucket/worm.ts';
import { hasMirror } from '../../../website/config.ts';
import { invalidArgument } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { decodeVersioning } from '../../documents/versioning.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';

/** Enables or suspends versioning; a bucket that had it once never goes back to none (reference 7.6.1). */
export const PutBucketVersioning = operation({
  name: 'PutBucketVersioning',
  method: 'PUT',
  target: 'bucket',
  select: ['versioning'],
  action: 'PutBucketVersioning',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    const versioning = decodeVersioning(await readDocument(exchange));
    await exchange.updateBucket((bucket) => {
      if (wormConflict(bucket, Date.now())) {
        throw invalidArgument('Status', versioning, 'A bucket with a retention policy cannot have versioning.');
      }
      if (hasMirror(bucket.documents.website)) {
        throw invalidArgument('Status', versioning, 'A bucket with mirror rules cannot have versioning.');
      }
      return bucket.versioning === versioning ? undefined : { versioning };
    });
    return emptyReply();
  },
});
