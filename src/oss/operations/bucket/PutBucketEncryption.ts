import { emptyReply } from '../../answer/reply.ts';
import { requestDocument } from '../../bucket/configuration.ts';
import { defaultEncryptionOf, serverSideEncryptionRule } from '../../documents/encryption.ts';
import { mustBeAvailable } from '../../object/encryption.ts';
import { operation } from '../../operation.ts';

/**
 * Says how new objects are encrypted that do not say it themselves (reference 7.14.1). An algorithm for which the gateway
 * has no key at all is refused here; what else cannot be honoured, such as a key that does not exist, is refused when an
 * object is to be stored by it ([Sec-47]).
 */
export const PutBucketEncryption = operation({
  name: 'PutBucketEncryption',
  method: 'PUT',
  target: 'bucket',
  select: ['encryption'],
  action: 'PutBucketEncryption',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const encryption = defaultEncryptionOf(await requestDocument(exchange, serverSideEncryptionRule));
    mustBeAvailable(exchange, encryption.algorithm);
    await exchange.updateBucket(() => ({ documents: { encryption } }));
    return emptyReply();
  },
});
