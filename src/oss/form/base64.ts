/**
 * Decodes base64 of the standard alphabet, whose padding may be missing.
 * @returns undefined where it is anything else, with blanks or line breaks in it for instance
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const digits = text.replace(/=+$/, '').length;
  const isWhole = text.length === digits || text.length % 4 === 0;
  return isWhole && digits % 4 !== 1 ? Buffer.from(text, 'base64') : undefined;
}
