import { POLICY_BYTES_MAX, PolicyError, parseBucketPolicy, policyProblemEc } from '../../../access/policy.ts';
import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';

/** Replaces the bucket's policy (reference 7.9.1). It is kept byte for byte ([GetBucketPolicy-3]). */
export const PutBucketPolicy = operation({
  name: 'PutBucketPolicy',
  method: 'PUT',
  target: 'bucket',
  select: ['policy'],
  action: 'PutBucketPolicy',
  access: 'owner',
  hierarchical: true,
  fresh: true,
  async run(exchange) {
    const bytes = await readDocument(exchange, POLICY_BYTES_MAX, () =>
      invalidPolicy(new PolicyError('too-large', `The policy is larger than ${POLICY_BYTES_MAX} bytes.`)),
    );
    const policy = checkedPolicy(bytes);
    await exchange.updateBucket(() => ({ documents: { policy } }));
    return emptyReply();
  },
});

/** @throws {OssError} InvalidPolicyDocument ([PutBucketPolicy-8]) */
function checkedPolicy(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    parseBucketPolicy(text);
    return text;
  } catch (error) {
    if (error instanceof PolicyError) throw invalidPolicy(error);
    throw invalidPolicy(new PolicyError('malformed', 'The policy is not UTF-8.'));
  }
}

function invalidPolicy({ message, reason }: PolicyError): OssError {
  return new OssError('InvalidPolicyDocument', { message, ec: policyProblemEc[reason] });
}
