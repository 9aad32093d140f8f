import { invalidArgument } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { decodeToken, encodeToken } from '../../listing/continuation-token.ts';
import { lastName, startBehind, writeEntries } from '../../listing/objects.ts';
import { countParameter, encodingParameter, textParameter } from '../../listing/parameters.ts';
import { operation } from '../../operation.ts';
import { XmlWriter } from '../../xml/write.ts';

/** GetBucketV2 (reference 7.1.5). */
export const ListObjectsV2 = operation({
  name: 'ListObjectsV2',
  method: 'GET',
  target: 'bucket',
  select: ['list-type'],
  query: ['prefix', 'start-after', 'continuation-token', 'delimiter', 'max-keys', 'encoding-type', 'fetch-owner'],
  action: 'ListObjects',
  access: 'list',
  hierarchical: true,
  site: 'root',
  async run(exchange) {
    const type = exchange.query('list-type')!;
    if (type !== '2') throw invalidArgument('list-type', type);
    const prefix = textParameter(exchange, 'prefix');
    if (prefix.startsWith('/')) throw invalidArgument('prefix', prefix);
    const delimiter = textParameter(exchange, 'delimiter');
    const limit = countParameter(exchange, 'max-keys');
    const encoding = encodingParameter(exchange);
    const fetchOwner = booleanParameter(exchange.query('fetch-owner'));
    const startAfter = exchange.query('start-after');
    const token = exchange.query('continuation-token') || undefined;
    // A token wins over start-after ([GetBucketV2-7]); start-after may be any text, below a common prefix too.
    const start =
      token === undefined
        ? { after: textParameter(exchange, 'start-after') }
        : startBehind(decodeToken(token), prefix, delimiter);
    const page = await exchange.index.list({ prefix, delimiter, start, limit });
    const next = lastName(page);
    const out = new XmlWriter('ListBucketResult')
      .leaf('Name', exchange.bucket.name)
      .leaf('Prefix', encoding.encode(prefix))
      .leaf('StartAfter', startAfter === undefined ? undefined : encoding.encode(startAfter))
      .leaf('ContinuationToken', token === undefined ? undefined : encoding.encode(token))
      .leaf('MaxKeys', limit)
      .leaf('Delimiter', delimiter === '' ? undefined : encoding.encode(delimiter))
      .leaf('EncodingType', encoding.requested ? 'url' : undefined)
      .leaf('IsTruncated', next !== undefined)
      .leaf('NextContinuationToken', next === undefined ? undefined : encoding.encode(encodeToken(next)));
    writeEntries(out, page, { encoding, ...(fetchOwner ? { owner: exchange.bucket.owner } : {}) });
    return xmlReply(out.leaf('KeyCount', page.entries.length).end());
  },
});

function booleanParameter(text: string | undefined): boolean {
  if (text === undefined || text === '' || text.toLowerCase() === 'false') return false;
  if (text.toLowerCase() === 'true') return true;
  throw invalidArgument('fetch-owner', text);
}
