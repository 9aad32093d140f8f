import { describe, expect, it } from 'vitest';
import type { Website } from '../../../src/website/config.ts';
import { afterFailure, candidates, unconditional } from '../../../src/website/rules.ts';
import { asking, mirror, rule, website } from './support.ts';

const page = { suffix: 'index.html' } as const;
const dirs = { ...page, supportSubDir: true } as const;
const none: Website = { routingRules: [] };
const kinds = (site: Website, request = asking('k'), status = 404, lookedUp: string | undefined = request.key) =>
  afterFailure(site, request, status, lookedUp).map(({ kind }) => kind);

describe('the object that is meant', () => {
  it.each([
    ['[WebsiteServing-1] the root', '', page, true, ['index.html']],
    ['[WebsiteServing-2] the root, signed', '', page, false, []],
    ['the root without a page', '', undefined, true, []],
    ['a name', 'a/b', dirs, true, ['a/b']],
    ['[WebsiteServing-4] a directory', 'a/b/', page, true, ['index.html']],
    ['[WebsiteServing-5] a directory of its own', 'a/b/', dirs, true, ['a/b/index.html']],
    ['[WebsiteServing-17] a directory, signed', 'a/b/', dirs, false, ['a/b/', 'a/b/index.html']],
    ['a directory without pages', 'a/b/', undefined, true, ['a/b/']],
  ] as const)('%s', (_, key, indexDocument, anonymous, names) => {
    const site = indexDocument === undefined ? none : { ...none, indexDocument };
    expect(candidates(site, asking(key, { anonymous }))).toEqual(names);
  });
});

describe('the conditions of a rule', () => {
  const holds = (condition: Parameters<typeof rule>[1], request = asking('abc/x.txt')) =>
    unconditional(website(rule(1, condition)), request, [request.key]) !== undefined;

  it('[WebsiteServing-22] are prefix and suffix of the name, by case', () => {
    expect(holds({ keyPrefixEquals: 'abc/' })).toBe(true);
    expect(holds({ keyPrefixEquals: 'bc/' })).toBe(false);
    expect(holds({ keyPrefixEquals: 'ABC/' })).toBe(false);
    expect(holds({ keySuffixEquals: '.txt' })).toBe(true);
    expect(holds({ keySuffixEquals: '.tx' })).toBe(false);
    expect(holds({ keyPrefixEquals: '', keySuffixEquals: '' })).toBe(true);
  });

  it('[WebsiteServing-24] [PutBucketWebsite-13] are headers, by value', () => {
    const request = asking('k', { headers: { host: 'A.example', 'x-lang': 'de-AT' } });
    const header = (key: string, more = {}) => holds({ includeHeaders: [{ key, ...more }] }, request);
    expect(header('Host', { equals: 'A.example' })).toBe(true);
    expect(header('host', { equals: 'a.example' })).toBe(false);
    expect(header('host', { equals: '*.example' })).toBe(false);
    expect(header('X-Lang')).toBe(true);
    expect(header('x-none')).toBe(false);
    expect(header('x-lang', { startsWith: 'de' })).toBe(true);
    expect(header('x-lang', { startsWith: 'de', endsWith: 'CH' })).toBe(false);
    expect(header('x-lang', { endsWith: 'AT', equals: '' })).toBe(true);
  });

  it('[WebsiteServing-21] must all hold', () => {
    const all = {
      keyPrefixEquals: 'abc/',
      keySuffixEquals: '.txt',
      includeHeaders: [
        { key: 'a', equals: '1' },
        { key: 'b', equals: '2' },
      ],
    };
    expect(holds(all, asking('abc/x.txt', { headers: { a: '1', b: '2' } }))).toBe(true);
    expect(holds(all, asking('abc/x.txt', { headers: { a: '1' } }))).toBe(false);
    expect(holds(all, asking('abd/x.txt', { headers: { a: '1', b: '2' } }))).toBe(false);
    expect(holds(all, asking('abc/x.tx', { headers: { a: '1', b: '2' } }))).toBe(false);
  });
});

describe('the rule that is run', () => {
  const locations = (site: Website, status: number) =>
    afterFailure(site, asking('k'), status, 'k').map((step) => (step.kind === 'redirect' ? step.location : step.kind));
  const to = (hostName: string) => ({ hostName });

  it('[WebsiteServing-20] is the first that matches, and no other', () => {
    const site = website(
      rule(1, { keyPrefixEquals: 'other', httpErrorCodeReturnedEquals: 404 }, to('one')),
      rule(2, { httpErrorCodeReturnedEquals: 403 }, to('two')),
      rule(3, { httpErrorCodeReturnedEquals: 404 }, to('three')),
      rule(4, { httpErrorCodeReturnedEquals: 404 }, to('four')),
    );
    expect(locations(site, 404)).toEqual(['http://three/k']);
    expect(locations(site, 403)).toEqual(['http://two/k']);
    expect(locations(site, 416)).toEqual([]);
  });

  it('[WebsiteServing-23] needs no look-up where no earlier one wants a status', () => {
    const found = unconditional(
      website(rule(1, { keyPrefixEquals: 'other', httpErrorCodeReturnedEquals: 404 }), rule(2, {}, to('two'))),
      asking('k'),
      ['k'],
    );
    expect(found).toMatchObject({ afterLookup: false, steps: [{ kind: 'redirect', location: 'http://two/k' }] });
  });

  it('[WebsiteServing-20] [WebsiteServing-23] waits for an earlier one that wants a status', () => {
    const site = website(rule(1, { httpErrorCodeReturnedEquals: 404 }, to('one')), rule(2, {}, to('two')));
    expect(unconditional(site, asking('k'), ['k'])).toMatchObject({ afterLookup: true });
    expect(locations(site, 404)).toEqual(['http://one/k']);
    expect(locations(site, 403)).toEqual(['http://two/k']);
  });

  it('[WebsiteServing-33] has the status that it names, or 301', () => {
    const status = (more = {}) => afterFailure(website(rule(1, {}, more)), asking('k'), 404, 'k')[0];
    expect(status()).toMatchObject({ status: 301, cdn: false });
    for (const httpRedirectCode of [301, 302, 303, 307] as const) {
      expect(status({ httpRedirectCode })).toMatchObject({ status: httpRedirectCode });
    }
  });

  it('[WebsiteServing-34] tells a CDN that it is meant', () => {
    const steps = afterFailure(website(rule(1, {}, { redirectType: 'AliCDN' })), asking('k'), 404, 'k');
    expect(steps).toEqual([{ kind: 'redirect', status: 301, location: 'http://www.example.com/k', cdn: true }]);
  });

  it('[PutBucketWebsite-14] Internal leads to another object', () => {
    const internal = { redirectType: 'Internal', replaceKeyPrefixWith: 'new/' } as const;
    const site = website(rule(1, { keyPrefixEquals: 'old/' }, internal));
    expect(unconditional(site, asking('old/a'), ['old/a'])?.steps).toEqual([{ kind: 'object', key: 'new/a' }]);
    const nowhere = website(
      rule(1, { keyPrefixEquals: 'old/' }, { redirectType: 'Internal', enableReplacePrefix: true }),
    );
    expect(unconditional(nowhere, asking('old/'), ['old/'])?.steps).toEqual([]);
  });

  it('is none where it is a script', () => {
    const script = { ruleNumber: 1, condition: { includeHeaders: [] }, luaConfig: { script: 'a.lua' } };
    expect(unconditional(website(script), asking('k'), ['k'])).toBeUndefined();
    expect(kinds(website(script))).toEqual([]);
  });

  it('[WebsiteServing-35] fetches the object that is missing, and redirects the name that is asked for', () => {
    const site: Website = {
      indexDocument: dirs,
      routingRules: [
        rule(1, { httpErrorCodeReturnedEquals: 404, keySuffixEquals: '.html' }, mirror),
        rule(2, { httpErrorCodeReturnedEquals: 404, keySuffixEquals: '/' }),
      ],
    };
    expect(afterFailure(site, asking('a/'), 404, 'a/index.html')[0]).toMatchObject({
      kind: 'mirror',
      key: 'a/index.html',
    });
    const redirects = { ...site, routingRules: site.routingRules.slice(1) };
    expect(afterFailure(redirects, asking('a/'), 404, 'a/index.html')[0]).toMatchObject({
      kind: 'redirect',
      location: 'http://www.example.com/a/',
    });
  });

  it('[WebsiteServing-38] fetches for GET, and for HEAD where it says so', () => {
    const one = website(rule(1, { httpErrorCodeReturnedEquals: 404 }, mirror));
    expect(kinds(one)).toEqual(['mirror']);
    expect(kinds(one, asking('k', { method: 'HEAD' }))).toEqual([]);
    const other = website(rule(1, { httpErrorCodeReturnedEquals: 404 }, { ...mirror, mirrorAllowHeadObject: true }));
    expect(kinds(other, asking('k', { method: 'HEAD' }))).toEqual(['mirror']);
  });
});

describe('the order', () => {
  const site: Website = {
    indexDocument: dirs,
    errorDocument: { key: 'error.html', httpStatus: 404 },
    routingRules: [rule(1, { httpErrorCodeReturnedEquals: 404 }, mirror)],
  };

  it('[WebsiteServing-10] [WebsiteServing-13] is rule, directory, error page', () => {
    expect(kinds(site)).toEqual(['mirror', 'directory', 'error-page']);
    expect(kinds({ ...site, indexDocument: { ...dirs, type: 1 } })).toEqual(['mirror', 'error-page']);
    expect(kinds({ ...site, indexDocument: { ...dirs, type: 2 } })).toEqual(['mirror', 'object', 'error-page']);
    expect(kinds({ ...site, indexDocument: { ...page, type: 2 } })).toEqual(['mirror', 'error-page']);
    expect(kinds(site, asking('a/'), 404, 'a/index.html')).toEqual(['mirror', 'error-page']);
    expect(kinds(site, asking(''), 404, 'index.html')).toEqual(['mirror', 'error-page']);
  });

  it('[WebsiteServing-17] has no pages for signed requests, but rules', () => {
    expect(kinds(site, asking('k', { anonymous: false }))).toEqual(['mirror']);
  });

  it('[WebsiteServing-19] has nothing for other failures, least of all a mirror', () => {
    expect(kinds(site, asking('k'), 403)).toEqual([]);
  });

  it('[WebsiteServing-42] has no error page where the origin’s own is shown', () => {
    const shown = (codes: string) =>
      kinds({
        ...site,
        routingRules: [
          rule(1, { httpErrorCodeReturnedEquals: 404 }, { ...mirror, transparentMirrorResponseCodes: codes }),
        ],
      });
    expect(shown('400,404')).toEqual(['mirror', 'directory']);
    expect(shown('400')).toEqual(['mirror', 'directory', 'error-page']);
  });
});
