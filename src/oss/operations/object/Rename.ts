import { percentDecode } from '../../../lib/percent.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import type { Exchange } from '../../exchange.ts';
import { directoryPath, mustBeHierarchical } from '../../object/directories.ts';
import { objectRefusal } from '../../object/headers.ts';
import { operation } from '../../operation.ts';
import { KEY_BYTES_MAX } from '../../request/address.ts';

/** Gives an object or a directory another name, whole and at once (reference 8.2.2). */
export const Rename = operation({
  name: 'Rename',
  method: 'POST',
  target: 'object',
  select: ['x-oss-rename'],
  action: 'PutObject',
  access: 'write',
  hierarchical: true,
  async run(exchange) {
    mustBeHierarchical(exchange);
    const target = directoryPath(exchange.key);
    const source = sourcePath(exchange);
    if (target.startsWith(`${source}/`)) {
      throw invalidArgument('x-oss-rename-source', source, 'A directory cannot be moved into itself.');
    }
    const directory = await admitRename(exchange, source, target);
    const answer = await exchange.index.rename(target, () => ({
      source,
      target,
      directory,
      guard: exchange.guard,
      keyBytesMax: KEY_BYTES_MAX,
    }));
    if ('refused' in answer) throw objectRefusal(answer.refused, answer.refused === 'exists' ? target : source);
    return emptyReply();
  },
});

/**
 * Renaming needs the permission to delete the source and to put the target ([Rename-1]). What forbids either for all
 * that is in a directory (`dir/*`) forbids it for the directory.
 * @returns whether the source is a directory
 */
async function admitRename(exchange: Exchange, source: string, target: string): Promise<boolean> {
  const subjects = [{ key: target }, { key: source, action: 'DeleteObject' }];
  await exchange.judgement.judgeObjects(subjects);
  const found = await exchange.index.read({ key: source, content: false, directories: true });
  if ('refused' in found) {
    exchange.judgement.judgeObject({ acl: null });
    throw objectRefusal(found.refused, source);
  }
  if (found.ok.record.kind !== 'Directory') return false;
  await exchange.judgement.judgeObjects([
    ...subjects,
    { key: `${target}/` },
    { key: `${source}/`, action: 'DeleteObject' },
  ]);
  return true;
}

/** A path in the same bucket, percent-encoded, with or without a slash before it ([Rename-6]). */
function sourcePath(exchange: Exchange): string {
  const header = exchange.header('x-oss-rename-source');
  if (header === null || header === '') {
    throw new OssError('MissingArgument', { extra: { ArgumentName: 'x-oss-rename-source' } });
  }
  let name: string;
  try {
    name = percentDecode(header);
  } catch {
    throw invalidArgument('x-oss-rename-source', header.slice(0, 256));
  }
  return directoryPath(name.startsWith('/') ? name.slice(1) : name);
}
