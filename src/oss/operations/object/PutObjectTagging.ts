import { emptyReply } from '../../answer/reply.ts';
import { decodeTags } from '../../documents/object-tagging.ts';
import { setTags } from '../../object/tags.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';

/** Replaces the tags of one version of an object (reference 8.6.1). */
export const PutObjectTagging = operation({
  name: 'PutObjectTagging',
  method: 'PUT',
  target: 'object',
  select: ['tagging'],
  query: ['versionId'],
  action: 'PutObjectTagging',
  versionAction: 'PutObjectVersionTagging',
  access: 'owner',
  tagsInBody: true,
  hierarchical: true,
  async run(exchange) {
    const tags = decodeTags(await readDocument(exchange));
    await exchange.judgement.judgeTags(tags ?? []);
    return emptyReply(200, await setTags(exchange, tags));
  },
});
