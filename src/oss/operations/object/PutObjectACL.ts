import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { objectRefusal } from '../../object/headers.ts';
import { parseObjectAcl } from '../../object/meta.ts';
import { requestedVersion } from '../../object/version-param.ts';
import { announceObjectAcl } from '../../object/writes.ts';
import { operation } from '../../operation.ts';

/** Gives one version of an object an ACL of its own, or with `default` the bucket's again (reference 8.4.1). */
export const PutObjectACL = operation({
  name: 'PutObjectACL',
  method: 'PUT',
  target: 'object',
  select: ['acl'],
  query: ['versionId'],
  action: 'PutObjectAcl',
  versionAction: 'PutObjectVersionAcl',
  access: 'owner',
  hierarchical: true,
  async run(exchange) {
    const { key } = exchange;
    const header = exchange.header('x-oss-object-acl');
    if (header === null || header === '') {
      throw new OssError('MissingArgument', { extra: { ArgumentName: 'x-oss-object-acl' } });
    }
    const acl = parseObjectAcl(header);
    const version = requestedVersion(exchange);
    await announceObjectAcl(exchange, acl);
    const answer = await exchange.index.setAcl({ key, ...version, acl });
    if ('refused' in answer) throw objectRefusal(answer.refused, key, answer.at);
    return emptyReply(200, exchange.bucket.versioning === undefined ? {} : { 'x-oss-version-id': answer.ok.versionId });
  },
});
