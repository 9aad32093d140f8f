import { respondWithCallback } from '../../callback/respond.ts';
import { OssError } from '../../errors.ts';
import { putObject, putWishes } from '../../object-put.ts';
import { operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import { uploadBody } from '../../upload.ts';

/** Uploads an object in one request (reference 8.1.1). The body is complete in R2 before the object exists. */
export const PutObject = operation({
  name: 'PutObject',
  method: 'PUT',
  target: 'object',
  query: ['callback', 'callback-var'],
  action: 'PutObject',
  access: 'write',
  hierarchical: true,
  async run(exchange) {
    const { request, key } = exchange;
    refuseConditions(request.headers);
    const wishes = putWishes(exchange);
    const { facts, headers } = await putObject(exchange, key, wishes, (options) => uploadBody(exchange, key, options));
    return (await respondWithCallback(exchange, facts, headers)) ?? emptyReply(200, headers);
  },
});

/** Conditions on a write are not part of the API ([ObjCommon-17]). */
function refuseConditions(headers: Headers): void {
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']) {
    if (headers.has(name)) throw new OssError('NotImplemented', { extra: { Header: name } });
  }
}
