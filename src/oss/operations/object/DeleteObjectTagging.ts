import { emptyReply } from '../../answer/reply.ts';
import { setTags } from '../../object/tags.ts';
import { operation } from '../../operation.ts';

/** Removes all tags of one version of an object; it may have had none (reference 8.6.3). */
export const DeleteObjectTagging = operation({
  name: 'DeleteObjectTagging',
  method: 'DELETE',
  target: 'object',
  select: ['tagging'],
  query: ['versionId'],
  action: 'DeleteObjectTagging',
  versionAction: 'DeleteObjectVersionTagging',
  access: 'owner',
  hierarchical: true,
  async run(exchange) {
    return emptyReply(204, await setTags(exchange, null));
  },
});
