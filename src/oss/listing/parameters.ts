import { byteLength } from '../../lib/order.ts';
import { invalidArgument } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { LIST_DEFAULT, LIST_MAX, LIST_PARAMETER_BYTES } from '../limits.ts';
import { urlEncodeKey } from '../xml/write.ts';

/**
 * A count parameter such as `max-keys`.
 * @throws {OssError} InvalidArgument outside 1 to `most`; it is never clamped ([GetBucket-2], [GetBucket-3])
 */
export function countParameter(exchange: Exchange, name: string, fallback = LIST_DEFAULT, most = LIST_MAX): number {
  const text = exchange.query(name);
  if (text === undefined || text === '') return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= most))
    throw invalidArgument(name, text, `Argument ${name} must be an integer between 1 and ${most}.`);
  return value;
}

/** A text parameter, empty where it is absent. @throws {OssError} InvalidArgument from 1,024 bytes on ([GetBucket-4]) */
export function textParameter(exchange: Exchange, name: string): string {
  const text = exchange.query(name) ?? '';
  if (text.length >= LIST_PARAMETER_BYTES || byteLength(text) >= LIST_PARAMETER_BYTES) {
    throw invalidArgument(name, text.slice(0, 256), `The ${name} is too long.`);
  }
  return text;
}

/** How keys are written: as they are, or percent-encoded where the request asks for it. */
export interface KeyEncoding {
  readonly requested: boolean;
  encode(text: string): string;
}

/** @throws {OssError} InvalidArgument on any `encoding-type` but `url` ([GetBucket-17]) */
export function encodingParameter(exchange: Exchange, value = exchange.query('encoding-type')): KeyEncoding {
  if (value === undefined || value === '') return { requested: false, encode: (text) => text };
  if (value.toLowerCase() !== 'url')
    throw invalidArgument('encoding-type', value, 'Invalid Encoding Method specified in Request');
  return { requested: true, encode: urlEncodeKey };
}
