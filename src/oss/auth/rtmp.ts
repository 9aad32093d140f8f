import type { QueryPair } from '../request/query.ts';

const unsignedParameters: ReadonlySet<string> = new Set(['OSSAccessKeyId', 'Signature', 'Expires', 'SecurityToken']);

/**
 * What the signature of an RTMP ingest URL covers ([RtmpSign-2..9]); it is signed as V1 does.
 * @param expires the URL's `Expires` as sent, in seconds since the epoch
 * @param pairs all parameters of the URL, each name once
 */
export function stringToSignRtmp(
  expires: string,
  pairs: readonly QueryPair[],
  bucket: string,
  channel: string,
): string {
  const lines = pairs
    .filter(({ name }) => !unsignedParameters.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value }) => `${name}:${value}\n`);
  return `${expires}\n${lines.join('')}/${bucket}/${channel}`;
}
