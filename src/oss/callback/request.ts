import { createHash } from 'node:crypto';
import { httpDate } from '../../lib/dates.ts';
import type { OutboundInit } from '../../outbound/fetch.ts';
import type { CallbackKey } from './key.ts';
import type { Callback } from './parameters.ts';

/** What receivers are told beside the body. */
export interface CallbackOrigin {
  readonly key: CallbackKey;
  readonly publicKeyUrl: string;
  readonly bucket: string;
  readonly requestId: string;
  /** Absent for an anonymous upload. */
  readonly requester?: string;
  /** ms since the epoch. */
  readonly now: number;
}

/**
 * The request to one of a callback's URLs. Its signature covers the path, the query and the body, so that each URL has
 * its own ([Callback-20], [Callback-22]).
 */
export function callbackRequest(url: URL, callback: Callback, body: string, origin: CallbackOrigin): OutboundInit {
  const bytes = new Uint8Array(Buffer.from(body, 'utf8'));
  return {
    method: 'POST',
    headers: {
      'content-type': callback.bodyType,
      'content-md5': createHash('md5').update(bytes).digest('base64'),
      date: httpDate(origin.now),
      'user-agent': 'aliyun-oss-callback',
      // The length of the answer counts ([Callback-25]); nothing may be encoded on the way.
      'accept-encoding': 'identity',
      authorization: origin.key.sign(signedBytes(url, bytes)),
      'x-oss-pub-key-url': Buffer.from(origin.publicKeyUrl, 'utf8').toString('base64'),
      'x-oss-bucket': origin.bucket,
      'x-oss-request-id': origin.requestId,
      'x-oss-signature-version': '1.0',
      'x-oss-tag': 'CALLBACK',
      ...(origin.requester === undefined ? {} : { 'x-oss-requester': origin.requester }),
      // The runtime sends the URL's own host as Host, whatever is said here: this is where servers look next.
      ...(callback.host === undefined ? {} : { 'x-forwarded-host': callback.host }),
    },
    body: bytes,
  };
}

/** The decoded path, the query as sent with its question mark, a line feed, the body. */
export function signedBytes(url: URL, body: Uint8Array): Uint8Array {
  return Buffer.concat([unquoted(url.pathname), Buffer.from(`${url.search}\n`, 'utf8'), body]);
}

/** Decodes percent escapes as receivers do: bytes, and what is no escape stays as it is. */
function unquoted(path: string): Uint8Array {
  const pieces = path.split(/(%[0-9A-Fa-f]{2})/);
  return Buffer.concat(
    pieces.map((piece, i) => (i % 2 === 0 ? Buffer.from(piece, 'utf8') : Buffer.from(piece.slice(1), 'hex'))),
  );
}
