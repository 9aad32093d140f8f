import { nameOf } from '../../../index/version-listing.ts';
import type { VersionListPage, VersionListStart } from '../../../index/version-records.ts';
import { isVersionId } from '../../../index/versions.ts';
import { invalidArgument } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import type { Exchange } from '../../exchange.ts';
import { startBehind } from '../../listing/objects.ts';
import { countParameter, encodingParameter, textParameter } from '../../listing/parameters.ts';
import { writeVersions } from '../../listing/versions.ts';
import { operation } from '../../operation.ts';
import { XmlWriter } from '../../xml/write.ts';

/** Lists all versions and delete markers, the newest of each key first (reference 7.6.3). */
export const ListObjectVersions = operation({
  name: 'ListObjectVersions',
  method: 'GET',
  target: 'bucket',
  select: ['versions'],
  query: ['prefix', 'key-marker', 'version-id-marker', 'delimiter', 'max-keys', 'encoding-type'],
  action: 'ListObjectVersions',
  access: 'list',
  hierarchical: false,
  async run(exchange) {
    const prefix = textParameter(exchange, 'prefix');
    const delimiter = textParameter(exchange, 'delimiter');
    const keyMarker = textParameter(exchange, 'key-marker');
    const versionMarker = versionMarkerParameter(exchange, keyMarker);
    const limit = countParameter(exchange, 'max-keys');
    const encoding = encodingParameter(exchange);
    const start: VersionListStart | undefined =
      versionMarker === '' ? startBehind(keyMarker, prefix, delimiter) : { key: keyMarker, olderThan: versionMarker };
    const page: VersionListPage =
      start === undefined
        ? { entries: [], next: null }
        : await exchange.index.listVersions({ prefix, delimiter, start, limit });
    const last = page.next === null ? undefined : page.entries.at(-1);
    const out = new XmlWriter('ListVersionsResult')
      .leaf('Name', exchange.bucket.name)
      .leaf('Prefix', encoding.encode(prefix))
      .leaf('KeyMarker', encoding.encode(keyMarker))
      .leaf('VersionIdMarker', versionMarker)
      .leaf('MaxKeys', limit)
      .leaf('Delimiter', encoding.encode(delimiter))
      .leaf('EncodingType', encoding.requested ? 'url' : undefined)
      .leaf('IsTruncated', last !== undefined);
    if (last !== undefined) {
      // Behind a common prefix there is no version to name; an empty marker counts as none.
      out
        .leaf('NextKeyMarker', encoding.encode(nameOf(last)))
        .leaf('NextVersionIdMarker', 'key' in last ? last.versionId : '');
    }
    writeVersions(out, page.entries, { encoding, owner: exchange.bucket.owner, now: exchange.received });
    return xmlReply(out.end());
  },
});

/** @throws {OssError} InvalidArgument without a key marker ([GetBucketVersions-3]), or where it can be no version's id */
function versionMarkerParameter(exchange: Exchange, keyMarker: string): string {
  const marker = exchange.query('version-id-marker') ?? '';
  if (marker === '') return '';
  if (keyMarker === '') {
    throw invalidArgument(
      'version-id-marker',
      marker.slice(0, 256),
      'A version-id marker cannot be specified without a key marker.',
    );
  }
  if (!isVersionId(marker)) {
    throw invalidArgument('version-id-marker', marker.slice(0, 256), 'Invalid version id specified');
  }
  return marker;
}
