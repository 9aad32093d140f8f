import { malformed } from './refusals.ts';

const predefined = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

const everyReference = /&([^&;]{1,10});/g;
const maxLength = 10;

/**
 * Checks the reference that starts at `at`.
 * @returns the position behind its `;`
 * @throws {OssError} MalformedXML unless it is one of the five predefined entities or a character XML can name
 */
export function checkReference(source: string, at: number): number {
  const limit = at + 2 + maxLength;
  let end = at + 1;
  while (end < limit && source.charCodeAt(end) !== 0x3b) end++;
  if (end === limit || meaning(source.slice(at + 1, end)) === undefined) {
    throw malformed('a reference to what is neither predefined nor a character');
  }
  return end + 1;
}

/** Decodes each reference once. The text must have passed {@link checkReference}. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(everyReference, (whole, name: string) => meaning(name) ?? whole);
}

/**
 * XML 1.0 has no characters below 0x20 but tab and line ends; SDKs refer to them all the same, because keys may hold
 * them ([DeleteMultipleObjects-13]). Only NUL, surrogates and what is beyond Unicode stay refused.
 * @param name the reference without its `&` and `;`
 * @returns what stands for it, undefined if nothing does
 */
function meaning(name: string): string | undefined {
  if (name.charCodeAt(0) !== 0x23) return predefined.get(name);
  const match = /^#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,8}))$/.exec(name);
  if (match === null) return undefined;
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  const legal = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return legal ? String.fromCodePoint(code) : undefined;
}
