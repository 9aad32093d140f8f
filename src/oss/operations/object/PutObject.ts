import { emptyReply } from '../../answer/reply.ts';
import { respondWithCallback } from '../../callback/respond.ts';
import { putObject, putWishes } from '../../object/put.ts';
import { uploadBody } from '../../object/upload.ts';
import { refuseConditions } from '../../object/writes.ts';
import { operation } from '../../operation.ts';

/** Uploads an object in one request (reference 8.1.1). The body is complete in R2 before the object exists. */
export const PutObject = operation({
  name: 'PutObject',
  method: 'PUT',
  target: 'object',
  query: ['callback', 'callback-var'],
  action: 'PutObject',
  access: 'write',
  taggingHeader: true,
  paced: true,
  hierarchical: true,
  async run(exchange) {
    const { request, key } = exchange;
    refuseConditions(request.headers);
    const wishes = putWishes(exchange);
    const { facts, headers } = await putObject(exchange, key, wishes, (options) => uploadBody(exchange, key, options));
    return (await respondWithCallback(exchange, facts, headers)) ?? emptyReply(200, headers);
  },
});
