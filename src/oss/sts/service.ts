import type { Exchange } from '../exchange.ts';
import { writeXml, type XmlContent } from '../xml/write.ts';
import { assumeRole } from './assume-role.ts';
import { StsError } from './errors.ts';
import { type Parameters, readParameters } from './parameters.ts';

const VERSION = '2015-04-01';

/** Answers a call to the token service: the RPC of the vendor's STS, of which there is AssumeRole. */
export async function answerTokenRequest(exchange: Exchange): Promise<Response> {
  let json = false;
  try {
    const parameters = await readParameters(exchange);
    json = isJson(parameters);
    const action = parameters.need('Action');
    if (action !== 'AssumeRole') throw new StsError('InvalidAction.NotFound');
    if (parameters.need('Version') !== VERSION) throw new StsError('InvalidVersion');
    const answer = await assumeRole(exchange, parameters);
    return reply(200, `${action}Response`, { RequestId: exchange.requestId, ...answer }, json);
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    const { code, message, status } = error;
    const { requestId, address } = exchange;
    return reply(status, 'Error', { RequestId: requestId, HostId: address.host, Code: code, Message: message }, json);
  }
}

function isJson(parameters: Parameters): boolean {
  const format = parameters.get('Format')?.toUpperCase() ?? 'XML';
  if (format !== 'XML' && format !== 'JSON') {
    throw new StsError('InvalidParameter', 'The parameter Format must be XML or JSON.');
  }
  return format === 'JSON';
}

/** Credentials must not stay in any cache. */
function reply(status: number, root: string, content: Record<string, XmlContent>, json: boolean): Response {
  const headers = { 'cache-control': 'no-store', 'content-type': json ? 'application/json' : 'text/xml' };
  return new Response(json ? JSON.stringify(content) : writeXml(root, content), { status, headers });
}
