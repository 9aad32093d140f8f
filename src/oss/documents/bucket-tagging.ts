import type { Tags } from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import { document, list, named, optional, record, wrapped } from '../xml/schema.ts';
import { text } from '../xml/values.ts';

/** Rules of the tags of buckets, which are not those of objects ([PutBucketTags-3] to -6, -8). Lengths in UTF-8 bytes. */
const TAGS_MAX = 20;
const KEY_BYTES_MAX = 64;
const VALUE_BYTES_MAX = 128;
const reserved = ['http://', 'https://', 'Aliyun'];

/** As it is on the wire. */
export const bucketTagging = document(
  'Tagging',
  record(
    {
      tags: named(
        'TagSet',
        wrapped(list('Tag', record({ key: text(), value: optional(text(), '') }, { tolerant: true })), {
          tolerant: true,
        }),
      ),
    },
    { tolerant: true },
  ),
);

/**
 * Checks the tags that a bucket is to have.
 * @throws {OssError} InvalidTag
 */
export function checkedBucketTags(tags: Tags): Tags {
  if (tags.length > TAGS_MAX) throw invalid(`A bucket may not have more than ${TAGS_MAX} tags.`);
  const keys = new Set<string>();
  for (const { key, value } of tags) {
    if (key === '' || bytes(key) > KEY_BYTES_MAX || reserved.some((start) => key.startsWith(start))) {
      throw invalid('The tag key is not valid.', { TagKey: key.slice(0, 256) });
    }
    if (bytes(value) > VALUE_BYTES_MAX) throw invalid('The tag value is not valid.', { TagValue: value.slice(0, 256) });
    keys.add(key);
  }
  if (keys.size < tags.length) throw invalid('The same tag key is given more than once.');
  return tags;
}

function bytes(value: string): number {
  return new TextEncoder().encode(value).length;
}

function invalid(message: string, extra: Record<string, string> = {}): OssError {
  return new OssError('InvalidTag', { message, extra });
}
