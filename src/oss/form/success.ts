import { percentEncode } from '../../lib/percent.ts';
import { emptyReply } from '../answer/reply.ts';
import type { Address } from '../request/address.ts';
import { writeXml } from '../xml/write.ts';
import type { FormFields } from './read.ts';

/** What was stored. */
export interface Posted {
  readonly bucket: string;
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  /** The object's own URL. */
  readonly location: string;
}

/** The URL of an object, in the style in which the form was sent. @param url of the request */
export function objectUrl(url: string, { bucket }: Address, key: string): string {
  const { origin, pathname } = new URL(url);
  const folder = pathname === '/' ? '' : `/${bucket}`;
  return `${origin}${folder}/${percentEncode(key, true)}`;
}

/**
 * Answers as the form wishes (protocol/oss.md 2.6): by a redirect, or with the status that it names. What it names
 * wrongly counts for nothing.
 */
export function successReply(fields: FormFields, posted: Posted, headers: Record<string, string>): Response {
  const target = redirectTarget(fields.get('success_action_redirect'), posted);
  if (target !== undefined) return new Response(null, { status: 303, headers: { ...headers, location: target } });
  const { bucket, key, etag, location } = posted;
  switch (fields.get('success_action_status')) {
    case '200':
      return emptyReply(200, headers);
    case '201': {
      const xml = writeXml('PostResponse', { Bucket: bucket, Location: location, Key: key, ETag: `"${etag}"` });
      return new Response(xml, { status: 201, headers: { ...headers, 'content-type': 'application/xml' } });
    }
    default:
      return emptyReply(204, headers);
  }
}

/** Only where a browser may be sent to: no `javascript:` ([Sec-41]). */
function redirectTarget(text: string | undefined, { bucket, key, etag }: Posted): string | undefined {
  if (text === undefined || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const query = `bucket=${percentEncode(bucket)}&key=${percentEncode(key)}&etag=${percentEncode(`"${etag}"`)}`;
  url.search = url.search === '' ? query : `${url.search}&${query}`;
  return url.href;
}
