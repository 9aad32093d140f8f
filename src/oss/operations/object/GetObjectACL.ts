import { aclReply } from '../../answer/acl-reply.ts';
import { objectRefusal } from '../../object/headers.ts';
import { requestedVersion } from '../../object/version-param.ts';
import { operation } from '../../operation.ts';

/** The ACL of one version of an object; `default` where it has none of its own (reference 8.4.2). */
export const GetObjectACL = operation({
  name: 'GetObjectACL',
  method: 'GET',
  target: 'object',
  select: ['acl'],
  query: ['versionId'],
  action: 'GetObjectAcl',
  versionAction: 'GetObjectVersionAcl',
  access: 'owner',
  refusal: 'You do not have read acl permission on this object.',
  hierarchical: true,
  async run(exchange) {
    const { key, bucket } = exchange;
    const answer = await exchange.index.read({ key, ...requestedVersion(exchange), content: false });
    if ('refused' in answer) throw objectRefusal(answer.refused, key, answer.at);
    const { acl, versionId } = answer.ok.record;
    return aclReply(
      bucket.owner,
      acl ?? 'default',
      bucket.versioning === undefined ? {} : { 'x-oss-version-id': versionId },
    );
  },
});
