import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import type { Exchange } from '../../../../src/oss/exchange.ts';
import { countParameter, encodingParameter, textParameter } from '../../../../src/oss/listing/parameters.ts';
import { Query } from '../../../../src/oss/request/query.ts';

/** All that these functions ask of a request. */
function request(query: string): Exchange {
  const parsed = new Query(query);
  return { query: (name: string) => parsed.get(name) } as unknown as Exchange;
}

function refused(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof OssError && error.code === 'InvalidArgument') return String(error.extra.ArgumentName);
    throw error;
  }
}

describe('countParameter', () => {
  const count = (query: string) => countParameter(request(query), 'max-keys');

  it('[GetBucket-1] [GetBucket-2] [GetBucket-3] takes 1 to 1000, 100 where it is absent or empty', () => {
    expect([count(''), count('max-keys'), count('max-keys=')]).toEqual([100, 100, 100]);
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 1_100 }), (value) => {
        const legal = value >= 1 && value <= 1_000;
        const outcome = refused(() => expect(count(`max-keys=${value}`)).toBe(value));
        expect(outcome).toBe(legal ? undefined : 'max-keys');
      }),
    );
  });

  it('[GetBucket-3] refuses what is no whole number in decimal digits', () => {
    for (const text of [
      'a',
      '1a',
      '1.0',
      '1e2',
      '0x10',
      '+1',
      '%2B1',
      '%201',
      '1%00',
      '٣',
      '1000000000000000000000',
      '-0',
    ]) {
      expect(
        refused(() => count(`max-keys=${text}`)),
        text,
      ).toBe('max-keys');
    }
  });

  it('has other bounds where an operation does', () => {
    expect(countParameter(request(''), 'max-parts', 7, 9)).toBe(7);
    expect(countParameter(request('max-parts=9'), 'max-parts', 7, 9)).toBe(9);
    expect(refused(() => countParameter(request('max-parts=10'), 'max-parts', 7, 9))).toBe('max-parts');
  });
});

describe('textParameter', () => {
  it('[GetBucket-4] takes up to 1,023 bytes', () => {
    expect(textParameter(request(''), 'prefix')).toBe('');
    fc.assert(
      fc.property(
        fc.constantFrom('a', 'é', '中', '\u{1f600}'),
        fc.integer({ min: 250, max: 1_030 }),
        (character, length) => {
          const text = character.repeat(length);
          const legal = Buffer.byteLength(text) < 1_024;
          const outcome = refused(() =>
            expect(textParameter(request(`prefix=${encodeURIComponent(text)}`), 'prefix')).toBe(text),
          );
          expect(outcome).toBe(legal ? undefined : 'prefix');
        },
      ),
    );
  });
});

describe('encodingParameter', () => {
  it('[GetBucket-16] [GetBucket-17] knows url only, in any case', () => {
    for (const query of ['', 'encoding-type', 'encoding-type=']) {
      const encoding = encodingParameter(request(query));
      expect([encoding.requested, encoding.encode('a b/+')]).toEqual([false, 'a b/+']);
    }
    for (const query of ['encoding-type=url', 'encoding-type=URL']) {
      const encoding = encodingParameter(request(query));
      expect([encoding.requested, encoding.encode("a b/+~'")]).toEqual([true, 'a%20b%2F%2B~%27']);
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => decodeURIComponent(encoding.encode(text)) === text),
      );
    }
    expect(refused(() => encodingParameter(request('encoding-type=hex')))).toBe('encoding-type');
  });
});
