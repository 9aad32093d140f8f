import { isoDate, parseIsoDate } from '../../lib/dates.ts';
import type { ErrorCode } from '../answer/errors.ts';
import { trimBlanks } from './blanks.ts';
import { malformed, refusal } from './refusals.ts';
import { type Schema, schema } from './schema.ts';

export interface ValueOptions<T> {
  /** The code for values that are not allowed; MalformedXML unless said otherwise. */
  readonly code?: ErrorCode;
  /** A further condition. */
  readonly check?: (value: T) => boolean;
}

/**
 * An element that holds nothing but text.
 * @param read undefined for what is not allowed
 */
function leaf<T>(
  read: (text: string) => T | undefined,
  show: (value: T) => string | number | boolean,
  { code, check }: ValueOptions<T>,
): Schema<T> {
  return schema(
    (element) => {
      if (element.children.length > 0) throw malformed(`${element.name} has children`);
      const value = read(element.text);
      if (value === undefined || check?.(value) === false) throw refusal(code, element.name, element.text);
      return value;
    },
    (out, value) => {
      out.text(show(value));
    },
  );
}

export interface TextOptions extends ValueOptions<string> {
  /** Least and greatest length in characters (code points). */
  readonly min?: number;
  readonly max?: number;
  /** Keeps blanks at the ends, which count in keys ([DeleteMultipleObjects-15]); elsewhere they are noise ([EdgeCommon-5]). */
  readonly keepBlanks?: boolean;
}

/** Any text, within bounds. Absent text is the empty string. */
export function text(options: TextOptions = {}): Schema<string> {
  const { min = 0, max = Number.POSITIVE_INFINITY, keepBlanks = false } = options;
  const read = (raw: string): string | undefined => {
    const value = keepBlanks ? raw : trimBlanks(raw);
    return hasLength(value, min, max) ? value : undefined;
  };
  return leaf(read, (value) => value, options);
}

/** A whole number in decimal digits, from `min` to `max` (both safe integers). */
export function integer(min = 0, max = Number.MAX_SAFE_INTEGER, options: ValueOptions<number> = {}): Schema<number> {
  const read = (raw: string): number | undefined => {
    const digits = trimBlanks(raw);
    if (!/^-?[0-9]{1,16}$/.test(digits)) return undefined;
    const value = Number(digits);
    return value >= min && value <= max ? value : undefined;
  };
  return leaf(read, (value) => value, options);
}

export interface WordOptions<T> extends ValueOptions<T> {
  /** Takes upper and lower case for the same. What is written has the schema's own case. */
  readonly anyCase?: boolean;
}

/** One of some words or numbers, compared as text. */
export function choice<const T extends string | number>(
  values: readonly T[],
  options: WordOptions<NoInfer<T>> = {},
): Schema<T> {
  const fold = (word: string): string => (options.anyCase ? word.toLowerCase() : word);
  const known = new Map(values.map((value) => [fold(String(value)), value]));
  return leaf(
    (raw) => known.get(fold(trimBlanks(raw))),
    (value) => value,
    options,
  );
}

const truth = new Map([
  ['true', true],
  ['false', false],
]);

/** `true` or `false`. */
export function boolean(options: WordOptions<boolean> = {}): Schema<boolean> {
  const fold = (word: string): string => (options.anyCase ? word.toLowerCase() : word);
  return leaf(
    (raw) => truth.get(fold(trimBlanks(raw))),
    (value) => value,
    options,
  );
}

/** An instant as ISO 8601 in UTC; its value is milliseconds since 1970. Written to the second ([Common-14]). */
export function date(options: ValueOptions<number> = {}): Schema<number> {
  return leaf((raw) => parseIsoDate(trimBlanks(raw)), isoDate, options);
}

/** A code point is one or two UTF-16 units, so counting is needed only between the two. */
function hasLength(value: string, min: number, max: number): boolean {
  if (value.length < min || value.length > 2 * max) return false;
  if (value.length >= 2 * min && value.length <= max) return true;
  const length = [...value].length;
  return length >= min && length <= max;
}
