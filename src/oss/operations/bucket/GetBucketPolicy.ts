import { OssError } from '../../answer/errors.ts';
import { operation } from '../../operation.ts';

/** The bucket's policy, as it was put (reference 7.9.2). */
export const GetBucketPolicy = operation({
  name: 'GetBucketPolicy',
  method: 'GET',
  target: 'bucket',
  select: ['policy'],
  action: 'GetBucketPolicy',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run({ bucket }) {
    const { policy } = bucket.documents;
    if (policy === undefined) throw new OssError('NoSuchBucketPolicy', { extra: { BucketName: bucket.name } });
    return new Response(policy, { headers: { 'content-type': 'application/json' } });
  },
});
