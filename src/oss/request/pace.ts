import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

const NAME = 'x-oss-traffic-limit';
/** Slowest and fastest pace, bit/s: 100 KiB/s and 100 MiB/s. */
const BITS_MIN = 819_200;
const BITS_MAX = 838_860_800;

/**
 * How fast the client wants the body of this transfer to pass, by header or, in a URL, by query.
 * @returns bytes per second, or undefined where it says nothing
 * @throws {OssError} InvalidArgument on what is no such pace, and where both are there
 */
export function requestedPace(exchange: Exchange): number | undefined {
  if (exchange.operation.paced !== true) return undefined;
  const header = exchange.header(NAME);
  const query = exchange.query(NAME);
  // Today's service does not choose between them either.
  if (header !== null && query !== undefined) {
    throw badPace(header, '0004-00000501', `${NAME} may be in the header or in the query, not in both.`);
  }
  return paceOf(header ?? query);
}

/**
 * The same of the fields of a form.
 * @throws {OssError} InvalidArgument
 */
export function formPace(wishes: Headers): number | undefined {
  return paceOf(wishes.get(NAME) ?? undefined);
}

function paceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const bits = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (bits >= BITS_MIN && bits <= BITS_MAX) return bits / 8;
  throw badPace(text, '0004-00000502', `${NAME} must be an integer between ${BITS_MIN} and ${BITS_MAX}, in bit/s.`);
}

function badPace(value: string, ec: string, message: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    ec,
    extra: { ArgumentName: NAME, ArgumentValue: value.slice(0, 64).toWellFormed() },
  });
}
