import type { Exchange } from '../exchange.ts';
import { writeXml, type XmlContent } from '../xml/write.ts';
import { type ExtraElement, OssError } from './errors.ts';

/** Longest error document that is put into a header: clients bound their headers, Node to 16 KB altogether. */
const HEADER_DOCUMENT_CHARACTERS = 4_096;

/**
 * Answers a refusal: the error document, or for HEAD the same document in `x-oss-err` ([ObjCommon-5]). A 304 has
 * neither body nor error headers.
 */
export function renderError(error: OssError, exchange: Exchange): Response {
  if (error.status === 304) return new Response(null, { status: 304, headers: error.headers });
  const headers: Record<string, string> = { ...error.headers, 'x-oss-ec': error.ec };
  const xml = errorDocument(error, exchange, error.extra);
  if (exchange.request.method === 'HEAD') {
    const short = xml.length <= HEADER_DOCUMENT_CHARACTERS ? xml : errorDocument(error, exchange, {});
    return new Response(null, { status: error.status, headers: { ...headers, 'x-oss-err': base64(short) } });
  }
  return new Response(xml, { status: error.status, headers: { ...headers, 'content-type': 'application/xml' } });
}

function errorDocument(error: OssError, exchange: Exchange, extra: OssError['extra']): string {
  return writeXml('Error', {
    Code: error.wireCode,
    Message: error.message,
    RequestId: exchange.requestId,
    HostId: exchange.request.headers.get('host') ?? new URL(exchange.request.url).host,
    ...(extra as Record<string, ExtraElement & XmlContent>),
    EC: error.ec,
    RecommendDoc: `https://api.aliyun.com/troubleshoot?q=${error.ec}`,
  });
}

function base64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * What anything thrown means to a client. An unexpected exception becomes `InternalError` and one log line with the
 * request id; nothing of its text is shown.
 */
export function asOssError(thrown: unknown, exchange: Exchange): OssError {
  if (thrown instanceof OssError) return thrown;
  const known = mapped(thrown, exchange);
  if (known !== undefined) return known;
  const fault = thrown as { name?: string; message?: string; stack?: string };
  console.error(
    JSON.stringify({
      event: 'internal-error',
      requestId: exchange.requestId,
      operation: exchange.operationName,
      error: `${fault?.name ?? 'Error'}: ${fault?.message ?? String(thrown)}`,
      stack: fault?.stack,
    }),
  );
  return new OssError('InternalError');
}

function mapped(thrown: unknown, exchange: Exchange): OssError | undefined {
  const { name, reason } = (thrown ?? {}) as { name?: string; reason?: string };
  const busy = name === 'IndexUnavailable' || (name === 'BlobStoreError' && reason === 'throttled');
  if (busy) return new OssError('ServiceUnavailable', { headers: { 'retry-after': '1' } });
  if (name === 'KeyMissing') {
    const { requestId, operationName: operation } = exchange;
    const why = (thrown as Error).message;
    console.error(JSON.stringify({ event: 'encryption-key-missing', requestId, operation, why }));
    return new OssError('InvalidObjectState', {
      message: 'The object is encrypted with a key that this gateway does not have (any more).',
    });
  }
  if (name === 'SettingsError') {
    return new OssError('ServiceUnavailable', {
      message: `This gateway is not configured: ${(thrown as Error).message}.`,
    });
  }
  return undefined;
}
