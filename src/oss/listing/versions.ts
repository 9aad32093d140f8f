import type { ListedVersion, VersionListEntry } from '../../index/version-records.ts';
import { isoDate } from '../../lib/dates.ts';
import { restoreInfo } from '../object/restore-info.ts';
import type { XmlWriter } from '../xml/write.ts';
import { writeOwner } from './objects.ts';
import type { KeyEncoding } from './parameters.ts';

export interface VersionListingStyle {
  readonly encoding: KeyEncoding;
  /** Owner's account id. */
  readonly owner: string;
  /** ms since the epoch, for what is left of a restoration. */
  readonly now: number;
}

/** Writes `Version` and `DeleteMarker` in the order of the page, then `CommonPrefixes` ([GetBucketVersions-2]). */
export function writeVersions(out: XmlWriter, entries: readonly VersionListEntry[], style: VersionListingStyle): void {
  for (const entry of entries) {
    if ('key' in entry) writeVersion(out, entry, style);
  }
  for (const entry of entries) {
    if ('prefix' in entry) out.open('CommonPrefixes').leaf('Prefix', style.encoding.encode(entry.prefix)).close();
  }
}

function writeVersion(out: XmlWriter, version: ListedVersion, { encoding, owner, now }: VersionListingStyle): void {
  const isMarker = version.kind === 'DeleteMarker';
  out
    .open(isMarker ? 'DeleteMarker' : 'Version')
    .leaf('Key', encoding.encode(version.key))
    .leaf('VersionId', version.versionId)
    .leaf('IsLatest', version.latest)
    .leaf('LastModified', isoDate(version.modified));
  if (!isMarker) {
    out
      .leaf('ETag', `"${version.etag}"`)
      .leaf('Type', version.kind)
      .leaf('Size', version.size)
      .leaf('StorageClass', version.storageClass)
      .leaf('RestoreInfo', restoreInfo(version, now));
  }
  writeOwner(out, owner);
  out.close();
}
