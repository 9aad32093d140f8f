import fc from 'fast-check';
import { expect } from 'vitest';
import { type ListQuery, modelPage } from '../../../support/list-model.ts';
import type { Answer } from '../../support/wire.ts';
import { expectAnswer, expectDenied, step } from '../steps.ts';
import type { ModelBucket } from '../world.ts';

const queries = fc.record({
  prefix: fc.constantFrom('', '', 'a', 'a/', 'b', '中', 'nothing'),
  delimiter: fc.constantFrom('', '/', '/', '//'),
  marker: fc.constantFrom('', '', 'a', 'a/', 'b/1', '中/'),
  limit: fc.constantFrom(1, 2, 3, 100),
});

const encode = encodeURIComponent;

export const listObjects = step('list', queries, async (query, { bucket, who, send }) => {
  const { prefix, delimiter, marker, limit } = query;
  const answer = await send(
    'GET',
    `?encoding-type=url&prefix=${encode(prefix)}&delimiter=${encode(delimiter)}&marker=${encode(marker)}&max-keys=${limit}`,
  );
  if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
  const { truncated, next } = expectPage(answer, bucket, query);
  expect(answer.one('IsTruncated')).toBe(String(truncated));
  expect(decoded(answer.one('NextMarker'))).toBe(next);
});

/** Version 2, to its end. */
export const listObjectsV2 = step('listV2', queries, async (query, { bucket, who, send }) => {
  const { prefix, delimiter, limit } = query;
  let marker: string = query.marker;
  let token = '';
  for (;;) {
    const from = token === '' ? `start-after=${encode(marker)}` : `continuation-token=${encode(token)}`;
    const answer = await send(
      'GET',
      `?list-type=2&encoding-type=url&prefix=${encode(prefix)}&delimiter=${encode(delimiter)}&max-keys=${limit}&${from}`,
    );
    if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
    const page = { ...query, marker, plain: token === '' };
    const { truncated, next, keys, prefixes } = expectPage(answer, bucket, page);
    expect(answer.one('KeyCount')).toBe(String(keys.length + prefixes.length));
    expect(answer.one('IsTruncated')).toBe(String(truncated));
    token = answer.one('NextContinuationToken') ?? '';
    expect(token !== '').toBe(truncated);
    if (next === undefined) return;
    marker = next;
  }
});

function expectPage(answer: Answer, bucket: ModelBucket, query: ListQuery) {
  expectAnswer(answer, 200);
  const page = modelPage(bucket.keys, query);
  const behind = answer.text.indexOf('<IsTruncated>');
  const prefixes = [...answer.text.slice(behind).matchAll(/<CommonPrefixes><Prefix>([^<]*)<\/Prefix>/g)];
  expect({
    keys: answer.all('Key').map(decodeURIComponent),
    prefixes: prefixes.map(([, text]) => decodeURIComponent(text!)),
  }).toEqual({ keys: page.keys, prefixes: page.prefixes });
  const shown = page.keys.map((key) => bucket.current(key)!);
  expect(answer.all('ETag')).toEqual(shown.map(({ content }) => content.etag));
  expect(answer.all('Size')).toEqual(shown.map(({ content }) => String(content.bytes.length)));
  expect(answer.all('Type')).toEqual(shown.map(({ kind }) => kind));
  return page;
}

function decoded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : decodeURIComponent(text);
}
