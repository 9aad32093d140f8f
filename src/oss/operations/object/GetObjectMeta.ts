import type { Exchange } from '../../exchange.ts';
import { readObject } from '../../object/read.ts';
import { operation } from '../../operation.ts';

const definition = {
  name: 'GetObjectMeta',
  target: 'object',
  select: ['objectMeta'],
  query: ['versionId'],
  action: 'GetObject',
  versionAction: 'GetObjectVersion',
  access: 'read',
  hierarchical: true,
  run: objectMeta,
} as const;

/** The few headers that most callers want (reference 8.1.8); conditions are not part of it ([GetObjectMeta-8]). */
export const GetObjectMeta = operation({ ...definition, method: 'HEAD' });

/** Old SDKs ask with GET ([GetObjectMeta-3]). */
export const GetObjectMetaByGet = operation({ ...definition, method: 'GET' });

async function objectMeta(exchange: Exchange): Promise<Response> {
  const { record } = await readObject(exchange, { content: false, conditional: false });
  const isHead = exchange.request.method === 'HEAD';
  return new Response(null, {
    headers: {
      'content-length': String(isHead ? record.size : 0),
      etag: `"${record.etag}"`,
      'last-modified': new Date(record.modified).toUTCString(),
      ...(record.crc64 === null ? {} : { 'x-oss-hash-crc64ecma': record.crc64 }),
      ...(exchange.bucket.versioning === undefined ? {} : { 'x-oss-version-id': record.versionId }),
    },
  });
}
