import type { OssError } from '../answer/errors.ts';
import { badArgument } from './refusals.ts';

/** `EC` for each way in which the name of a key can be wrong. */
export interface KeyIdCodes {
  readonly missing: string;
  readonly empty: string;
  readonly invalid: string;
}

const maxKeyIdLength = 128;

/** Whether this can be the id of an access key: 1 to 128 visible ASCII characters. */
export function isAccessKeyId(text: string): boolean {
  if (text === '' || text.length > maxKeyIdLength) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}

/**
 * Splits the part of an `Authorization` header that follows its scheme word into comma-separated fields.
 * @param separator between name and value
 * @returns undefined where a field is unknown, repeated or without separator
 */
export function authorizationFields(
  text: string,
  separator: string,
  known: ReadonlySet<string>,
): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  for (const item of text.split(',', known.size + 1)) {
    const field = item.trim();
    const at = field.indexOf(separator);
    const name = field.slice(0, Math.max(at, 0));
    if (!known.has(name) || fields.has(name)) return undefined;
    fields.set(name, field.slice(at + 1));
  }
  return fields;
}

/** 400 `InvalidArgument` on the `Authorization` header of this scheme. */
export function badAuthorization(schemeWord: string, ec: string): OssError {
  return badArgument('Authorization', schemeWord, ec, 'The Authorization header is invalid.');
}
