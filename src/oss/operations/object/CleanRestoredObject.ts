import { OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { objectRefusal } from '../../object/headers.ts';
import { requestedVersion } from '../../object/version-param.ts';
import { operation } from '../../operation.ts';

/** Freezes a restored object before its time (protocol/oss.md 10.4; evidence-3). */
export const CleanRestoredObject = operation({
  name: 'CleanRestoredObject',
  method: 'POST',
  target: 'object',
  select: ['cleanRestoredObject'],
  query: ['versionId'],
  action: 'CleanRestoredObject',
  access: 'owner',
  hierarchical: false,
  async run(exchange) {
    const { key, bucket } = exchange;
    const answer = await exchange.index.cleanRestored({ key, ...requestedVersion(exchange) });
    if ('refused' in answer) throw objectRefusal(answer.refused, key, answer.at, exchange.request.method);
    const { thaw, versionId } = answer.ok;
    if (thaw === 'readable') throw new OssError('OperationNotSupported');
    if (thaw === 'frozen') throw new OssError('ArchiveRestoreFileStale');
    if (thaw === 'restoring') throw new OssError('ArchiveRestoreNotFinished');
    return emptyReply(200, bucket.versioning === undefined ? {} : { 'x-oss-version-id': versionId });
  },
});
