import { describe, expect, it } from 'vitest';
import { parseBasicDate, parseHttpDate } from '../../src/lib/date.ts';

describe('dates', () => {
  it('reads RFC 1123 dates', () => {
    expect(parseHttpDate('Wed, 15 Jan 2025 08:30:00 GMT')).toBe(1_736_929_800_000);
    expect(parseHttpDate('Thu, 29 Feb 2024 23:59:59 GMT')).toBe(Date.UTC(2024, 1, 29, 23, 59, 59));
    for (let time = Date.UTC(2025, 0, 1); time < Date.UTC(2026, 0, 1); time += 86_400_000) {
      expect(parseHttpDate(new Date(time).toUTCString())).toBe(time);
    }
  });

  it('refuses every other form', () => {
    for (const bad of [
      '',
      'Wed, 15 Jan 2025 08:30:00 UTC',
      'Wed, 15 Jan 2025 08:30:00 +0000',
      'Wed, 5 Jan 2025 08:30:00 GMT',
      'Wed, 31 Apr 2025 08:30:00 GMT',
      'Sat, 29 Feb 2025 08:30:00 GMT',
      'Wed, 00 Jan 2025 08:30:00 GMT',
      'Wed, 15 anF 2025 08:30:00 GMT',
      'edT, 15 Jan 2025 08:30:00 GMT',
      'Wed, 15 Jan 2025 24:00:00 GMT',
      'Wed, 15 Jan 2025 08:60:00 GMT',
      'Wed, 15 Jan 2025 08:30:61 GMT',
      'Wed, 15 Jan -025 08:30:00 GMT',
      'Wed, 15 Jan 0025 08:30:00 GMT',
      'Wed, 1５ Jan 2025 08:30:00 GMT',
      'Wed; 15 Jan 2025 08:30:00 GMT',
      'Wednesday, 15-Jan-25 08:30:00 GMT',
      'Wed Jan 15 08:30:00 2025',
      '20250115T083000Z',
    ]) {
      expect(parseHttpDate(bad), bad).toBeUndefined();
    }
  });

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
      '20250115T083060Z',
      '2025-1-15T08300Z',
      '2025011 T083000Z',
      '00250115T083000Z',
      '2025-01-15T08:30:00Z',
    ]) {
      expect(parseBasicDate(bad), bad).toBeUndefined();
    }
  });
});
