import { hasTiers } from '../../../index/restore.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { restoreRequest } from '../../documents/restore-request.ts';
import { objectRefusal } from '../../object/headers.ts';
import { requestedVersion } from '../../object/version-param.ts';
import { operation } from '../../operation.ts';
import { readDocument } from '../../request/body.ts';
import { decode, type Infer } from '../../xml/schema.ts';

/** Makes a frozen object readable for some days, or a restored one for longer (reference 8.1.10). */
export const RestoreObject = operation({
  name: 'RestoreObject',
  method: 'POST',
  target: 'object',
  select: ['restore'],
  query: ['versionId'],
  action: 'RestoreObject',
  versionAction: 'RestoreObjectVersion',
  access: 'owner',
  hierarchical: false,
  async run(exchange) {
    const { key, bucket, settings } = exchange;
    const version = requestedVersion(exchange);
    const bytes = await readDocument(exchange);
    const request: Infer<typeof restoreRequest> =
      bytes.length === 0 ? {} : decode(restoreRequest, bytes, { maxBytes: bytes.length });
    const { days = null, jobParameters } = request;
    const answer = await exchange.index.restore({
      key,
      ...version,
      days,
      tier: jobParameters?.tier ?? null,
      dayMs: settings.daySeconds * 1_000,
    });
    if ('refused' in answer) throw objectRefusal(answer.refused, key, answer.at, exchange.request.method);
    const { outcome, versionId, storageClass } = answer.ok;
    const headers = {
      ...(bucket.versioning === undefined ? {} : { 'x-oss-version-id': versionId }),
      ...(hasTiers(storageClass) ? { 'x-oss-object-restore-priority': jobParameters?.tier ?? 'Standard' } : {}),
    };
    switch (outcome) {
      case 'started':
        return emptyReply(202, headers);
      case 'extended':
        return emptyReply(200, headers);
      case 'in-progress':
        throw new OssError('RestoreAlreadyInProgress');
      case 'not-archived':
        throw new OssError('OperationNotSupported');
      case 'no-tiers':
        throw new OssError('MalformedXML', {
          message: `JobParameters is not for objects of the class ${storageClass}.`,
        });
      case 'bad-tier':
        throw invalidArgument('Tier', jobParameters?.tier ?? '');
      case 'bad-days':
        throw invalidArgument('Days', String(days));
    }
  },
});
