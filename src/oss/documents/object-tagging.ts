import type { Tags } from '../../index/records.ts';
import { checkedTags } from '../object/tagging.ts';
import { decode, document, encode, list, named, optional, record, wrapped } from '../xml/schema.ts';
import { text } from '../xml/values.ts';

/** Blanks at the ends of a tag belong to it; no key or value is an empty one ([PutObjectTagging-7]). */
const word = optional(text({ keepBlanks: true }), '');

const tagging = document(
  'Tagging',
  record({ tags: named('TagSet', wrapped(list('Tag', record({ key: word, value: word })))) }),
);

const BYTES_MAX = 64 * 1_024;

/**
 * The tags of a `Tagging` document, null where it has none.
 * @throws {OssError} MalformedXML, InvalidTag
 */
export function decodeTags(bytes: Uint8Array): Tags | null {
  return checkedTags(decode(tagging, bytes, { maxBytes: BYTES_MAX }).tags, 'document');
}

export function encodeTags(tags: Tags | null): string {
  return encode(tagging, { tags: tags ?? [] });
}
