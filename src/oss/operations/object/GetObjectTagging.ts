import { xmlReply } from '../../answer/reply.ts';
import { encodeTags } from '../../documents/object-tagging.ts';
import { objectRefusal } from '../../object/headers.ts';
import { readingTags } from '../../object/tags.ts';
import { requestedVersion } from '../../object/version-param.ts';
import { operation } from '../../operation.ts';

/** The tags of one version of an object, in the order in which they were given (reference 8.6.2). */
export const GetObjectTagging = operation({
  name: 'GetObjectTagging',
  method: 'GET',
  target: 'object',
  select: ['tagging'],
  query: ['versionId'],
  ...readingTags,
  hierarchical: true,
  async run(exchange) {
    const { key, bucket } = exchange;
    const answer = await exchange.index.read({ key, ...requestedVersion(exchange), content: false });
    if ('refused' in answer) throw objectRefusal(answer.refused, key, answer.at);
    const { tags, versionId } = answer.ok.record;
    return xmlReply(encodeTags(tags), bucket.versioning === undefined ? {} : { 'x-oss-version-id': versionId });
  },
});
