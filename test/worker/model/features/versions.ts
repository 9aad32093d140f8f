import fc from 'fast-check';
import { expect } from 'vitest';
import { byBytes } from '../../../support/list-model.ts';
import { expectAnswer, expectDenied, step } from '../steps.ts';
import type { ModelBucket, Versioning } from '../world.ts';

export const putVersioning = step(
  'putVersioning',
  fc.record({ status: fc.constantFrom<Versioning[]>('Enabled', 'Enabled', 'Suspended') }),
  async ({ status }, { bucket, who, send }) => {
    const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
    const answer = await send('PUT', '?versioning', { body });
    if (who !== 'owner') return expectDenied(answer);
    expectAnswer(answer, 200);
    bucket.versioning = status;
  },
);

export const getVersioning = step('getVersioning', fc.record({}), async (_, { bucket, who, send }) => {
  const answer = await send('GET', '?versioning');
  if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
  expectAnswer(answer, 200);
  expect(answer.one('Status')).toBe(bucket.versioning);
});

interface Query {
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
}

/** All pages, each compared with its part of what the model lists. */
export const listVersions = step(
  'listVersions',
  fc.record({
    prefix: fc.constantFrom('', '', 'a', 'a/', 'b', '中', 'nothing'),
    delimiter: fc.constantFrom('', '', '/', '//'),
    limit: fc.constantFrom(1, 3, 100),
  }),
  async (query: Query, { bucket, who, send }) => {
    const { prefix, delimiter, limit } = query;
    const fixed = `prefix=${encodeURIComponent(prefix)}&delimiter=${encodeURIComponent(delimiter)}&max-keys=${limit}`;
    const expected = entriesOf(bucket, query);
    let at = 0;
    let markers = '';
    do {
      const answer = await send('GET', `?versions&encoding-type=url&${fixed}${markers}`);
      if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
      expectAnswer(answer, 200);
      const page = expected.slice(at, at + limit);
      expect(shown(answer.text)).toEqual(inOrder(page));
      at += limit;
      expect(answer.one('IsTruncated')).toBe(String(at < expected.length));
      markers = `&key-marker=${answer.one('NextKeyMarker')}&version-id-marker=${answer.one('NextVersionIdMarker')}`;
    } while (at < expected.length);
  },
);

/** Entries in order, a version as `key id latest kind etag size`, a common prefix as itself. */
function entriesOf(bucket: ModelBucket, { prefix, delimiter }: Query): string[] {
  const entries: string[] = [];
  for (const key of [...bucket.objects.keys()].sort(byBytes)) {
    if (!key.startsWith(prefix)) continue;
    const [first = '', ...rest] = delimiter === '' ? [] : key.slice(prefix.length).split(delimiter);
    const common = rest.length > 0 ? `${prefix}${first}${delimiter}` : undefined;
    if (common !== undefined) {
      if (entries.at(-1) !== `${common} (prefix)`) entries.push(`${common} (prefix)`);
      continue;
    }
    bucket.versions(key).forEach(({ id, kind, content }, i) => {
      const rest = kind === 'DeleteMarker' ? '' : ` ${content.etag} ${content.bytes.length}`;
      entries.push(`${key} ${id} ${i === 0} ${kind}${rest}`);
    });
  }
  return entries;
}

/** The document has the prefixes of a page behind its versions. */
function inOrder(page: readonly string[]): string[] {
  const isPrefix = (entry: string) => entry.endsWith(' (prefix)');
  return [...page.filter((entry) => !isPrefix(entry)), ...page.filter(isPrefix)];
}

function shown(text: string): string[] {
  const found = text.matchAll(/<(Version|DeleteMarker|CommonPrefixes)>(.*?)<\/\1>/gs);
  return [...found].map(([, kind, inside]) => {
    const one = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(inside!)?.[1] ?? '';
    if (kind === 'CommonPrefixes') return `${decodeURIComponent(one('Prefix'))} (prefix)`;
    const head = `${decodeURIComponent(one('Key'))} ${one('VersionId')} ${one('IsLatest')}`;
    return kind === 'DeleteMarker' ? `${head} DeleteMarker` : `${head} ${one('Type')} ${one('ETag')} ${one('Size')}`;
  });
}
