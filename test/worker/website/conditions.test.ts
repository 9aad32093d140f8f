import { describe, expect, it } from 'vitest';
import { external, newSite, on404, rule, rules, visit } from './support.ts';

const prefix = (text: string) => `<KeyPrefixEquals>${text}</KeyPrefixEquals>`;
const suffix = (text: string) => `<KeySuffixEquals>${text}</KeySuffixEquals>`;
const header = (key: string, more = '') => `<IncludeHeader><Key>${key}</Key>${more}</IncludeHeader>`;

/** Where visits are sent by a site of this one rule: path → `Location`, null where they are not. */
async function sentTo(
  condition: string,
  redirect: string,
  visits: readonly (string | [path: string, headers: Record<string, string>])[],
): Promise<(string | null)[]> {
  const bucket = await newSite(rules(rule(1, condition, redirect)));
  return Promise.all(
    visits.map(async (one) => {
      const [path, headers] = typeof one === 'string' ? [one, {}] : one;
      return (await visit(bucket, path, { headers })).header('location');
    }),
  );
}

const there = (name: string) => `http://www.example.com/${name}`;

describe('the condition of a rule', () => {
  it('[WebsiteServing-21] holds where all of it holds', async () => {
    const all = on404 + prefix('a/') + suffix('.txt') + header('x-a', '<Equals>1</Equals>') + header('x-b');
    const both = { 'x-a': '1', 'x-b': 'any' };
    expect(
      await sentTo(all, external(), [
        ['/a/k.txt', both],
        ['/b/k.txt', both],
        ['/a/k.jpg', both],
        ['/a/k.txt', { 'x-a': '1' }],
        ['/a/k.txt', { 'x-a': '2', 'x-b': 'any' }],
        '/a/k.txt',
      ]),
    ).toEqual([there('a/k.txt'), null, null, null, null, null]);
  });

  it('[WebsiteServing-22] compares the beginning and the end of the decoded name, with case', async () => {
    expect(await sentTo(prefix('dé/'), external(), ['/d%C3%A9/k', '/D%C3%A9/k', '/x/d%C3%A9/k', '/d%C3%A9'])).toEqual([
      there('d%C3%A9/k'),
      null,
      null,
      null,
    ]);
    expect(await sentTo(suffix('.JPG'), external(), ['/a.JPG', '/a.jpg', '/a.JPG.txt', '/.JPG'])).toEqual([
      there('a.JPG'),
      null,
      null,
      there('.JPG'),
    ]);
    // One name may be both, and what is empty asks for nothing.
    expect(await sentTo(prefix('aba') + suffix('bab'), external(), ['/abab', '/aba'])).toEqual([there('abab'), null]);
    expect(await sentTo(prefix('') + suffix(''), external(), ['/k'])).toEqual([there('k')]);
  });

  it('[PutBucketWebsite-13] [WebsiteServing-24] compares headers whole, at their ends, or asks that they are there', async () => {
    const condition =
      header('X-Any') + header('x-ends', '<StartsWith>ab</StartsWith><EndsWith>yz</EndsWith>') + header('host');
    const met = { 'x-any': '', 'x-ends': 'ab-yz' };
    expect(
      await sentTo(condition, external(), [
        ['/k', met],
        ['/k', { ...met, 'x-ends': 'AB-yz' }],
        ['/k', { ...met, 'x-ends': 'ab-y' }],
        ['/k', { 'x-ends': 'ab-yz' }],
      ]),
    ).toEqual([there('k'), null, null, null]);
  });
});

describe('the address that a rule leads to', () => {
  const abc = prefix('abc/');
  const replaceWith = (text: string) => external(`<ReplaceKeyWith>${text}</ReplaceKeyWith>`);
  const replacePrefix = (text: string, more = '') =>
    external(`<ReplaceKeyPrefixWith>${text}</ReplaceKeyPrefixWith>${more}`);
  const enabled = '<EnableReplacePrefix>true</EnableReplacePrefix>';

  it.each([
    ['[WebsiteServing-28] another name', abc, replaceWith('fixed/page.html'), 'fixed/page.html'],
    ['[WebsiteServing-28] the name in another', abc, replaceWith('p/${key}.s?${key}'), 'p/abc/t%20x.s%3Fabc/t%20x'],
    ['[WebsiteServing-29] another prefix', abc, replacePrefix('def/'), 'def/t%20x'],
    ['[WebsiteServing-29] another prefix, flag or not', abc, replacePrefix('def/', enabled), 'def/t%20x'],
    ['[WebsiteServing-30] a prefix before it', '', replacePrefix('def/'), 'def/abc/t%20x'],
    ['[WebsiteServing-31] no prefix any more', abc, external(enabled), 't%20x'],
    ['[WebsiteServing-31] no prefix any more, said in full', abc, replacePrefix('', enabled), 't%20x'],
    ['[WebsiteServing-32] the same name', abc, external(), 'abc/t%20x'],
    ['[WebsiteServing-32] the same name, nothing being replaced', abc, replacePrefix(''), 'abc/t%20x'],
  ])('%s', async (_, condition, redirect, expected) => {
    expect(await sentTo(condition, redirect, ['/abc/t%20x?q=1'])).toEqual([there(expected)]);
  });

  it('[WebsiteServing-33] [PutBucketWebsite-21] [PutBucketWebsite-19] comes with the code and protocol that are set', async () => {
    for (const code of [301, 302, 303, 307]) {
      const more = `<HttpRedirectCode>${code}</HttpRedirectCode><Protocol>https</Protocol>`;
      const bucket = await newSite(rules(rule(1, '', external(more))));
      const answer = await visit(bucket, '/k');
      expect([answer.status, answer.text, answer.header('location')]).toEqual([code, '', 'https://www.example.com/k']);
    }
  });
});
