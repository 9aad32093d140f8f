import type { CorsRules } from '../../access/cors.ts';
import { document, list, optional, record, type Schema, schema } from '../xml/schema.ts';
import { boolean, choice, integer, text } from '../xml/values.ts';

/** Most bytes of the document, and most rules in it ([PutBucketCors-2], [PutBucketCors-3]). */
export const CORS_BYTES_MAX = 16 * 1_024;
export const CORS_RULES_MAX = 10;

/** Values end up in response headers: nothing but printable ASCII is stored ([Sec-28]). */
const printable = /^[\x20-\x7e]+$/;
const forbidden = /[<>&'"]/;

const origin = value((held) => stars(held) <= 1);
const allowedHeader = lowerCase(value((held) => stars(held) <= 1 && !forbidden.test(held)));
const exposeHeader = value((held) => stars(held) === 0 && !forbidden.test(held));

const rule = record(
  {
    allowedOrigins: list('AllowedOrigin', origin, { min: 1 }),
    allowedMethods: list(
      'AllowedMethod',
      choice<string>(['GET', 'PUT', 'DELETE', 'POST', 'HEAD'], { code: 'InvalidArgument' }),
      { min: 1 },
    ),
    allowedHeaders: list('AllowedHeader', allowedHeader),
    exposeHeaders: list('ExposeHeader', exposeHeader),
    maxAgeSeconds: optional(integer(0, Number.MAX_SAFE_INTEGER, { code: 'InvalidArgument' })),
  },
  { tolerant: true },
);

/** The rules in the order in which they are tried ([PutBucketCors-12]). */
export const corsConfiguration = document<CorsRules>(
  'CORSConfiguration',
  record(
    {
      rules: list('CORSRule', rule, { max: CORS_RULES_MAX, code: 'CORSRuleBeyondLimit' }),
      responseVary: optional(boolean(), false),
    },
    { tolerant: true, check: ({ rules }) => rules.length > 0 },
  ),
);

function value(check: (held: string) => boolean): Schema<string> {
  return text({ min: 1, code: 'InvalidArgument', check: (held) => printable.test(held) && check(held) });
}

/** Header names have no case; the service gives them back in lower case (evidence for [GetBucketCors-3]). */
function lowerCase(inner: Schema<string>): Schema<string> {
  return schema((element) => inner.parse(element).toLowerCase(), inner.render);
}

function stars(held: string): number {
  return held.split('*').length - 1;
}
