import type { Exchange } from '../exchange.ts';
import { DOCUMENT_BYTES_MAX, readDocument } from '../request/body.ts';
import { decode, type XmlDocument } from '../xml/schema.ts';

/**
 * Reads the configuration document that a request carries.
 * @throws {OssError} InvalidDigest, MalformedXML, and what the document's fields refuse
 */
export async function requestDocument<T>(
  exchange: Exchange,
  form: XmlDocument<T>,
  maxBytes = DOCUMENT_BYTES_MAX,
): Promise<T> {
  const bytes = await readDocument(exchange, maxBytes);
  return decode(form, bytes, { maxBytes });
}
