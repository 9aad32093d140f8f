import { wormInForce } from '../../../bucket/worm.ts';
import { isoDate } from '../../../lib/dates.ts';
import { OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';
import { writeXml } from '../../xml/write.ts';

/** The retention policy of a bucket (reference 7.2.5). */
export const GetBucketWorm = operation({
  name: 'GetBucketWorm',
  method: 'GET',
  target: 'bucket',
  select: ['worm'],
  action: 'GetBucketWorm',
  access: 'owner',
  hierarchical: false,
  fresh: true,
  async run(exchange) {
    const worm = wormInForce(exchange.bucket, Date.now());
    if (worm === undefined) throw new OssError('NoSuchWORMConfiguration');
    return xmlReply(
      writeXml('WormConfiguration', {
        WormId: worm.id,
        State: worm.lapses === null ? 'Locked' : 'InProgress',
        RetentionPeriodInDays: worm.days,
        CreationDate: isoDate(worm.created),
      }),
    );
  },
});
