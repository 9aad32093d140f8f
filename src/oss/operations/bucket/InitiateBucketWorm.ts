import { wormInForce } from '../../../bucket/worm.ts';
import { randomHex } from '../../../lib/random.ts';
import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { initiateWormConfiguration } from '../../documents/worm.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';
import { decode } from '../../xml/schema.ts';

/** Begins a retention policy; a day is left to lock it or to drop it (reference 7.2.1). */
export const InitiateBucketWorm = operation({
  name: 'InitiateBucketWorm',
  method: 'POST',
  target: 'bucket',
  select: ['worm'],
  action: 'InitiateBucketWorm',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    const bytes = await readDocument(exchange);
    const { retentionPeriodInDays: days } = decode(initiateWormConfiguration, bytes, { maxBytes: bytes.length });
    const dayMs = exchange.settings.daySeconds * 1_000;
    const id = randomHex(16).toUpperCase();
    await exchange.updateBucket((bucket) => {
      const created = Date.now();
      const present = wormInForce(bucket, created);
      if (present?.lapses === null) throw new OssError('WORMConfigurationLocked');
      if (present !== undefined) {
        throw new OssError('InvalidWORMConfiguration', { message: 'The bucket has a retention policy already.' });
      }
      if (bucket.versioning !== undefined) {
        throw new OssError('InvalidArgument', {
          message: 'A bucket with versioning cannot have a retention policy.',
          extra: { ArgumentName: 'Versioning', ArgumentValue: bucket.versioning },
        });
      }
      return { documents: { worm: { id, days, created, period: days * dayMs, lapses: created + dayMs } } };
    });
    return emptyReply(200, { 'x-oss-worm-id': id });
  },
});
