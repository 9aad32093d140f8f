import { OssError } from '../answer/errors.ts';
import type { Authentication } from '../auth/authenticate.ts';
import { badArgument } from '../auth/refusals.ts';
import type { AuthSettings } from '../auth/request.ts';
import { isObjectName } from '../request/address.ts';
import {
  anyLength,
  type FormPolicy,
  fixes,
  type LengthRange,
  names,
  parseFormPolicy,
  refuseExpiredPolicy,
  refuseUnmet,
} from './policy.ts';
import type { Form, FormFields } from './read.ts';
import { authenticateForm, signatureFields } from './signature.ts';

export interface FormRules {
  /** The bucket that the request is addressed to. */
  readonly bucket: string;
  readonly auth: AuthSettings;
  /** Whether the policy must name every field that does something (`STRICT_FORM_FIELDS`). */
  readonly strict: boolean;
  /** ms since the epoch. */
  readonly now: number;
}

/** What a form asks for, once it is known that its signer allows it. What its signer may do is not judged here. */
export interface CheckedForm {
  readonly authentication: Authentication;
  /** The name of the object, a valid one. */
  readonly key: string;
  readonly contentType: string | undefined;
  /** Bytes that the file may have. */
  readonly length: LengthRange;
}

const FILENAME = '${filename}';

/** Fields that do something, beside those beginning `x-oss-` and the variables `x:` of a callback. */
const effective: ReadonlySet<string> = new Set([
  'key',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'success_action_redirect',
  'success_action_status',
  'callback',
]);

/**
 * Checks a form's signature, then its policy against what was sent (protocol/oss.md 2.3, 2.4).
 *
 * The policy sees the fields as sent, as its signer does. What is made of them is checked once more, because it is what
 * counts: the key after `${filename}` was put in, and the content type that the object gets (decisions.md, [Sec-14]).
 * @throws {OssError} whatever is wrong with the signature or the policy; AccessDenied where a condition fails;
 *   InvalidArgument, InvalidObjectName
 */
export function checkForm({ fields, file }: Form, rules: FormRules): CheckedForm {
  const sent = fields.get('key');
  if (!sent) throw missing('key');
  refuseOtherBucket(fields, rules.bucket);
  const { authentication, policy: encoded, covered } = authenticateForm(fields, rules.auth, rules.now);
  const contentType = fields.get('x-oss-content-type') || file.contentType || fields.get('content-type') || undefined;
  const key = sent.replaceAll(FILENAME, () => file.filename);
  let length = anyLength;
  if (encoded !== undefined) {
    const policy = parseFormPolicy(encoded);
    refuseExpiredPolicy(policy, rules.now);
    refuseUncovered(policy, covered);
    refuseForm(policy, fields, { bucket: rules.bucket, key, contentType: contentType ?? '' });
    if (rules.strict) refuseUnnamed(policy, fields);
    length = policy.length;
  }
  if (!isObjectName(key)) throw new OssError('InvalidObjectName', { extra: { ObjectName: key.slice(0, 2_048) } });
  return { authentication, key, contentType, length };
}

function refuseForm(
  policy: FormPolicy,
  fields: FormFields,
  made: { readonly bucket: string; readonly key: string; readonly contentType: string },
): void {
  refuseUnmet(policy.conditions, (field) => {
    if (field === 'bucket') return made.bucket;
    return fields.get(field) ?? (field === 'content-type' ? made.contentType : '');
  });
  const onKey = policy.conditions.filter(({ field, kind }) => field === 'key' && kind !== 'eq');
  if (made.key !== fields.get('key')) refuseUnmet(onKey, () => made.key);
  const onType = policy.conditions.filter(({ field }) => field === 'content-type');
  refuseUnmet(onType, () => made.contentType);
}

/** The host alone names the bucket; a field that names another one is no mere mistake ([Sec-7]). */
function refuseOtherBucket(fields: FormFields, bucket: string): void {
  const named = fields.get('bucket');
  if (named === undefined || named === bucket) return;
  throw badArgument('bucket', named, '0006-00000227', 'The form names another bucket than the request.');
}

function refuseUncovered(policy: FormPolicy, covered: readonly string[]): void {
  const open = covered.find((field) => !fixes(policy, field));
  if (open === undefined) return;
  throw new OssError('AccessDenied', {
    message: `Invalid according to Policy: The policy has no condition on ${open}.`,
    ec: '0006-00000227',
  });
}

function refuseUnnamed(policy: FormPolicy, fields: FormFields): void {
  for (const { name } of fields) {
    const field = name.toLowerCase();
    const acts = effective.has(field) || field.startsWith('x-oss-') || field.startsWith('x:');
    if (!acts || signatureFields.has(field) || names(policy, field)) continue;
    throw new OssError('AccessDenied', {
      message: `Invalid according to Policy: Extra input fields: ${name.slice(0, 256)}`,
      ec: '0006-00000227',
    });
  }
}

function missing(name: string): OssError {
  const message = `The bucket POST must contain the specified '${name}'. If it is specified, please check the order of the fields`;
  return badArgument(name, '', '0006-00000102', message);
}
