import { describe, expect, it } from 'vitest';
import { isSweepable, sweepWindow } from '../../../src/blob/garbage.ts';
import { makeBlobName, parseBlobName, shardPrefix } from '../../../src/blob/names.ts';

const NOON = Date.UTC(2026, 10, 20, 12, 34, 56, 789);
const HOUR = 3_600_000;

describe('blob names', () => {
  it('tell shard and hour, and come back from parsing', () => {
    const name = makeBlobName('b1:3', NOON);
    expect(name).toMatch(/^b1:3\/2026112012\/[A-Za-z0-9_-]{22}$/);
    expect(parseBlobName(name)).toEqual({
      shardId: 'b1:3',
      hourMs: Date.UTC(2026, 10, 20, 12),
      random: name.slice(-22),
      keyToken: null,
    });
  });

  it('are never the same twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => makeBlobName('s', NOON))).size).toBe(1000);
  });

  it('fit into an R2 key with the longest shard id', () => {
    expect(makeBlobName('x'.repeat(128), NOON).length).toBeLessThan(1024);
  });

  it('cannot leave their shard', () => {
    for (const bad of ['', 'a/b', '../x', 'a b', 'ü', 'x'.repeat(129), 'a\n']) {
      expect(() => makeBlobName(bad, NOON)).toThrow(RangeError);
      expect(() => shardPrefix(bad)).toThrow(RangeError);
    }
  });

  it('are told from other names', () => {
    const random = 'A'.repeat(22);
    for (const bad of [
      '',
      's/2026112012',
      `s/2026112012/${random}A`,
      `s/2026132012/${random}`,
      `s/2026113112/${random}`,
      `s/2026112024/${random}`,
      `s/t/2026112012/${random}`,
      `/2026112012/${random}`,
      `s/2026112012/${random}\n`,
    ])
      expect(parseBlobName(bad)).toBeNull();
  });
});

describe('the sweep window', () => {
  const window = sweepWindow('s', NOON, 24 * HOUR);
  const blob = (hoursAgo: number, storedHoursAgo = hoursAgo) => ({
    name: makeBlobName('s', NOON - hoursAgo * HOUR),
    size: 1,
    storedMs: NOON - storedHoursAgo * HOUR,
  });

  it('takes what was named and stored before the grace period', () => {
    expect(isSweepable(blob(26), window)).toBe(true);
    expect(isSweepable(blob(1000), window)).toBe(true);
  });

  it('leaves the hour in which the grace period begins, and all after it', () => {
    for (const hours of [24.5, 24, 23, 1, 0]) expect(isSweepable(blob(hours, 1000), window)).toBe(false);
  });

  it('leaves a blob whose upload began long ago and ended just now', () => {
    expect(isSweepable(blob(1000, 1), window)).toBe(false);
  });

  it('leaves other shards and foreign names', () => {
    expect(isSweepable({ ...blob(100), name: makeBlobName('s2', 0) }, window)).toBe(false);
    expect(isSweepable({ ...blob(100), name: 's/0000' }, window)).toBe(false);
  });

  it('lists in the order of time, so that a listing can stop at its end', () => {
    const names = [5, 50, 500, 5000, 50_000].map((hours) => makeBlobName('s', NOON - hours * HOUR));
    expect([...names].sort()).toEqual(names.toReversed());
    expect(window.before > names[1]!).toBe(true);
    expect(window.before < names[0]!).toBe(true);
  });

  it('refuses a negative grace period', () => {
    expect(() => sweepWindow('s', NOON, -1)).toThrow(RangeError);
    expect(() => sweepWindow('s', NOON, Number.NaN)).toThrow(RangeError);
  });
});
