import { describe, expect, it } from 'vitest';
import { isRefererChecked, type RefererRules, refererRefusal } from '../../../src/access/referer.ts';
import { refusal } from '../../../src/access/refusal.ts';

const rules = (fields: Partial<RefererRules> = {}): RefererRules => ({
  allowEmptyReferer: false,
  allowTruncateQueryString: true,
  truncatePath: false,
  whitelist: ['http://www.aliyun.com'],
  blacklist: [],
  ...fields,
});

const passes = (entry: string, referer: string, fields: Partial<RefererRules> = {}) =>
  refererRefusal(rules({ whitelist: [entry], ...fields }), referer) === undefined;

describe('hotlink protection', () => {
  it('[RefererEnforcement-1] checks anonymous requests and signed URLs only', () => {
    expect(isRefererChecked('none')).toBe(true);
    expect(isRefererChecked('url')).toBe(true);
    expect(isRefererChecked('header')).toBe(false);
    expect(isRefererChecked('form')).toBe(false);
  });

  it('[RefererEnforcement-2] lets a missing or empty Referer pass only where that is allowed', () => {
    for (const referer of [undefined, '']) {
      expect(refererRefusal(rules(), referer)).toBe('referer-empty');
      expect(refererRefusal(rules({ allowEmptyReferer: true }), referer)).toBeUndefined();
    }
    expect(refusal('referer-empty').message).toBe('You are denied by bucket referer policy.');
  });

  it('[RefererEnforcement-3] refuses a Referer that no entry matches', () => {
    expect(refererRefusal(rules({ allowEmptyReferer: true }), 'http://evil.example/')).toBe('referer-unlisted');
    expect(refererRefusal(rules(), 'http://www.aliyun.com/x')).toBeUndefined();
    expect(refererRefusal(rules({ whitelist: ['http://a/', 'http://b/'] }), 'http://b/x')).toBeUndefined();
    expect(refusal('referer-unlisted').ec).toBe('0003-00000503');
  });

  it('[RefererEnforcement-4] checks nothing where the whitelist is empty', () => {
    for (const referer of [undefined, '', 'http://evil.example/']) {
      expect(refererRefusal(rules({ whitelist: [] }), referer)).toBeUndefined();
    }
  });

  it('refuses what the blacklist names, before the whitelist is asked', () => {
    const blacklist = ['http://www.aliyun.com/bad', 'https://*.hack.com'];
    for (const whitelist of [['http://www.aliyun.com'], []]) {
      const refused = (referer: string) => refererRefusal(rules({ whitelist, blacklist }), referer);
      expect(refused('http://www.aliyun.com/bad/page')).toBe('referer-blacklisted');
      expect(refused('https://x.hack.com/')).toBe('referer-blacklisted');
      expect(refused('http://www.aliyun.com/good')).toBeUndefined();
    }
    expect(refererRefusal(rules({ whitelist: [], blacklist }), undefined)).toBeUndefined();
  });

  it('[RefererEnforcement-5] takes `*` across slashes and dots and `?` for one character', () => {
    expect(passes('http://www.*.com', 'http://www.a.b/c.com')).toBe(true);
    expect(passes('http://www.*.com', 'http://www.com')).toBe(false);
    expect(passes('https://www.?.aliyuncs.com', 'https://www.x.aliyuncs.com/p')).toBe(true);
    expect(passes('https://www.?.aliyuncs.com', 'https://www.xy.aliyuncs.com/p')).toBe(false);
    expect(passes('*', 'anything')).toBe(true);
  });

  it('[RefererEnforcement-6] takes an entry for a beginning of the Referer, its scheme included', () => {
    expect(passes('http://www.aliyun.com', 'http://www.aliyun.com/123')).toBe(true);
    expect(passes('http://www.aliyun.com', 'http://www.aliyun.com.cn')).toBe(true);
    expect(passes('http://www.aliyun.com', 'https://www.aliyun.com/')).toBe(false);
    expect(passes('http://www.aliyun.com', 'http://evil.example/?http://www.aliyun.com')).toBe(false);
    expect(passes('www.aliyun.com', 'http://www.aliyun.com/')).toBe(false);
    expect(passes('www.aliyun.com', 'www.aliyun.com/123')).toBe(true);
    expect(passes('*www.aliyun.com', 'http://www.aliyun.com/')).toBe(true);
    expect(passes('mibrowser:home', 'mibrowser:home')).toBe(true);
  });

  it('ends an entry with its host where the deployment asks for it', () => {
    const strict = (entry: string, referer: string, fields: Partial<RefererRules> = {}) =>
      refererRefusal(rules({ whitelist: [entry], ...fields }), referer, true) === undefined;
    const entry = 'http://www.aliyun.com';
    for (const referer of ['', '/', '/123', ':8080/x', '?q', '#f'].map((rest) => entry + rest)) {
      expect([referer, strict(entry, referer, { allowTruncateQueryString: false })]).toEqual([referer, true]);
    }
    for (const rest of ['.cn', '.cn/', 'x', ':80@evil.example/', ':x', '@evil.example/']) {
      expect([rest, strict(entry, entry + rest)]).toEqual([rest, false]);
    }
    expect(strict('*.aliyun.com', 'http://help.aliyun.com/x')).toBe(true);
    expect(strict('*.aliyun.com', 'http://help.aliyun.com.evil.example/')).toBe(false);
    expect(strict('http://www.aliyun.com/a', 'http://www.aliyun.com/abc')).toBe(true);
    expect(strict('http://www.aliyun.com*', 'http://www.aliyun.com.cn')).toBe(true);
    expect(strict('http://www.aliyun.com:81', 'http://www.aliyun.com:81/x')).toBe(true);
    expect(strict('http://www.aliyun.com:81', 'http://www.aliyun.com:8/x')).toBe(false);
  });

  it('[RefererEnforcement-7] cuts the query off where that is asked, and the path too', () => {
    const entry = 'http://a.example/*.html?x=1';
    expect(passes(entry, 'http://a.example/p.html?x=1', { allowTruncateQueryString: false })).toBe(true);
    expect(passes(entry, 'http://a.example/p.html?x=1')).toBe(false);
    expect(passes('http://*.example', 'http://evil.test/?.example', { allowTruncateQueryString: false })).toBe(true);
    expect(passes('http://*.example', 'http://evil.test/?.example')).toBe(false);
    expect(passes('http://*.example', 'http://evil.test/#.example')).toBe(false);
    expect(passes('http://*.example', 'http://evil.test/.example')).toBe(true);
    expect(passes('http://*.example', 'http://evil.test/.example', { truncatePath: true })).toBe(false);
    expect(passes('http://*.example', 'http://good.example/p', { truncatePath: true })).toBe(true);
  });

  it('[RefererEnforcement-8] is case-sensitive and takes no entry for a regular expression', () => {
    expect(passes('http://www.aliyun.com', 'http://WWW.aliyun.com/')).toBe(false);
    expect(passes('http://www.aliyun.com', 'http://wwwxaliyun.com/')).toBe(false);
    expect(passes('http://(a|b)+$.com', 'http://a.com')).toBe(false);
    const started = performance.now();
    const whitelist = Array.from({ length: 10 }, (_, i) => `${'*a?'.repeat(600)}${i}`);
    expect(refererRefusal(rules({ whitelist }), 'a'.repeat(120_000))).toBe('referer-unlisted');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
