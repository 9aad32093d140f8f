import { OssError } from '../../answer/errors.ts';
import { operation } from '../../operation.ts';

/** Newer than the reference; answered as the live service does where it is not offered (evidence for ledger 3). */
export const SealAppendObject = operation({
  name: 'SealAppendObject',
  method: 'POST',
  target: 'object',
  select: ['seal'],
  query: ['position'],
  action: 'PutObject',
  access: 'write',
  hierarchical: false,
  async run() {
    throw new OssError('OperationNotSupported', {
      message: 'SealAppendable is not supported.',
      ec: '0016-00000513',
    });
  },
});
