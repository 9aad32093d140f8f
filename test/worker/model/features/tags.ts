import fc from 'fast-check';
import { expect } from 'vitest';
import {
  expectAnswer,
  expectDenied,
  expectMissing,
  keyNames,
  named,
  pathOf,
  step,
  versionHeader,
  versionRefs,
} from '../steps.ts';
import { type Tag, visible } from '../world.ts';

const target = { key: keyNames, version: versionRefs };

export const putTags = step(
  'putTags',
  fc.record({
    ...target,
    tags: fc.constantFrom<Tag[][]>(
      [],
      [['k', 'w']],
      [
        ['b', '2'],
        ['a', '1'],
        ['c', ''],
      ],
    ),
  }),
  async ({ key, version, tags }, { bucket, who, send }) => {
    const { id, query } = named(bucket, key, version);
    const set = tags.map(([name, value]) => `<Tag><Key>${name}</Key><Value>${value}</Value></Tag>`).join('');
    const body = `<Tagging><TagSet>${set}</TagSet></Tagging>`;
    const answer = await send('PUT', pathOf(key, 'tagging', query), { body });
    if (who !== 'owner') return expectDenied(answer);
    const existing = visible(bucket.find(key, id));
    if (existing === undefined) return expectMissing(answer, bucket, key, id);
    expectAnswer(answer, 200, versionHeader(bucket, existing.id));
    existing.tags = tags;
  },
);

export const getTags = step('getTags', fc.record(target), async ({ key, version }, { bucket, who, send }) => {
  const { id, query } = named(bucket, key, version);
  const answer = await send('GET', pathOf(key, 'tagging', query));
  if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
  const existing = visible(bucket.find(key, id));
  if (existing === undefined) return expectMissing(answer, bucket, key, id);
  expectAnswer(answer, 200, versionHeader(bucket, existing.id));
  expect(answer.all('Key').map((name, i) => [name, answer.all('Value')[i]])).toEqual(existing.tags);
});

export const deleteTags = step('deleteTags', fc.record(target), async ({ key, version }, { bucket, who, send }) => {
  const { id, query } = named(bucket, key, version);
  const answer = await send('DELETE', pathOf(key, 'tagging', query));
  if (who !== 'owner') return expectDenied(answer);
  const existing = visible(bucket.find(key, id));
  if (existing === undefined) return expectMissing(answer, bucket, key, id);
  expectAnswer(answer, 204, versionHeader(bucket, existing.id));
  existing.tags = [];
});
