import type { UploadStart } from '../../../index/upload-records.ts';
import { isoDate } from '../../../lib/dates.ts';
import { xmlReply } from '../../answer/reply.ts';
import { LIST_MAX } from '../../limits.ts';
import { startBehind } from '../../listing/objects.ts';
import { countParameter, encodingParameter, textParameter } from '../../listing/parameters.ts';
import { operation } from '../../operation.ts';
import { XmlWriter } from '../../xml/write.ts';

/** Lists uploads that are neither completed nor aborted (reference 8.3.6). */
export const ListMultipartUploads = operation({
  name: 'ListMultipartUploads',
  method: 'GET',
  target: 'bucket',
  select: ['uploads'],
  query: ['prefix', 'delimiter', 'max-uploads', 'key-marker', 'upload-id-marker', 'encoding-type'],
  action: 'ListMultipartUploads',
  access: 'list',
  hierarchical: true,
  async run(exchange) {
    const prefix = textParameter(exchange, 'prefix');
    const delimiter = textParameter(exchange, 'delimiter');
    const keyMarker = textParameter(exchange, 'key-marker');
    const idMarker = textParameter(exchange, 'upload-id-marker');
    const limit = countParameter(exchange, 'max-uploads', LIST_MAX);
    const encoding = encodingParameter(exchange);
    const start = startOf(keyMarker, idMarker, prefix, delimiter);
    const page = await exchange.index.uploads.list({ prefix, delimiter, start, limit });
    // Both are always there, and name the last entry whether or not there are more ([ListMultipartUploads-5]).
    const last = page.entries.at(-1);
    const lastName = last === undefined ? '' : 'key' in last ? last.key : last.prefix;
    const out = new XmlWriter('ListMultipartUploadsResult')
      .leaf('Bucket', exchange.bucket.name)
      .leaf('EncodingType', encoding.requested ? 'url' : undefined)
      .leaf('KeyMarker', encoding.encode(keyMarker))
      .leaf('UploadIdMarker', idMarker)
      .leaf('NextKeyMarker', encoding.encode(lastName))
      .leaf('NextUploadIdMarker', last !== undefined && 'key' in last ? last.uploadId : '')
      .leaf('Delimiter', encoding.encode(delimiter))
      .leaf('Prefix', encoding.encode(prefix))
      .leaf('MaxUploads', limit)
      .leaf('IsTruncated', page.next !== null);
    for (const entry of page.entries) {
      if (!('key' in entry)) continue;
      out
        .open('Upload')
        .leaf('Key', encoding.encode(entry.key))
        .leaf('UploadId', entry.uploadId)
        .leaf('StorageClass', entry.storageClass)
        .leaf('Initiated', isoDate(entry.initiated))
        .close();
    }
    for (const entry of page.entries) {
      if ('prefix' in entry) out.open('CommonPrefixes').leaf('Prefix', encoding.encode(entry.prefix)).close();
    }
    return xmlReply(out.end());
  },
});

/** Behind the markers; an upload id without a key does not count ([ListMultipartUploads-2]). */
function startOf(keyMarker: string, idMarker: string, prefix: string, delimiter: string): UploadStart {
  if (keyMarker !== '' && idMarker !== '') return { after: keyMarker, uploadId: idMarker };
  return startBehind(keyMarker, prefix, delimiter);
}
