import { rememberConfig } from '../../../bucket/config-cache.ts';
import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { noSuchBucket } from '../../exchange.ts';
import { operation } from '../../operation.ts';

/** Deletes an empty bucket; versions, markers and unfinished uploads count as content (reference 7.1.2). */
export const DeleteBucket = operation({
  name: 'DeleteBucket',
  method: 'DELETE',
  target: 'bucket',
  action: 'DeleteBucket',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const { id, name, owner } = exchange.bucket;
    // Only the owner's account may: no grant is enough ([DeleteBucket-1]).
    if (exchange.accountId !== owner) throw new OssError('AccessDenied');
    const reply = await exchange.env.BUCKET.get(exchange.env.BUCKET.idFromName(name)).remove(id);
    if (reply === 'not-empty') throw new OssError('BucketNotEmpty', { extra: { BucketName: name } });
    rememberConfig(name, null);
    if (reply === 'absent') throw noSuchBucket(name);
    return emptyReply(204);
  },
});
