import type { BucketEntry } from '../../../bucket/config.ts';
import type { DirectoryPage, DirectoryQuery, TagWish } from '../../../bucket/directory.ts';
import { isoDate } from '../../../lib/dates.ts';
import { parseStrictJson } from '../../../lib/json.ts';
import { invalidArgument } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import { bucketTagging } from '../../documents/bucket-tagging.ts';
import type { Exchange } from '../../exchange.ts';
import { writeOwner } from '../../listing/objects.ts';
import { countParameter } from '../../listing/parameters.ts';
import { operation } from '../../operation.ts';
import { endpointsOf } from '../../request/regions.ts';
import { XmlWriter } from '../../xml/write.ts';

/** Most tags to filter by. */
const TAGS_MAX = 20;

/** GetService (reference 5.1). */
export const ListBuckets = operation({
  name: 'ListBuckets',
  method: 'GET',
  target: 'service',
  query: ['prefix', 'marker', 'max-keys', 'tag-key', 'tag-value', 'tagging', 'regionList'],
  action: 'ListBuckets',
  access: 'account',
  hierarchical: true,
  async run(exchange) {
    const prefix = exchange.query('prefix') ?? '';
    // Evidence for GetService: a prefix that no bucket name can have is refused, not answered with nothing.
    if (!/^[a-z0-9-]{0,63}$/.test(prefix)) throw invalidArgument('prefix', prefix.slice(0, 256));
    const marker = exchange.query('marker') ?? '';
    const limit = countParameter(exchange, 'max-keys');
    const group = exchange.header('x-oss-resource-group-id');
    const tags = wantedTags(exchange);
    const page = await settledPage(exchange, { prefix, marker, limit, tags });
    const shown = group === null ? page.buckets : page.buckets.filter((bucket) => bucket.resourceGroup === group);
    const out = new XmlWriter('ListAllMyBucketsResult');
    if (!page.whole) {
      out.leaf('Prefix', prefix).leaf('Marker', marker).leaf('MaxKeys', limit).leaf('IsTruncated', page.truncated);
      if (page.truncated) out.leaf('NextMarker', page.buckets.at(-1)!.name);
    }
    writeOwner(out, exchange.accountId);
    out.open('Buckets');
    for (const bucket of shown) writeBucket(out, bucket, exchange, { group: group !== null, tags: tags.length > 0 });
    return xmlReply(out.end());
  },
});

/**
 * A page without reservations whose bucket never came to be (a creation that was interrupted): their buckets are
 * asked, the dead ones are taken out of the directory.
 */
async function settledPage(exchange: Exchange, query: DirectoryQuery): Promise<DirectoryPage> {
  const directory = exchange.env.DIRECTORY.get(exchange.env.DIRECTORY.idFromName(exchange.accountId));
  const page = await directory.list(query);
  if (page.pending.length === 0) return page;
  await Promise.all(
    page.pending.map(async (name) => {
      const { config } = await exchange.configs.source(name);
      const mine = config !== null && config.owner === exchange.accountId;
      await (mine ? directory.confirm(page.buckets.find((bucket) => bucket.name === name)!) : directory.release(name));
    }),
  );
  const settled = await directory.list(query);
  return { ...settled, buckets: settled.buckets.filter(({ name }) => !settled.pending.includes(name)) };
}

/**
 * The tags by which the list is filtered: `tag-key` with or without `tag-value`, or `tagging="k1":"v1","k2":"v2"`
 * (evidence for GetService).
 * @throws {OssError} InvalidArgument
 */
function wantedTags(exchange: Exchange): readonly TagWish[] {
  const key = exchange.query('tag-key');
  const value = exchange.query('tag-value');
  const tagging = exchange.query('tagging');
  if (value !== undefined && key === undefined) throw invalidArgument('tag-value', value.slice(0, 256));
  const byKey = key === undefined ? [] : [{ key, ...(value === undefined ? {} : { value }) }];
  return [...byKey, ...(tagging === undefined ? [] : tagList(tagging))];
}

function tagList(text: string): readonly TagWish[] {
  try {
    const members = Object.entries(parseStrictJson(`{${text}}`, 1) as object);
    if (members.length <= TAGS_MAX && members.every(([, value]) => typeof value === 'string')) {
      return members.map(([key, value]) => ({ key, value: value as string }));
    }
  } catch {
    // It is said below.
  }
  throw invalidArgument('tagging', text.slice(0, 256));
}

/** @param shown what is told beside what always is: what the list was filtered by (evidence for GetService) */
function writeBucket(
  out: XmlWriter,
  bucket: BucketEntry,
  { settings }: Exchange,
  shown: { readonly group: boolean; readonly tags: boolean },
): void {
  const { extranet, intranet } = endpointsOf(bucket.region, settings);
  out
    .open('Bucket')
    .leaf('CreationDate', isoDate(bucket.created))
    .leaf('ExtranetEndpoint', extranet)
    .leaf('IntranetEndpoint', intranet)
    .leaf('Location', bucket.region)
    .leaf('Name', bucket.name)
    .leaf('Region', bucket.region.replace(/^oss-/, ''))
    .leaf('ResourceGroupId', shown.group ? bucket.resourceGroup : undefined)
    .leaf('StorageClass', bucket.storageClass);
  if (shown.tags) {
    out.open('Tagging');
    bucketTagging.schema.render(out, { tags: bucket.tags ?? [] });
    out.close();
  }
  out.close();
}
