const weekdays = 'SunMonTueWedThuFriSat';
const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/**
 * Parses an RFC 1123 date, the only form OSS takes: `Wed, 15 Jan 2025 08:30:00 GMT`.
 * @returns milliseconds since the epoch, or undefined for anything else. The weekday is not compared with the date
 */
export function parseHttpDate(text: string): number | undefined {
  if (text.length !== 29) return undefined;
  const month = months.indexOf(text.slice(8, 11)) / 3;
  const fixed =
    weekdays.indexOf(text.slice(0, 3)) % 3 === 0 &&
    Number.isInteger(month) &&
    month >= 0 &&
    text.startsWith(', ', 3) &&
    text[7] === ' ' &&
    text[11] === ' ' &&
    text[16] === ' ' &&
    text[19] === ':' &&
    text[22] === ':' &&
    text.endsWith(' GMT');
  if (!fixed) return undefined;
  return instant(
    digits(text, 12, 4),
    month + 1,
    digits(text, 5, 2),
    digits(text, 17, 2),
    digits(text, 20, 2),
    digits(text, 23, 2),
  );
}

/**
 * Parses the basic form of ISO 8601, in UTC, to the second: `20250115T083000Z`.
 * @returns milliseconds since the epoch, or undefined for anything else
 */
export function parseBasicDate(text: string): number | undefined {
  if (text.length !== 16 || text[8] !== 'T' || text[15] !== 'Z') return undefined;
  return instant(
    digits(text, 0, 4),
    digits(text, 4, 2),
    digits(text, 6, 2),
    digits(text, 9, 2),
    digits(text, 11, 2),
    digits(text, 13, 2),
  );
}

/** `count` decimal digits as a number; NaN, which every comparison refuses, where there is anything else. */
function digits(text: string, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function instant(year: number, month: number, day: number, hour: number, minute: number, second: number) {
  // Date.UTC reads years below 100 as 19xx, and lets 31 April run into May: neither is a date that was written.
  if (!(year >= 1000 && hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(time);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? time : undefined;
}
