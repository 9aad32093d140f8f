import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { httpDate, isoDate, parseBasicDate, parseHttpDate, parseIsoDate } from '../../../src/lib/dates.ts';

const moment = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('dates', () => {
  it('[Common-14] formats ISO 8601 to the second, with zero milliseconds', () => {
    expect(isoDate(moment)).toBe('1994-11-06T08:49:37.000Z');
    expect(isoDate(moment + 999)).toBe('1994-11-06T08:49:37.000Z');
    expect(isoDate(-1)).toBe('1969-12-31T23:59:59.000Z');
    expect(isoDate(0)).toBe('1970-01-01T00:00:00.000Z');
    expect(isoDate(951_868_799_000)).toBe('2000-02-29T23:59:59.000Z');
  });

  it('formats every instant as the platform does', () => {
    const instants = fc.integer({ min: -2_208_988_800, max: 32_503_680_000 });
    fc.assert(
      fc.property(fc.array(instants, { minLength: 1, maxLength: 5 }), (seconds) => {
        for (const second of seconds) {
          expect(isoDate(second * 1000)).toBe(new Date(second * 1000).toISOString());
          expect(parseIsoDate(isoDate(second * 1000))).toBe(second * 1000);
          expect(parseHttpDate(httpDate(second * 1000))).toBe(second * 1000);
        }
      }),
    );
  });

  it('parses ISO 8601 in UTC', () => {
    expect(parseIsoDate('1994-11-06T08:49:37Z')).toBe(moment);
    expect(parseIsoDate('1994-11-06T08:49:37.000Z')).toBe(moment);
    expect(parseIsoDate('1994-11-06T08:49:37.1239Z')).toBe(moment + 123);
    expect(parseIsoDate('1994-11-06T08:49:37.5Z')).toBe(moment + 500);
    expect(parseIsoDate('2024-02-29T00:00:00Z')).toBe(Date.UTC(2024, 1, 29));
  });

  it.each([
    '',
    '1994-11-06',
    '1994-11-06T08:49:37',
    '1994-11-06T08:49:37+00:00',
    '1994-11-06 08:49:37Z',
    '1994-11-06T24:00:00Z',
    '1994-11-06T08:60:00Z',
    '1994-13-06T08:49:37Z',
    '1994-00-06T08:49:37Z',
    '1994-11-31T08:49:37Z',
    '2023-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '1994-11-00T08:49:37Z',
    ' 1994-11-06T08:49:37Z',
    '1994-11-06T08:49:37.Z',
    '19941106T084937Z',
  ])('refuses %j', (text) => {
    expect(parseIsoDate(text)).toBeUndefined();
  });

  it('formats RFC 1123', () => {
    expect(httpDate(moment)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
  });

  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Mon, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    '06 Nov 1994 08:49:37 GMT',
    ' Sun, 06 Nov 1994 08:49:37 GMT ',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Sun Nov 06 08:49:37 1994',
  ])('parses %j', (text) => {
    expect(parseHttpDate(text)).toBe(moment);
  });

  it('takes two digits of a year for 1970 to 2069', () => {
    expect(parseHttpDate('Monday, 01-Jan-70 00:00:00 GMT')).toBe(0);
    expect(parseHttpDate('Tuesday, 01-Jan-69 00:00:00 GMT')).toBe(Date.UTC(2069, 0, 1));
  });

  it('takes a leap second', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1));
  });

  it.each([
    '',
    '0',
    'now',
    '784111777',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 +0800',
    'Sun, 06 Nov 1994 08:49:37 PST',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 31 Nov 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Abc 1994 08:49:37 GMT',
    'Sun, 06 Nov 194 08:49:37 GMT',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT, x',
    `Sun, 06 Nov 1994${' '.repeat(100_000)}08:49:37 GMT`,
  ])('refuses %j as a date of HTTP', (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });
});

describe('basic ISO 8601 dates', () => {
  it('reads basic ISO 8601 dates, and nothing like them', () => {
    expect(parseBasicDate('20250115T083000Z')).toBe(1_736_929_800_000);
    for (const bad of [
      '',
      '20250115T083000',
      '20250115t083000z',
      '20251315T083000Z',
      '20250230T083000Z',
      '20250115T243000Z',
      '20250115T086000Z',
      '2025-1-15T08300Z',
      '2025011 T083000Z',
      '2025-01-15T08:30:00Z',
    ]) {
      expect(parseBasicDate(bad), bad).toBeUndefined();
    }
  });
});
