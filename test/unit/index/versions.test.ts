import { describe, expect, it } from 'vitest';
import { isVersionId, mintedAt, mintVersionId } from '../../../src/index/versions.ts';

describe('version ids', () => {
  it('[ObjCommon-7] have 64 URL-safe characters and are never equal', () => {
    const ids = Array.from({ length: 2_000 }, () => mintVersionId(1_700_000_000_000));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(ids.every(isVersionId)).toBe(true);
  });

  it('[GetBucketVersions-16] sort by the time at which they were minted, within one millisecond too', () => {
    const later = 1_800_000_000_000;
    const ids = [later, later, later + 1, later + 1_000, 4_000_000_000_000].map(mintVersionId);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.map(mintedAt)).toEqual([later, later, later + 1, later + 1_000, 4_000_000_000_000]);
  });

  it('[GetBucketVersions-16] go on rising while a clock goes back', () => {
    const first = mintVersionId(5_000_000_000_000);
    expect(mintVersionId(4_999_999_999_000) > first).toBe(true);
  });

  it('[ObjCommon-12] are told from other texts', () => {
    const id = mintVersionId(0);
    expect(isVersionId('null')).toBe(true);
    for (const text of [
      '',
      'Null',
      id.slice(1),
      `${id}0`,
      id.toLowerCase(),
      `${id.slice(0, -1)}G`,
      ` ${id}`,
      `${id}\n`,
    ]) {
      expect(isVersionId(text), JSON.stringify(text)).toBe(false);
    }
  });
});
