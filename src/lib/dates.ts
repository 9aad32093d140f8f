const dayMs = 86_400_000;
const twoDigits = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));

/** The day that was formatted last. Lists have runs of dates of one day, and the calendar is the slow part. */
let knownDay = Number.NaN;
let knownDate = '';

/** ISO 8601 in UTC to the second, with milliseconds that are always zero: SDKs know no others ([Common-14]). */
export function isoDate(ms: number): string {
  const day = Math.floor(ms / dayMs);
  if (day !== knownDay) {
    knownDate = new Date(day * dayMs).toISOString().slice(0, -'00:00:00.000Z'.length);
    knownDay = day;
  }
  const second = Math.floor(ms / 1000) - day * 86_400;
  const minute = Math.floor(second / 60);
  return `${knownDate}${twoDigits[Math.floor(minute / 60)]}:${twoDigits[minute % 60]}:${twoDigits[second % 60]}.000Z`;
}

const iso = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z$/;

/** Parses ISO 8601 in UTC, `2024-02-29T12:00:00Z` with or without a fraction. @returns ms since 1970, or undefined */
export function parseIsoDate(text: string): number | undefined {
  const match = iso.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  const time = utc([+year!, +month!, +day!, +hour!, +minute!, +second!]);
  return time === undefined ? undefined : time + Number(fraction.slice(0, 3).padEnd(3, '0'));
}

const basic = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** Parses the basic form of ISO 8601 in UTC, `20250115T083000Z`. @returns ms since 1970, or undefined */
export function parseBasicDate(text: string): number | undefined {
  const match = basic.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return utc([+year!, +month!, +day!, +hour!, +minute!, +second!]);
}

/** RFC 1123 in GMT, as in `Date` and `Last-Modified`: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const maxLength = 64;

// RFC 1123 and RFC 850 differ in the separator and in the number of digits of the year.
const rfc =
  /^(?:[a-z]{3,9},? +)?(\d{1,2})[ -]([a-z]{3})[ -](\d{4}|\d{2}) +(\d{2}):(\d{2}):(\d{2}) *(?:gmt|utc|z|[+-]0000)?$/i;
const asctime = /^[a-z]{3} +([a-z]{3}) +(\d{1,2}) +(\d{2}):(\d{2}):(\d{2}) +(\d{4})$/i;

/**
 * Parses any of HTTP's three date forms (RFC 9110, 5.6.7). The day of the week is not compared with the date.
 * @returns ms since 1970, or undefined if it is no date
 */
export function parseHttpDate(text: string): number | undefined {
  if (text.length > maxLength) return undefined;
  const trimmed = text.trim();
  const match = rfc.exec(trimmed);
  if (match !== null) {
    const [, day, month, year, hour, minute, second] = match;
    return utc([fullYear(year!), monthNumber(month!), +day!, +hour!, +minute!, +second!]);
  }
  const old = asctime.exec(trimmed);
  if (old === null) return undefined;
  const [, month, day, hour, minute, second, year] = old;
  return utc([+year!, monthNumber(month!), +day!, +hour!, +minute!, +second!]);
}

function monthNumber(name: string): number {
  return months.indexOf(name.toLowerCase()) + 1;
}

/** Two digits are of the years 1970 to 2069. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

type Parts = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number];

/** @returns undefined for a day or time that no calendar has; a leap second counts as the next second */
function utc([year, month, day, hour, minute, second]: Parts): number | undefined {
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}
