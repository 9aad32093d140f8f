import { isoDate } from '../../../lib/dates.ts';
import { invalidArgument } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import type { Exchange } from '../../exchange.ts';
import { LIST_MAX } from '../../limits.ts';
import { countParameter, encodingParameter } from '../../listing/parameters.ts';
import { uploadIdOf, uploadRefusal } from '../../object/multipart.ts';
import { operation } from '../../operation.ts';
import { XmlWriter } from '../../xml/write.ts';

/** Lists the parts of an unfinished upload (reference 8.3.7). */
export const ListParts = operation({
  name: 'ListParts',
  method: 'GET',
  target: 'object',
  select: ['uploadId'],
  query: ['max-parts', 'part-number-marker', 'encoding-type'],
  action: 'ListParts',
  access: 'owner',
  hierarchical: true,
  async run(exchange) {
    const { key } = exchange;
    const limit = countParameter(exchange, 'max-parts', LIST_MAX);
    const after = markerOf(exchange);
    const encoding = encodingParameter(exchange);
    const uploadId = uploadIdOf(exchange);
    const answer = await exchange.index.uploads.listParts({ key, uploadId, after, limit });
    if ('refused' in answer) throw uploadRefusal(exchange, uploadId, answer);
    const { storageClass, parts, truncated } = answer.ok;
    const out = new XmlWriter('ListPartsResult')
      .leaf('Bucket', exchange.bucket.name)
      .leaf('EncodingType', encoding.requested ? 'url' : undefined)
      .leaf('Key', encoding.encode(key))
      .leaf('UploadId', uploadId)
      // Class and checksums are today's service's: the newer SDKs read them.
      .leaf('StorageClass', storageClass)
      .leaf('PartNumberMarker', after)
      // Of a list without parts it is not zero but empty (evidence for [ListParts-2]).
      .leaf('NextPartNumberMarker', parts.at(-1)?.number ?? '')
      .leaf('MaxParts', limit)
      .leaf('IsTruncated', truncated);
    for (const { number, modified, etag, crc64, size } of parts) {
      out
        .open('Part')
        .leaf('PartNumber', number)
        .leaf('LastModified', isoDate(modified))
        .leaf('ETag', `"${etag}"`)
        .leaf('HashCrc64ecma', crc64)
        .leaf('Size', size)
        .close();
    }
    return xmlReply(out.end());
  },
});

/** @throws {OssError} InvalidArgument on anything but a number */
function markerOf(exchange: Exchange): number {
  const text = exchange.query('part-number-marker') ?? '';
  if (text === '') return 0;
  if (!/^\d{1,9}$/.test(text)) throw invalidArgument('part-number-marker', text.slice(0, 256));
  return Number(text);
}
