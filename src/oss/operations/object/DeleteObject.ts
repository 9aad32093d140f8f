import { emptyReply } from '../../answer/reply.ts';
import { objectRefusal } from '../../object/headers.ts';
import { requestedVersion } from '../../object/version-param.ts';
import { refuseConditions } from '../../object/writes.ts';
import { operation } from '../../operation.ts';

/** Deletes an object, or one version of it; 204 also where there was none (reference 8.1.5). */
export const DeleteObject = operation({
  name: 'DeleteObject',
  method: 'DELETE',
  target: 'object',
  query: ['versionId'],
  action: 'DeleteObject',
  versionAction: 'DeleteObjectVersion',
  access: 'write',
  hierarchical: true,
  async run(exchange) {
    const { key } = exchange;
    refuseConditions(exchange.request.headers);
    const answer = await exchange.index.remove([{ key, ...requestedVersion(exchange) }], () => ({
      versioning: exchange.bucket.versioning ?? null,
      guard: exchange.guard,
    }));
    if ('refused' in answer) throw objectRefusal(answer.refused, key);
    const { marker, versionId } = answer.ok[0]!;
    return emptyReply(204, {
      ...(marker ? { 'x-oss-delete-marker': 'true' } : {}),
      ...(versionId === null ? {} : { 'x-oss-version-id': versionId }),
    });
  },
});
