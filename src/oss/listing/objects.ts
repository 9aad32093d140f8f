import { commonPrefix } from '../../index/listing.ts';
import type { ListedObject, ListPage, ListStart } from '../../index/listing-records.ts';
import { entryName } from '../../index/merge.ts';
import { isoDate } from '../../lib/dates.ts';
import { afterPrefix } from '../../lib/order.ts';
import { objectType } from '../object/headers.ts';
import { restoreInfo } from '../object/restore-info.ts';
import type { XmlWriter } from '../xml/write.ts';
import type { KeyEncoding } from './parameters.ts';

/** No key is as great: this one is longer than any, and made of the greatest character. */
const BEHIND_ALL = '\u{10ffff}'.repeat(256);

/**
 * Where a page starts that follows a marker: behind the marker's key, or, where the marker is a common prefix that an
 * earlier page ended on, behind everything below it ([GetBucket-8]).
 */
export function startBehind(marker: string, prefix: string, delimiter: string): ListStart {
  if (marker !== '' && commonPrefix(marker, prefix, delimiter) === marker && marker.startsWith(prefix)) {
    return { from: afterPrefix(marker) ?? BEHIND_ALL };
  }
  return { after: marker };
}

/** The name that a truncated page ended on. */
export function lastName(page: ListPage): string | undefined {
  const last = page.entries.at(-1);
  return page.next === null || last === undefined ? undefined : entryName(last);
}

export interface ListingStyle {
  readonly encoding: KeyEncoding;
  /** Owner's account id where each entry names it. */
  readonly owner?: string;
}

/** Writes `Contents` and then `CommonPrefixes` of a page. */
export function writeEntries(out: XmlWriter, page: ListPage, { encoding, owner }: ListingStyle): void {
  for (const entry of page.entries) {
    if ('key' in entry) writeContents(out, entry, encoding, owner);
  }
  for (const entry of page.entries) {
    if ('prefix' in entry) out.open('CommonPrefixes').leaf('Prefix', encoding.encode(entry.prefix)).close();
  }
}

function writeContents(out: XmlWriter, object: ListedObject, encoding: KeyEncoding, owner: string | undefined): void {
  out
    .open('Contents')
    .leaf('Key', encoding.encode(object.key))
    .leaf('LastModified', isoDate(object.modified))
    .leaf('ETag', `"${object.etag}"`)
    .leaf('Type', objectType(object.kind))
    .leaf('Size', object.size)
    .leaf('StorageClass', object.storageClass)
    .leaf('RestoreInfo', restoreInfo(object, Date.now()));
  if (owner !== undefined) writeOwner(out, owner);
  out.close();
}

/** `DisplayName` is the id as well ([GetService-8]). */
export function writeOwner(out: XmlWriter, owner: string): void {
  out.open('Owner').leaf('ID', owner).leaf('DisplayName', owner).close();
}
