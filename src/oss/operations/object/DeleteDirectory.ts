import { directoryKey } from '../../../index/directory-tree.ts';
import { invalidArgument } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import type { Exchange } from '../../exchange.ts';
import { decodeToken, encodeToken } from '../../listing/continuation-token.ts';
import { directoryPath, mustBeHierarchical } from '../../object/directories.ts';
import { objectRefusal } from '../../object/headers.ts';
import { requestFlag } from '../../object/meta.ts';
import { operation } from '../../operation.ts';
import { writeXml } from '../../xml/write.ts';

/** Objects and directories that one request deletes ([DeleteDirectory-2]). */
const BATCH = 100;

/** Deletes a directory: an empty one, or with all that is in it, a batch at a time (reference 8.2.3). */
export const DeleteDirectory = operation({
  name: 'DeleteDirectory',
  method: 'POST',
  target: 'object',
  select: ['x-oss-delete'],
  action: 'DeleteObject',
  access: 'write',
  hierarchical: true,
  async run(exchange) {
    mustBeHierarchical(exchange);
    const path = directoryPath(exchange.key);
    const { keys, more } = requestFlag(exchange.request.headers, 'x-oss-delete-recursive')
      ? await nextBatch(exchange, path)
      : { keys: [directoryKey(path)], more: false };
    const answer = await exchange.index.prune(path, () => ({ path, keys, guard: exchange.guard }));
    if ('refused' in answer) throw objectRefusal(answer.refused, path);
    return xmlReply(
      writeXml('DeleteDirectoryResult', {
        DirectoryName: path,
        DeleteNumber: answer.ok,
        NextDeleteToken: more ? encodeToken(keys.at(-1)!) : undefined,
      }),
    );
  },
});

/** What goes next, once it is known that the caller may delete every single one ([DeleteDirectory-8]). */
async function nextBatch(exchange: Exchange, path: string): Promise<{ keys: readonly string[]; more: boolean }> {
  const page = await exchange.index.tree({ path, behind: behindToken(exchange, path), limit: BATCH });
  if ('refused' in page) throw objectRefusal(page.refused, path);
  await exchange.judgement.judgeObjects([
    { key: exchange.key },
    ...page.ok.keys.map((key) => ({ key: key.replace(/\/$/, '') })),
  ]);
  return page.ok;
}

/** @throws {OssError} InvalidArgument on a token that is not of this directory ([DeleteDirectory-3]) */
function behindToken(exchange: Exchange, path: string): string | null {
  const token = exchange.header('x-oss-delete-token');
  if (token === null || token === '') return null;
  const key = decodeToken(token, 'x-oss-delete-token');
  if (!key.startsWith(directoryKey(path))) throw invalidArgument('x-oss-delete-token', token.slice(0, 256));
  return key;
}
