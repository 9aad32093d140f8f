import type { Tag, Tags } from '../../index/records.ts';
import { percentDecode } from '../../lib/percent.ts';
import { type ErrorCode, invalidArgument, OssError } from '../answer/errors.ts';

/** Most tags of one object, and most characters of a key and of a value ([PutObjectTagging-2]). */
export const TAGS_MAX = 10;
export const TAG_KEY_CHARACTERS_MAX = 128;
export const TAG_VALUE_CHARACTERS_MAX = 256;

const HEADER = 'x-oss-tagging';

/** Letters and digits of any script, blanks, and the signs that the reference lists. */
const legal = /^[\p{L}\p{M}\p{N} +\-=._:/]*$/u;

/** How tags came: the live service refuses the same mistake with other codes in a header (evidence for [ObjCommon-33]). */
type Form = 'header' | 'document';

const tooMany: Record<Form, ErrorCode> = { header: 'BadRequest', document: 'InvalidTag' };
const repeated: Record<Form, ErrorCode> = { header: 'InvalidArgument', document: 'InvalidTag' };

/**
 * The tags that an upload asks for in `x-oss-tagging: k1=v1&k2=v2`, percent-encoded; null where it asks for none. A `+`
 * is a plus, and an item without `=` has an empty value ([ObjCommon-33]).
 * @throws {OssError} BadRequest on more than 10 tags, InvalidArgument on a repeated key or a malformed escape, InvalidTag
 */
export function taggingHeader(headers: Headers): Tags | null {
  const text = headers.get(HEADER);
  if (text === null || text === '') return null;
  const items = text.split('&', TAGS_MAX + 1);
  if (items.length > TAGS_MAX) throw tooManyTags('header');
  return checkedTags(items.map(tagOf), 'header');
}

function tagOf(item: string): Tag {
  const [key = '', value = '', ...rest] = item.split('=', 3);
  if (rest.length > 0) throw new OssError('InvalidTag');
  return { key: decoded(key), value: decoded(value) };
}

function decoded(text: string): string {
  try {
    return percentDecode(text);
  } catch {
    throw invalidArgument(HEADER, text.slice(0, 256));
  }
}

/**
 * Checks tags against the rules of the reference.
 * @returns null for an empty list: an object has tags, or none
 * @throws {OssError} InvalidTag; from a header BadRequest on more than 10 tags, InvalidArgument on a repeated key
 */
export function checkedTags(tags: Tags, form: Form): Tags | null {
  if (tags.length > TAGS_MAX) throw tooManyTags(form);
  const keys = new Set<string>();
  for (const { key, value } of tags) {
    if (key === '' || !fits(key, TAG_KEY_CHARACTERS_MAX)) throw badTag('TagKey', key);
    if (!fits(value, TAG_VALUE_CHARACTERS_MAX)) throw badTag('TagValue', value);
    keys.add(key);
  }
  if (keys.size < tags.length)
    throw new OssError(repeated[form], { message: 'Cannot provide multiple Tags with the same key' });
  return tags.length === 0 ? null : tags;
}

function fits(text: string, characters: number): boolean {
  return text.length <= 2 * characters && [...text].length <= characters && legal.test(text);
}

function tooManyTags(form: Form): OssError {
  return new OssError(tooMany[form], { message: `Object tags cannot be greater than ${TAGS_MAX}` });
}

function badTag(name: 'TagKey' | 'TagValue', held: string): OssError {
  return new OssError('InvalidTag', {
    message: `The ${name} you have provided is invalid`,
    extra: { [name]: held.slice(0, 2 * TAG_VALUE_CHARACTERS_MAX) },
  });
}
