import { invalidArgument } from '../answer/errors.ts';
import { isHeaderValue } from '../object/header-value.ts';
import type { FormFields } from './read.ts';

/** Fields that mean what the header of the same name means to PutObject. No other field becomes a header. */
const named = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-oss-forbid-overwrite',
  'x-oss-object-acl',
  'x-oss-request-payer',
  'x-oss-server-side-encryption',
  'x-oss-server-side-encryption-key-id',
  'x-oss-server-side-data-encryption',
  'x-oss-storage-class',
  'x-oss-traffic-limit',
] as const;

const META = 'x-oss-meta-';

/**
 * The fields of a form as the headers of an upload, so that both are understood in one place. The headers of the
 * request itself play no part: no policy speaks of them.
 * @throws {OssError} InvalidArgument on a value that no header could carry
 */
export function uploadHeaders(fields: FormFields, contentType: string | undefined): Headers {
  const headers = new Headers();
  // An input of an HTML form that nobody filled in is sent all the same.
  for (const name of named) setHeader(headers, name, fields.get(name) || undefined);
  setHeader(headers, 'content-type', contentType);
  for (const { name, value } of fields) {
    const field = name.toLowerCase();
    if (!field.startsWith(META)) continue;
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(field)) {
      throw invalidArgument(name.slice(0, 256), '', 'The name of a user metadata header is invalid.');
    }
    setHeader(headers, field, value);
  }
  return headers;
}

function setHeader(headers: Headers, name: string, value: string | undefined): void {
  if (value === undefined) return;
  if (!isHeaderValue(value)) throw invalidArgument(name, '', 'The value of a form field is invalid.');
  headers.set(name, value);
}
