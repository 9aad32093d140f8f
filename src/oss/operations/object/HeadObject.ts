import { compressedHeaders, isCompressed } from '../../object/compression.ts';
import { objectHeaders } from '../../object/headers.ts';
import { readObject } from '../../object/read.ts';
import { tagCountHeader } from '../../object/tags.ts';
import { operation } from '../../operation.ts';

/** All headers of GetObject without the body (reference 8.1.7). */
export const HeadObject = operation({
  name: 'HeadObject',
  method: 'HEAD',
  target: 'object',
  query: ['versionId'],
  action: 'GetObject',
  versionAction: 'GetObjectVersion',
  access: 'read',
  hierarchical: true,
  site: 'object',
  async run(exchange) {
    const { record, source } = await readObject(exchange, { content: false, conditional: true, follow: 'head' });
    const headers = { ...objectHeaders(record, exchange.bucket, source), ...tagCountHeader(exchange, record) };
    if (isCompressed(exchange.request, record, headers)) {
      return new Response(null, { headers: compressedHeaders(headers), encodeBody: 'manual' });
    }
    return new Response(null, {
      headers: { ...headers, 'content-length': String(record.size) },
      encodeBody: 'manual',
    });
  },
});
