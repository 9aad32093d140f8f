import { emptyReply } from '../../answer/reply.ts';
import { uploadIdOf, uploadRefusal } from '../../object/multipart.ts';
import { operation } from '../../operation.ts';

/** Ends an upload and gives up its parts (reference 8.3.5). */
export const AbortMultipartUpload = operation({
  name: 'AbortMultipartUpload',
  method: 'DELETE',
  target: 'object',
  select: ['uploadId'],
  action: 'AbortMultipartUpload',
  access: 'write',
  hierarchical: true,
  async run(exchange) {
    const { key, index } = exchange;
    const uploadId = uploadIdOf(exchange);
    const answer = await index.uploads.abort(key, () => ({ key, uploadId, guard: exchange.guard }));
    if ('refused' in answer) throw uploadRefusal(exchange, uploadId, answer);
    return emptyReply(204);
  },
});
