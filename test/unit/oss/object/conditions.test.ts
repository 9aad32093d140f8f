import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Conditions, conditionsOf, failedCondition, rangeFits } from '../../../../src/oss/object/conditions.ts';

const validators = { etag: '5D41402ABC4B2A76B9719D911017C592', modified: 1_700_000_000_750 };
const none: Conditions = { ifMatch: null, ifNoneMatch: null, ifModifiedSince: null, ifUnmodifiedSince: null };
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1_000).toUTCString();

function status(conditions: Partial<Conditions>): number | undefined {
  return failedCondition({ ...none, ...conditions }, validators)?.status;
}

describe('failedCondition', () => {
  it('holds where there is none', () => {
    expect(status({})).toBe(undefined);
  });

  it('[ObjCommon-16] strips quotes, case and the weak mark', () => {
    for (const same of [
      validators.etag,
      `"${validators.etag}"`,
      validators.etag.toLowerCase(),
      `W/"${validators.etag}"`,
      '*',
      `"a" , "${validators.etag}"`,
    ]) {
      expect(status({ ifMatch: same }), same).toBe(undefined);
      expect(status({ ifNoneMatch: same }), same).toBe(304);
    }
    for (const other of ['', '""', 'x', `${validators.etag}0`, 'W/', '**']) {
      expect(status({ ifMatch: other }), other).toBe(412);
      expect(status({ ifNoneMatch: other }), other).toBe(undefined);
    }
  });

  it('[ObjCommon-14] [ObjCommon-18] compares whole seconds', () => {
    expect(status({ ifModifiedSince: at(0) })).toBe(304);
    expect(status({ ifModifiedSince: at(-1) })).toBe(undefined);
    expect(status({ ifUnmodifiedSince: at(0) })).toBe(undefined);
    expect(status({ ifUnmodifiedSince: at(-1) })).toBe(412);
  });

  it('[ObjCommon-14] takes what is no date for no condition', () => {
    for (const date of ['', 'x', '2023-11-14', '-1']) {
      expect(status({ ifModifiedSince: date })).toBe(undefined);
      expect(status({ ifUnmodifiedSince: date })).toBe(undefined);
    }
  });

  it('[ObjCommon-15] follows the order of RFC 7232, in every combination', () => {
    const etag = fc.constantFrom(null, validators.etag, 'other');
    const date = fc.constantFrom(null, -1, 0, 1);
    fc.assert(
      fc.property(etag, etag, date, date, (match, noneMatch, modified, unmodified) => {
        const fails412 = match !== null ? match === 'other' : unmodified === -1;
        const fails304 = noneMatch !== null ? noneMatch !== 'other' : modified !== null && modified >= 0;
        expect(
          status({
            ifMatch: match,
            ifNoneMatch: noneMatch,
            ifModifiedSince: modified === null ? null : at(modified),
            ifUnmodifiedSince: unmodified === null ? null : at(unmodified),
          }),
        ).toBe(fails412 ? 412 : fails304 ? 304 : undefined);
      }),
      { numRuns: 500 },
    );
  });
});

describe('conditionsOf', () => {
  it('reads the headers of a read, or with a prefix those of a copy’s source', () => {
    const headers = new Headers({ 'if-match': 'a', 'x-copy-if-none-match': 'b', 'X-Copy-If-Modified-Since': 'c' });
    expect(conditionsOf(headers)).toEqual({ ...none, ifMatch: 'a' });
    expect(conditionsOf(headers, 'x-copy-')).toEqual({ ...none, ifNoneMatch: 'b', ifModifiedSince: 'c' });
  });
});

describe('rangeFits', () => {
  it('[GetObject-12] lets a range follow only what is of the same content', () => {
    const { etag } = validators;
    for (const same of [null, etag, `"${etag}"`, ` "${etag.toLowerCase()}" `, at(0)]) {
      expect(rangeFits(same, validators), String(same)).toBe(true);
    }
    for (const other of ['', '*', 'x', `W/"${etag}"`, `"${etag}", "x"`, `${etag}0`, at(-1), at(1), '1700000000']) {
      expect(rangeFits(other, validators), other).toBe(false);
    }
  });
});
