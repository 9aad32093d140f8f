import { fixedBits, type IpNetwork, networkHolds, parseIp, parseIpNetwork } from '../lib/ip.ts';
import { type Conditions, conditionKey } from './conditions.ts';
import { malformed, quoted } from './policy-error.ts';
import { compileWildcard } from './wildcard.ts';

/** The Condition element of a statement. */
export interface Condition {
  /** Whether all of it holds for a request. */
  holds(context: Conditions): boolean;
  /** Whether it ties the statement to fixed networks or keys, so that the statement is not public (chapter 7.3). */
  readonly pins: boolean;
  /** The keys that it asks for. */
  readonly keys: readonly string[];
}

/** Whether a value of the request satisfies one value of the policy. */
type Test = (actual: string) => boolean;
/** Reads one value of the policy; `undefined` where the operator cannot take it. */
type Reader = (value: string, key: string) => Test | undefined;

/** The positive operators (chapter 7.1). Each value of the policy is an alternative. */
const positive: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['StringEquals', (value) => (actual) => actual === value],
  ['StringEqualsIgnoreCase', (value) => (actual) => actual.toLowerCase() === value.toLowerCase()],
  ['StringLike', (value) => compileWildcard(value)],
  ['NumericEquals', ordered(parseNumber, (actual, value) => actual === value)],
  ['NumericLessThan', ordered(parseNumber, (actual, value) => actual < value)],
  ['NumericLessThanEquals', ordered(parseNumber, (actual, value) => actual <= value)],
  ['NumericGreaterThan', ordered(parseNumber, (actual, value) => actual > value)],
  ['NumericGreaterThanEquals', ordered(parseNumber, (actual, value) => actual >= value)],
  ['DateEquals', ordered(parseDate, (actual, value) => actual === value)],
  ['DateLessThan', ordered(parseDate, (actual, value) => actual < value)],
  ['DateLessThanEquals', ordered(parseDate, (actual, value) => actual <= value)],
  ['DateGreaterThan', ordered(parseDate, (actual, value) => actual > value)],
  ['DateGreaterThanEquals', ordered(parseDate, (actual, value) => actual >= value)],
  ['Bool', bool],
  ['IpAddress', ipAddress],
]);

/** A negative operator holds exactly where its positive one does not, a missing key included (security row 23). */
const negative: ReadonlyMap<string, string> = new Map([
  ['StringNotEquals', 'StringEquals'],
  ['StringNotEqualsIgnoreCase', 'StringEqualsIgnoreCase'],
  ['StringNotLike', 'StringLike'],
  ['NumericNotEquals', 'NumericEquals'],
  ['DateNotEquals', 'DateEquals'],
  ['NotIpAddress', 'IpAddress'],
]);

/**
 * Reads a Condition element: operator → key → value or values. Operators and keys must all hold.
 * @throws {PolicyError} on anything that is not understood
 */
export function parseCondition(value: unknown): Condition {
  const tests: ((context: Conditions) => boolean)[] = [];
  let pins = false;
  const asked: string[] = [];
  for (const [operator, keys] of members(value, 'Condition')) {
    const name = negative.get(operator) ?? operator;
    const reader = positive.get(name);
    if (reader === undefined) throw malformed(`Condition operator ${quoted(operator)} is not known.`);
    const entries = members(keys, operator);
    if (entries.length === 0) throw malformed(`Condition operator ${operator} names no key.`);
    for (const [spelled, raw] of entries) {
      if (!/^(?:acs|oss):[^\s]/i.test(spelled)) throw malformed(`Condition key ${quoted(spelled)} is not known.`);
      const key = conditionKey(spelled);
      asked.push(key);
      const values = scalars(raw, spelled);
      const alternatives = values.map((text) => {
        const test = reader(text, key);
        if (test === undefined) throw malformed(`${operator} cannot take ${quoted(text)}.`);
        return test;
      });
      const expected = !negative.has(operator);
      tests.push((context) => valuesOf(context, key).some((v) => alternatives.some((test) => test(v))) === expected);
      pins ||= expected && pinsRequest(name, key, values);
    }
  }
  return { holds: (context) => tests.every((test) => test(context)), pins, keys: asked };
}

function members(value: unknown, element: string): [string, unknown][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw malformed(`${element} must be an object.`);
  }
  return Object.entries(value);
}

function scalars(value: unknown, key: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw malformed(`Condition key ${quoted(key)} has no value.`);
  return list.map((item) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'boolean' || typeof item === 'number') return String(item);
    throw malformed(`Condition key ${quoted(key)} must have a text or a list of texts.`);
  });
}

function valuesOf(context: Conditions, key: string): readonly string[] {
  const value = Object.hasOwn(context, key) ? context[key] : undefined;
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

function ordered(parse: (text: string) => number | undefined, holds: (a: number, b: number) => boolean): Reader {
  return (text) => {
    const value = parse(text);
    if (value === undefined) return undefined;
    return (other) => {
      const actual = parse(other);
      return actual !== undefined && holds(actual, value);
    };
  };
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}

const datePattern = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/;

/** ISO 8601, to milliseconds since 1970; UTC where no zone is given. */
function parseDate(text: string): number | undefined {
  const match = datePattern.exec(text);
  if (match === null) return undefined;
  const field = (i: number) => Number(match[i] ?? 0);
  const [year, month, day, hour, minute, second] = [field(1), field(2), field(3), field(4), field(5), field(6)];
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const date = new Date(local);
  // Date.UTC carries 30 February over into March; such a text is a mistake, not a date.
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59 || field(9) > 23 || field(10) > 59) return undefined;
  const offset = (field(9) * 60 + field(10)) * 60_000;
  return match[8] === '-' ? local + offset : local - offset;
}

/** `acs:SecureTransport` may also be asked by the scheme's name (chapter 7.1). */
const schemes: ReadonlyMap<string, string> = new Map([
  ['https', 'true'],
  ['http', 'false'],
]);

function bool(value: string, key: string): Test | undefined {
  const lower = value.toLowerCase();
  const wanted = key === 'acs:SecureTransport' ? (schemes.get(lower) ?? lower) : lower;
  return wanted === 'true' || wanted === 'false' ? (actual) => actual === wanted : undefined;
}

function ipAddress(value: string): Test | undefined {
  const network = parseIpNetwork(value);
  if (network === undefined) return undefined;
  return (actual) => {
    const address = parseIp(actual);
    return address !== undefined && networkHolds(network, address);
  };
}

const fixedValueKeys: ReadonlySet<string> = new Set(['acs:SourceVpc', 'acs:SourceVpcId', 'acs:AccessId']);
const networkKeys: ReadonlySet<string> = new Set(['acs:SourceIp', 'acs:SourceVpcIp']);
const textOperators: ReadonlySet<string> = new Set(['StringEquals', 'StringEqualsIgnoreCase', 'StringLike']);

function pinsRequest(operator: string, key: string, values: readonly string[]): boolean {
  if (fixedValueKeys.has(key)) return textOperators.has(operator) && !values.some((value) => /[*?]/.test(value));
  if (!networkKeys.has(key) || operator !== 'IpAddress') return false;
  return values.every((value) => isNarrow(parseIpNetwork(value)));
}

function isNarrow(network: IpNetwork | undefined): boolean {
  return network !== undefined && fixedBits(network) >= (network.family === 4 ? 8 : 32);
}
