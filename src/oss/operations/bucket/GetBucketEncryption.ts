import { OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { serverSideEncryptionRule } from '../../documents/encryption.ts';
import { operation } from '../../operation.ts';
import { encode } from '../../xml/schema.ts';

/** How new objects are encrypted by default (reference 7.14.2). What was not said is not shown. */
export const GetBucketEncryption = operation({
  name: 'GetBucketEncryption',
  method: 'GET',
  target: 'bucket',
  select: ['encryption'],
  action: 'GetBucketEncryption',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run({ bucket }) {
    const { encryption } = bucket.documents;
    if (encryption === undefined) {
      throw new OssError('NoSuchServerSideEncryptionRule', { extra: { BucketName: bucket.name } });
    }
    return xmlReply(encode(serverSideEncryptionRule, { byDefault: encryption }));
  },
});
