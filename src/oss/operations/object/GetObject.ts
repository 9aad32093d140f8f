import { invalidArgument, OssError } from '../../answer/errors.ts';
import type { Exchange } from '../../exchange.ts';
import { answerObject, answerWhole } from '../../object/answer.ts';
import { isHeaderValue } from '../../object/header-value.ts';
import { objectHeaders } from '../../object/headers.ts';
import { readObject } from '../../object/read.ts';
import { operation } from '../../operation.ts';

/** Query parameters that replace a header of the answer ([GetObject-1]). */
const overrides = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
} as const;

/** Downloads an object, whole or a range of it (reference 8.1.2). */
export const GetObject = operation({
  name: 'GetObject',
  method: 'GET',
  target: 'object',
  query: ['versionId', ...Object.keys(overrides)],
  action: 'GetObject',
  versionAction: 'GetObjectVersion',
  access: 'read',
  hierarchical: true,
  site: 'object',
  paced: true,
  async run(exchange) {
    const overridden = overriddenHeaders(exchange);
    const reply = await readObject(exchange, { content: true, conditional: true, follow: 'get' });
    // A directory has nothing that could be asked for in another way ([GetObject-6]).
    if (reply.record.kind === 'Directory') {
      return answerWhole(exchange, reply, 200, objectHeaders(reply.record, exchange.bucket));
    }
    return answerObject(exchange, reply, overridden);
  },
});

/**
 * The headers that a request wants in place of the object's own.
 * @throws {OssError} InvalidRequest for an anonymous caller ([GetObject-2]), InvalidArgument on what no header can carry ([Sec-32])
 */
export function overriddenHeaders(exchange: Exchange): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [parameter, header] of Object.entries(overrides)) {
    const value = exchange.query(parameter);
    if (value === undefined) continue;
    if (exchange.identity.kind === 'anonymous') {
      throw new OssError('InvalidRequest', { message: `${parameter} may only be used in a signed request.` });
    }
    if (!isHeaderValue(value)) throw invalidArgument(parameter, '');
    // One without a value replaces nothing: the runtime would leave out the object's own header.
    if (value !== '') headers[header] = value;
  }
  return headers;
}
