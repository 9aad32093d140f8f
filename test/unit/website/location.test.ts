import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Redirect, RuleCondition } from '../../../src/website/config.ts';
import { originKey, redirectLocation, replacedKey } from '../../../src/website/location.ts';

const external = (more: Partial<Redirect> = {}): Redirect => ({
  redirectType: 'External',
  hostName: 'example.com',
  ...more,
});
const prefix = (keyPrefixEquals?: string): RuleCondition => ({
  includeHeaders: [],
  ...(keyPrefixEquals === undefined ? {} : { keyPrefixEquals }),
});
const asked = (key: string, query = '') => ({ key, host: 'b.example.org:8080', base: '', query });

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: the dialect's own variable */
describe('the address of a redirect', () => {
  it.each<[string, Partial<Redirect>, RuleCondition, string, string]>([
    ['[WebsiteServing-27] protocol and host', { protocol: 'https' }, prefix(), 'test', 'https://example.com/test'],
    ['[WebsiteServing-27] http by default', {}, prefix(), 'test', 'http://example.com/test'],
    [
      '[WebsiteServing-27] the host that was asked',
      { hostName: '' },
      prefix(),
      'test',
      'http://b.example.org:8080/test',
    ],
    ['[WebsiteServing-27] an encoded name', {}, prefix(), 'a b/ü?#.txt', 'http://example.com/a%20b/%C3%BC%3F%23.txt'],
    ['[WebsiteServing-28] another name', { replaceKeyWith: 'fixed' }, prefix(), 'test', 'http://example.com/fixed'],
    [
      '[WebsiteServing-28] the name in another',
      { replaceKeyWith: 'prefix/${key}.suffix' },
      prefix(),
      'test',
      'http://example.com/prefix/test.suffix',
    ],
    [
      '[WebsiteServing-28] the name more than once',
      { replaceKeyWith: '${key}/${key}' },
      prefix(),
      'a',
      'http://example.com/a/a',
    ],
    [
      '[WebsiteServing-28] a name that looks like a pattern',
      { replaceKeyWith: '<${key}>' },
      prefix(),
      "$&$'",
      'http://example.com/%3C%24%26%24%27%3E',
    ],
    [
      '[WebsiteServing-29] a prefix for a prefix',
      { replaceKeyPrefixWith: 'def/' },
      prefix('abc/'),
      'abc/test.txt',
      'http://example.com/def/test.txt',
    ],
    [
      '[WebsiteServing-30] a prefix for none',
      { replaceKeyPrefixWith: 'def/' },
      prefix(),
      'abc/test.txt',
      'http://example.com/def/abc/test.txt',
    ],
    [
      '[WebsiteServing-31] no prefix any more',
      { enableReplacePrefix: true },
      prefix('abc/'),
      'abc/test.txt',
      'http://example.com/test.txt',
    ],
    [
      '[WebsiteServing-31] a prefix, flag or not',
      { enableReplacePrefix: true, replaceKeyPrefixWith: 'def/' },
      prefix('abc/'),
      'abc/test.txt',
      'http://example.com/def/test.txt',
    ],
    ['[WebsiteServing-32] the name as it is', {}, prefix('abc/'), 'abc/test.txt', 'http://example.com/abc/test.txt'],
    ['the root', {}, prefix(), '', 'http://example.com/'],
  ])('has %s', (_, redirect, condition, key, location) => {
    expect(redirectLocation(condition, external(redirect), asked(key))).toBe(location);
  });

  it('[WebsiteServing-25] carries the query only where it is told to', () => {
    expect(redirectLocation(prefix(), external({ passQueryString: true }), asked('k', 'a=b&c=d'))).toBe(
      'http://example.com/k?a=b&c=d',
    );
    expect(redirectLocation(prefix(), external({ passQueryString: true }), asked('k'))).toBe('http://example.com/k');
    expect(redirectLocation(prefix(), external(), asked('k', 'a=b'))).toBe('http://example.com/k');
  });

  it('[Sec-41] never leads to another host than the owner named, nor holds a line break, whatever the name', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '//evil.example',
        '\\\\evil.example',
        '@evil.example',
        '\r\nset-cookie: a',
        '..//../',
        '.evil.example',
      ),
    );
    fc.assert(
      fc.property(text, text, text, (key, replaceKeyWith, replaceKeyPrefixWith) => {
        for (const more of [
          {},
          { replaceKeyWith: `${replaceKeyWith}\${key}` },
          { replaceKeyPrefixWith },
          { enableReplacePrefix: true },
        ]) {
          const location = redirectLocation(prefix(), external(more), asked(key));
          expect(location).toMatch(/^http:\/\/example\.com\/[A-Za-z0-9\-._~%/]*$/);
          expect(new URL(location).host).toBe('example.com');
        }
      }),
    );
  });
});
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: the dialect's own variable */

describe('the name at an origin', () => {
  it('[WebsiteServing-35] is the object’s own, unless the rule says that its prefix is replaced', () => {
    const mirror: Redirect = { redirectType: 'Mirror', replaceKeyPrefixWith: 'def/' };
    expect(originKey(prefix('abc/'), mirror, 'abc/x')).toBe('abc/x');
    expect(originKey(prefix('abc/'), { ...mirror, enableReplacePrefix: true }, 'abc/x')).toBe('def/x');
    expect(originKey(prefix('abc/'), { redirectType: 'Mirror', enableReplacePrefix: true }, 'abc/x')).toBe('x');
    expect(originKey(prefix('abc/'), { redirectType: 'Mirror', replaceKeyWith: 'y' }, 'abc/x')).toBe('abc/x');
  });

  it('differs from that of a redirect only in what needs the flag', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (start, replaceKeyPrefixWith, rest) => {
        const redirect = external({ replaceKeyPrefixWith, enableReplacePrefix: true });
        expect(originKey(prefix(start), redirect, start + rest)).toBe(
          replacedKey(prefix(start), redirect, start + rest),
        );
      }),
    );
  });
});
