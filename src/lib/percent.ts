const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Percent-decodes text as UTF-8.
 * @param plusIsSpace whether `+` means a blank, as in a query
 * @throws {URIError} on a malformed escape or bytes that are not UTF-8
 */
export function percentDecode(text: string, plusIsSpace = false): string {
  const spaced = plusIsSpace && text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  const source = encoder.encode(spaced);
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let i = 0; i < source.length; i++) {
    let byte = source[i]!;
    if (byte === 0x25) {
      const high = hexDigit(source[i + 1]);
      const low = hexDigit(source[i + 2]);
      if (high < 0 || low < 0) throw new URIError('malformed percent escape');
      byte = high * 16 + low;
      i += 2;
    }
    bytes[length++] = byte;
  }
  try {
    return decoder.decode(bytes.subarray(0, length));
  } catch {
    throw new URIError('escaped bytes are not UTF-8');
  }
}

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Percent-encodes everything but `A-Z a-z 0-9 - . _ ~`, and `/` where `keepSlash` says so. */
export function percentEncode(text: string, keepSlash = false): string {
  if (/^[A-Za-z0-9\-._~]*$/.test(text)) return text;
  const encoded = encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return keepSlash ? encoded.replaceAll('%2F', '/') : encoded;
}
