import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListEntry, ListPage, ListStart } from '../../../src/index/listing-records.ts';
import { entryName, mergedPage } from '../../../src/index/merge.ts';
import { compareKeys } from '../../../src/lib/order.ts';

/** A shard as the merge sees it: its own sorted keys, grouped by a delimiter. */
function shardPage(keys: readonly string[], delimiter: string, start: ListStart, limit: number): ListPage {
  const entries: ListEntry[] = [];
  const from = keys.filter((key) =>
    'after' in start ? compareKeys(key, start.after) > 0 : compareKeys(key, start.from) >= 0,
  );
  let place = start;
  for (const key of from) {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter);
    const prefix = at < 0 ? undefined : key.slice(0, at + 1);
    const last = entries.at(-1);
    if (prefix !== undefined && last !== undefined && 'prefix' in last && last.prefix === prefix) {
      place = { after: key };
      continue;
    }
    if (entries.length === limit) return { entries, next: place };
    entries.push(prefix === undefined ? object(key) : { prefix });
    place = { after: key };
  }
  return { entries, next: null };
}

function object(key: string): ListEntry {
  return { key, kind: 'Normal', size: 0, etag: '', modified: 0, storageClass: 'Standard', restore: null };
}

async function names(shards: readonly string[][], delimiter: string, limit: number): Promise<string[]> {
  const sorted = shards.map((keys) => [...keys].sort(compareKeys));
  const found: string[] = [];
  let start: ListStart | null = { after: '' };
  while (start !== null) {
    const page: ListPage = await mergedPage(shards.length, start, limit, async (shard, from, count) =>
      shardPage(sorted[shard]!, delimiter, from, count),
    );
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    if (page.next !== null) expect(page.entries.length).toBe(limit);
    found.push(...page.entries.map(entryName));
    start = page.next;
  }
  return found;
}

const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\ue000', '\u{1f600}'), minLength: 1, maxLength: 6 });

describe('the merge of shard pages', () => {
  it('gives every key once and in UTF-8 order, however keys are spread and whatever the page size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 40 }),
        fc.constantFrom(1, 4, 16),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.nat(15)),
        async (keys, count, limit, places) => {
          const shards = Array.from({ length: count }, (): string[] => []);
          for (const one of keys) shards[places.next().value! % count]!.push(one);
          expect(await names(shards, '', limit)).toEqual([...keys].sort(compareKeys));
          const grouped = keys.map((one) => (one.includes('/') ? one.slice(0, one.indexOf('/') + 1) : one));
          expect(await names(shards, '/', limit)).toEqual([...new Set(grouped)].sort(compareKeys));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('asks only the shard again that ran dry', async () => {
    const asked: number[] = [];
    const many = Array.from({ length: 40 }, (_, i) => `a${String(i).padStart(3, '0')}`);
    const page = await mergedPage(4, { after: '' }, 30, async (shard, start, limit) => {
      asked.push(shard);
      return shardPage(shard === 2 ? many : [`z${shard}`], '', start, limit);
    });
    expect(page.entries).toHaveLength(30);
    expect(asked.slice(4)).toEqual([2]);
  });
});
