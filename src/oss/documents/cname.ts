import type { CnameToken } from '../../bucket/cname-tokens.ts';
import { httpDate } from '../../lib/dates.ts';
import { xmlReply } from '../answer/reply.ts';
import { requestDocument } from '../bucket/configuration.ts';
import { domainName } from '../bucket/domain-name.ts';
import type { Exchange } from '../exchange.ts';
import { document, record } from '../xml/schema.ts';
import { text } from '../xml/values.ts';
import { writeXml } from '../xml/write.ts';

/** Certificates are Cloudflare's business here: one in the document is passed over (evidence for [PutCname-9]). */
const bucketCnameConfiguration = document(
  'BucketCnameConfiguration',
  record({ cname: record({ domain: text() }, { tolerant: true }) }, { tolerant: true }),
);

/**
 * The domain that a request's document names.
 * @throws {OssError} MalformedXML, InvalidArgument
 */
export async function requestedDomain(exchange: Exchange): Promise<string> {
  const { cname } = await requestDocument(exchange, bucketCnameConfiguration);
  return domainName(cname.domain);
}

export function tokenReply(bucket: string, domain: string, { token, expires }: CnameToken): Response {
  const content = { Bucket: bucket, Cname: domain, Token: token, ExpireTime: httpDate(expires) };
  return xmlReply(writeXml('CnameToken', content));
}
