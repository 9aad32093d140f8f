import { emptyReply } from '../../answer/reply.ts';
import { directoryPath, mustBeEmpty, mustBeHierarchical } from '../../object/directories.ts';
import { objectRefusal } from '../../object/headers.ts';
import { operation } from '../../operation.ts';

/** Makes a directory, and those above it; nothing is done where it is there already (reference 8.2.1). */
export const CreateDirectory = operation({
  name: 'CreateDirectory',
  method: 'POST',
  target: 'object',
  select: ['x-oss-dir'],
  action: 'PutObject',
  access: 'write',
  hierarchical: true,
  async run(exchange) {
    mustBeHierarchical(exchange);
    const path = directoryPath(exchange.key);
    await mustBeEmpty(exchange.request);
    const answer = await exchange.index.createDirectory(path, () => ({ path, guard: exchange.guard }));
    if ('refused' in answer) throw objectRefusal(answer.refused, path);
    return emptyReply(200, { 'last-modified': new Date(answer.ok.modified).toUTCString() });
  },
});
