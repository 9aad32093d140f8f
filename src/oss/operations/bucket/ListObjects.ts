import { xmlReply } from '../../answer/reply.ts';
import { lastName, startBehind, writeEntries } from '../../listing/objects.ts';
import { countParameter, encodingParameter, textParameter } from '../../listing/parameters.ts';
import { operation } from '../../operation.ts';
import { XmlWriter } from '../../xml/write.ts';

/** GetBucket, version 1 of the listing (reference 7.1.4). */
export const ListObjects = operation({
  name: 'ListObjects',
  method: 'GET',
  target: 'bucket',
  query: ['prefix', 'marker', 'delimiter', 'max-keys', 'encoding-type'],
  action: 'ListObjects',
  access: 'list',
  hierarchical: true,
  site: 'root',
  async run(exchange) {
    const prefix = textParameter(exchange, 'prefix');
    const marker = textParameter(exchange, 'marker');
    const delimiter = textParameter(exchange, 'delimiter');
    const limit = countParameter(exchange, 'max-keys');
    const encoding = encodingParameter(exchange);
    const start = startBehind(marker, prefix, delimiter);
    const page = await exchange.index.list({ prefix, delimiter, start, limit });
    const next = lastName(page);
    const out = new XmlWriter('ListBucketResult')
      .leaf('Name', exchange.bucket.name)
      .leaf('Prefix', encoding.encode(prefix))
      .leaf('Marker', encoding.encode(marker))
      .leaf('MaxKeys', limit)
      .leaf('Delimiter', encoding.encode(delimiter))
      .leaf('EncodingType', encoding.requested ? 'url' : undefined)
      .leaf('IsTruncated', next !== undefined)
      .leaf('NextMarker', next === undefined ? undefined : encoding.encode(next));
    writeEntries(out, page, { encoding, owner: exchange.bucket.owner });
    return xmlReply(out.end());
  },
});
