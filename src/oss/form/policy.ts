import { parseIsoDate } from '../../lib/dates.ts';
import { parseStrictJson } from '../../lib/json.ts';
import { OssError } from '../answer/errors.ts';
import { decodeBase64 } from './base64.ts';

/** What a form must be like, as its signer wrote it (protocol/oss.md 2.3). */
export interface FormPolicy {
  /** ms since the epoch. */
  readonly expires: number;
  readonly conditions: readonly FieldCondition[];
  /** Bytes of the file, both inclusive: what all ranges of the policy have in common. */
  readonly length: LengthRange;
}

/** What a field must be. Names are in lower case. */
export interface FieldCondition {
  readonly kind: 'eq' | 'starts-with' | 'in' | 'not-in';
  readonly field: string;
  /** One, but for `in` and `not-in`. */
  readonly values: readonly string[];
  /** The condition as the policy has it. */
  readonly source: unknown;
}

export interface LengthRange {
  readonly min: number;
  readonly max: number;
}

export const anyLength: LengthRange = { min: 0, max: Number.MAX_SAFE_INTEGER };

const SHOWN_CHARACTERS_MAX = 1024;

/** `EC` by fault (protocol/oss.md 2.3). */
const codes = {
  document: '0006-00000201',
  'no-conditions': '0006-00000207',
  'empty-conditions': '0006-00000209',
  'conditions-type': '0006-00000214',
  mode: '0006-00000216',
  value: '0006-00000218',
  item: '0006-00000222',
  list: '0006-00000224',
} as const;

function invalid(fault: keyof typeof codes, message: string): OssError {
  return new OssError('InvalidPolicyDocument', { message: `Invalid Policy: ${message}`, ec: codes[fault] });
}

/**
 * Parses a policy document.
 * @param encoded the form's `policy` field
 * @throws {OssError} InvalidPolicyDocument, also where a member occurs twice ([Sec-11]) or the expiration is missing
 */
export function parseFormPolicy(encoded: string): FormPolicy {
  const document = parseDocument(encoded);
  const expires = typeof document.expiration === 'string' ? parseIsoDate(document.expiration) : undefined;
  if (expires === undefined) throw invalid('document', 'the expiration is missing or not a date.');
  const { conditions } = document;
  if (conditions === undefined) throw invalid('no-conditions', 'there are no conditions.');
  if (!Array.isArray(conditions)) throw invalid('conditions-type', 'the conditions are not a list.');
  if (conditions.length === 0) throw invalid('empty-conditions', 'the conditions are empty.');
  const fields: FieldCondition[] = [];
  let length = anyLength;
  for (const item of conditions as unknown[]) {
    if (isRange(item)) length = narrowed(length, parseRange(item));
    else fields.push(parseCondition(item));
  }
  return { expires, conditions: fields, length };
}

function parseDocument(encoded: string): Record<string, unknown> {
  try {
    const bytes = decodeBase64(encoded);
    if (bytes === undefined) throw new SyntaxError('not base64');
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // `\$` is a dollar sign to OSS, and no JSON.
    const document = parseStrictJson(text.replace(/\\(.)/gs, (pair, second) => (second === '$' ? '\\u0024' : pair)));
    if (isObject(document)) return document;
  } catch {
    // Neither base64, nor UTF-8, nor JSON, or JSON that two readers may read differently.
  }
  throw invalid('document', 'it is not valid JSON in base64.');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseCondition(item: unknown): FieldCondition {
  if (Array.isArray(item)) return parseTriple(item);
  if (!isObject(item)) throw invalid('item', 'a condition is neither an object nor a list.');
  const members = Object.entries(item);
  if (members.length !== 1) {
    throw invalid('value', 'Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.');
  }
  const [name, value] = members[0]!;
  if (typeof value !== 'string') throw invalid('value', 'the value of a condition is not a text.');
  return { kind: 'eq', field: fieldName(name), values: [value], source: ['eq', `$${bare(name)}`, value] };
}

function parseTriple(item: readonly unknown[]): FieldCondition {
  const [kind, name, value] = item;
  if (kind !== 'eq' && kind !== 'starts-with' && kind !== 'in' && kind !== 'not-in') {
    throw invalid('mode', 'a condition has no matching mode, or one that is unknown.');
  }
  if (item.length !== 3 || typeof name !== 'string') throw invalid('value', `the condition ${kind} is not complete.`);
  const field = fieldName(name);
  if (field === 'bucket' && kind !== 'eq') throw invalid('mode', 'the bucket can only be compared for equality.');
  if (kind === 'eq' || kind === 'starts-with') {
    if (typeof value !== 'string') throw invalid('value', 'the value of a condition is not a text.');
    return { kind, field, values: [value], source: item };
  }
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
    throw invalid('list', `the condition ${kind} needs a list of texts.`);
  }
  return { kind, field, values: value as string[], source: item };
}

function fieldName(name: string): string {
  const field = bare(name).toLowerCase();
  if (field === '') throw invalid('value', 'a condition names no field.');
  return field;
}

/** The dollar sign belongs there, but samples without it exist. */
function bare(name: string): string {
  return name.startsWith('$') ? name.slice(1) : name;
}

function isRange(item: unknown): item is readonly unknown[] {
  return Array.isArray(item) && item[0] === 'content-length-range';
}

function parseRange(item: readonly unknown[]): LengthRange {
  const [min, max] = [item[1], item[2]].map(wholeNumber);
  if (item.length !== 3 || min === undefined || max === undefined || min > max) {
    throw invalid('value', 'content-length-range needs two whole numbers, the lesser first.');
  }
  return { min, max };
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^[0-9]{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0
    ? Math.min(number, Number.MAX_SAFE_INTEGER)
    : undefined;
}

function narrowed(a: LengthRange, b: LengthRange): LengthRange {
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
}

/** @throws {OssError} AccessDenied where the policy's time is over. @param now ms since the epoch */
export function refuseExpiredPolicy(policy: FormPolicy, now: number): void {
  if (now <= policy.expires) return;
  throw new OssError('AccessDenied', {
    message: 'Invalid according to Policy: Policy expired.',
    ec: '0006-00000226',
  });
}

/**
 * Checks the conditions on fields.
 * @param sent the value of a field, by its name in lower case; the empty text for one that the form does not have
 * @throws {OssError} AccessDenied, naming the first condition that fails
 */
export function refuseUnmet(conditions: readonly FieldCondition[], sent: (field: string) => string): void {
  for (const condition of conditions) {
    if (!holds(condition, sent(condition.field))) throw unmet(condition);
  }
}

function holds({ kind, values }: FieldCondition, value: string): boolean {
  switch (kind) {
    case 'eq':
      return value === values[0];
    case 'starts-with':
      return value.startsWith(values[0]!);
    case 'in':
      return values.includes(value);
    case 'not-in':
      return !values.includes(value);
  }
}

function unmet({ source }: FieldCondition): OssError {
  const text = shown(source).slice(0, SHOWN_CHARACTERS_MAX).toWellFormed();
  return new OssError('AccessDenied', {
    message: `Invalid according to Policy: Policy Condition failed: ${text}`,
    ec: '0006-00000227',
  });
}

/** As the service writes it: JSON with a blank behind each comma. */
function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(shown).join(', ')}]` : JSON.stringify(value);
}

/** Whether the policy fixes a field to one value. */
export function fixes(policy: FormPolicy, field: string): boolean {
  return policy.conditions.some((condition) => condition.kind === 'eq' && condition.field === field);
}

/**
 * Whether some condition names a field. `["starts-with", "$x-oss-meta-", ""]` names every field of that stem.
 * @param field in lower case
 */
export function names(policy: FormPolicy, field: string): boolean {
  return policy.conditions.some(
    (condition) => condition.field === field || (isStem(condition) && field.startsWith(condition.field)),
  );
}

function isStem({ kind, field, values }: FieldCondition): boolean {
  return kind === 'starts-with' && values[0] === '' && field.endsWith('-');
}
