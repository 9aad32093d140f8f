import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { namedWorm } from '../../bucket/worm-id.ts';
import { extendWormConfiguration } from '../../documents/worm.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';
import { decode } from '../../xml/schema.ts';

/** Lengthens the retention of a locked policy, of objects that are there already too (reference 7.2.4). */
export const ExtendBucketWorm = operation({
  name: 'ExtendBucketWorm',
  method: 'POST',
  target: 'bucket',
  select: ['wormId', 'wormExtend'],
  action: 'ExtendBucketWorm',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    const bytes = await readDocument(exchange);
    const { retentionPeriodInDays: days } = decode(extendWormConfiguration, bytes, { maxBytes: bytes.length });
    await exchange.updateBucket((bucket) => {
      const worm = namedWorm(exchange, bucket);
      if (worm.lapses !== null) {
        throw new OssError('InvalidWORMConfiguration', { message: 'Only a locked retention policy can be extended.' });
      }
      const period = days * exchange.settings.daySeconds * 1_000;
      if (days <= worm.days || period <= worm.period) {
        throw new OssError('InvalidWORMConfiguration', { message: 'A retention policy can only be lengthened.' });
      }
      return { documents: { worm: { ...worm, days, period } } };
    });
    return emptyReply();
  },
});
