import { invalidArgument } from '../answer/errors.ts';

/**
 * Continuation tokens of version 2 listings: opaque to clients, they hold the last name of a page, so they survive its
 * deletion ([GetBucketV2-6], [GetBucketV2-15]). A leading byte and a check sum tell ours from garbage. The alphabet is
 * base64 with the three characters replaced that a URL would have to escape, so that `encoding-type=url` and careless
 * clients leave a token as it is.
 */
const MARK = 0x0a;

const ours: Readonly<Record<string, string>> = { '+': '.', '/': '_', '=': '-' };
const base64: Readonly<Record<string, string>> = { '.': '+', _: '/', '-': '=' };

export function encodeToken(name: string): string {
  const bytes = new TextEncoder().encode(name);
  return Buffer.from([MARK, checkOf(bytes), ...bytes])
    .toString('base64')
    .replace(/[+/=]/g, (character: string) => ours[character]!);
}

/** @throws {OssError} InvalidArgument on anything that {@link encodeToken} did not make */
export function decodeToken(token: string, parameter = 'continuation-token'): string {
  const refuse = () => invalidArgument(parameter, token.slice(0, 256), 'The continuation token provided is incorrect.');
  const bytes = Buffer.from(
    token.replace(/[._-]/g, (character) => base64[character]!),
    'base64',
  );
  const name = bytes.subarray(2);
  if (bytes[0] !== MARK || bytes[1] !== checkOf(name)) throw refuse();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    throw refuse();
  }
  if (encodeToken(text) !== token) throw refuse();
  return text;
}

function checkOf(bytes: Uint8Array): number {
  let sum = 0x5a;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) & 0xff;
  return sum;
}
