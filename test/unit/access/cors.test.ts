import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CorsRule,
  corsHeaders,
  corsHeadersFor,
  matchCors,
  preflight,
  variesByOrigin,
} from '../../../src/access/cors.ts';

const rule = (fields: Partial<CorsRule> = {}): CorsRule => ({
  allowedOrigins: ['http://www.example.com'],
  allowedMethods: ['PUT', 'GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  ...fields,
});

const ask = (rules: CorsRule[], requestHeaders?: string, method = 'PUT', origin = 'http://www.example.com') =>
  preflight({ rules, responseVary: false }, { origin, method, requestHeaders });

const allowed = (...args: Parameters<typeof ask>) => ask(...args).outcome === 'allow';

describe('CORS preflight', () => {
  it('[OptionObject-2] is refused where the bucket has no rules', () => {
    const refused = { outcome: 'deny', reason: 'disabled' };
    expect(preflight(undefined, { origin: 'http://a', method: 'GET' })).toEqual(refused);
    expect(ask([])).toEqual(refused);
    expect(allowed([rule()])).toBe(true);
  });

  it('[OptionObject-3] wants one and the same rule to satisfy all, in order', () => {
    const first = rule({ maxAgeSeconds: 1 });
    const second = rule({ allowedOrigins: ['*'], allowedMethods: ['DELETE'], maxAgeSeconds: 2 });
    const third = rule({ allowedOrigins: ['*'], maxAgeSeconds: 3 });
    const pick = (method: string, origin: string) =>
      matchCors([first, second, third], { method, origin })?.maxAgeSeconds;
    expect(pick('PUT', 'http://www.example.com')).toBe(1);
    expect(pick('DELETE', 'http://www.example.com')).toBe(2);
    expect(pick('PUT', 'http://other.example')).toBe(3);
    expect(pick('POST', 'http://www.example.com')).toBeUndefined();
  });

  it('[OptionObject-4] goes on to the next rule where a header is missing', () => {
    const rules = [rule(), rule({ allowedHeaders: ['x-test'], maxAgeSeconds: 5 })];
    const result = ask(rules, 'x-test');
    expect(result).toMatchObject({ outcome: 'allow', headers: { 'Access-Control-Max-Age': '5' } });
  });

  it('[OptionObject-5] compares header names without case, methods and origins exactly', () => {
    const rules = [rule({ allowedHeaders: ['X-Test', 'content-*'] })];
    for (const list of ['x-test', 'X-TEST', ' x-test , Content-Type,,', 'content-md5\t,x-test', '', ' , ']) {
      expect([list, allowed(rules, list)]).toEqual([list, true]);
    }
    for (const list of ['x-test2', 'x-test,authorization', 'content', 'x test', 'x-test;content-md5', 'x-tést']) {
      expect([list, allowed(rules, list)]).toEqual([list, false]);
    }
    expect(allowed([rule({ allowedHeaders: ['*'] })], 'anything, at-all')).toBe(true);
    expect(allowed(rules, undefined, 'put')).toBe(false);
    expect(allowed(rules, undefined, 'PATCH')).toBe(false);
    expect(allowed(rules, undefined, 'PUT', 'http://WWW.example.com')).toBe(false);
    expect(allowed(rules, undefined, 'PUT', 'https://www.example.com')).toBe(false);
    expect(allowed(rules, undefined, 'PUT', 'http://www.example.com:8080')).toBe(false);
  });

  it('matches origins by one star, which takes any run, and takes `?` for itself', () => {
    const from = (pattern: string, origin: string) => allowed([rule({ allowedOrigins: [pattern] })], '', 'PUT', origin);
    expect(from('https://*.example.com', 'https://a.b.example.com')).toBe(true);
    expect(from('https://*.example.com', 'https://example.com')).toBe(false);
    expect(from('https://*.example.com', 'https://evil.test/.example.com.evil.test')).toBe(false);
    expect(from('*example.com', 'http://www.example.com')).toBe(true);
    expect(from('http://*', 'https://a')).toBe(false);
    expect(from('http://?.example.com', 'http://a.example.com')).toBe(false);
    expect(from('*', 'null')).toBe(true);
    expect(from('http://a*a', 'http://a')).toBe(false);
  });

  it('[OptionObject-6] lets a rule without AllowedHeader match no preflight that lists one', () => {
    expect(allowed([rule()], 'x-test')).toBe(false);
    expect(allowed([rule()])).toBe(true);
  });

  it('[OptionObject-7] carries no CORS header on a refusal', () => {
    for (const result of [ask([rule()], 'x-test'), ask([]), preflight(undefined, {})]) {
      expect(result.outcome).toBe('deny');
      expect(result).not.toHaveProperty('headers');
    }
  });

  it('[OptionObject-8] [OptionObject-9] [OptionObject-10] [OptionObject-11] [OptionObject-12] answers with the rule', () => {
    const full = rule({
      allowedOrigins: ['*'],
      allowedMethods: ['PUT', 'POST'],
      allowedHeaders: ['*'],
      exposeHeaders: ['ETag', 'x-oss-request-id'],
      maxAgeSeconds: 0,
    });
    expect(ask([full], ' x-oss-test1,x-oss-test2 ')).toEqual({
      outcome: 'allow',
      headers: {
        'Access-Control-Allow-Origin': 'http://www.example.com',
        'Access-Control-Allow-Methods': 'PUT, POST',
        'Access-Control-Allow-Headers': 'x-oss-test1,x-oss-test2',
        'Access-Control-Expose-Headers': 'ETag, x-oss-request-id',
        'Access-Control-Max-Age': '0',
      },
    });
    expect(ask([rule()])).toEqual({
      outcome: 'allow',
      headers: {
        'Access-Control-Allow-Origin': 'http://www.example.com',
        'Access-Control-Allow-Methods': 'PUT, GET',
      },
    });
  });

  it('[OptionObject-13] tells which of the two required headers is missing', () => {
    const cors = { rules: [rule()], responseVary: false };
    expect(preflight(cors, { method: 'PUT' })).toEqual({ outcome: 'deny', reason: 'origin-missing' });
    expect(preflight(cors, { origin: 'http://a', method: '' })).toEqual({ outcome: 'deny', reason: 'method-missing' });
  });
});

describe('CORS on actual requests', () => {
  const cors = { rules: [rule({ exposeHeaders: ['ETag'], maxAgeSeconds: 60 })], responseVary: false };

  it('[CorsEnforcement-1] [CorsEnforcement-6] adds nothing where no rule matches or there are none', () => {
    expect(corsHeadersFor(cors, { origin: 'http://other.example', method: 'GET' })).toEqual({});
    expect(corsHeadersFor(cors, { origin: 'http://www.example.com', method: 'DELETE' })).toEqual({});
    expect(corsHeadersFor(undefined, { origin: 'http://www.example.com', method: 'GET' })).toEqual({});
  });

  it('[CorsEnforcement-2] [CorsEnforcement-3] goes by origin and method, whatever headers the rule lists', () => {
    expect(corsHeadersFor(cors, { origin: 'http://www.example.com', method: 'GET' })).toEqual({
      'Access-Control-Allow-Origin': 'http://www.example.com',
      'Access-Control-Allow-Methods': 'PUT, GET',
      'Access-Control-Expose-Headers': 'ETag',
      'Access-Control-Max-Age': '60',
    });
  });

  it('[CorsEnforcement-5] [OptionObject-14] varies by origin only where asked and there is a rule', () => {
    expect(variesByOrigin({ ...cors, responseVary: true })).toBe(true);
    expect(variesByOrigin(cors)).toBe(false);
    expect(variesByOrigin({ rules: [], responseVary: true })).toBe(false);
    expect(variesByOrigin(undefined)).toBe(false);
  });
});

describe('[Sec-28] CORS under attack', () => {
  it('never reflects an origin without a rule for it, and never allows credentials', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.constantFrom('GET', 'PUT', 'POST'), (origin, method) => {
        const rules = [rule({ allowedOrigins: ['https://*.allowed.invalid'] })];
        expect(corsHeadersFor({ rules, responseVary: false }, { origin, method })).toEqual({});
        const open = corsHeadersFor(
          { rules: [rule({ allowedOrigins: ['*'] })], responseVary: false },
          { origin, method },
        );
        expect(open['Access-Control-Allow-Origin']).toBe(method === 'POST' ? undefined : origin);
        expect(open).not.toHaveProperty('Access-Control-Allow-Credentials');
      }),
    );
  });

  it('lets no control character or foreign letter into an answer, wherever it comes from', () => {
    const everything = rule({ allowedOrigins: ['*'], allowedHeaders: ['*'] });
    for (const bad of ['\r', '\n', '\0', ' ', 'é', '\u2028', '\x7f']) {
      expect(allowed([everything], '', 'PUT', `http://a${bad}b`)).toBe(false);
      if (bad !== ' ') expect([bad, allowed([everything], `x-a,${bad}x-b`)]).toEqual([bad, false]);
      const exposing = rule({ exposeHeaders: ['ETag', `x${bad}Set-Cookie: a=b`, `${bad}`] });
      const headers = corsHeaders(exposing, { origin: 'http://www.example.com', method: 'GET' });
      expect(headers['Access-Control-Expose-Headers']).toBe('ETag');
    }
    expect(allowed([everything], 'x-a x-b')).toBe(false);
    expect(allowed([everything], 'x-a, x-b')).toBe(true);
  });

  it('is quick on long lists and patterns, and refuses what is too long', () => {
    const patterns = Array.from({ length: 400 }, (_, i) => `${'a'.repeat(20)}*${'b'.repeat(15)}${i}`);
    const rules = Array.from({ length: 20 }, () => rule({ allowedHeaders: patterns, allowedOrigins: ['*'] }));
    const started = performance.now();
    expect(allowed(rules, Array.from({ length: 400 }, () => 'a'.repeat(19)).join(','))).toBe(false);
    expect(allowed([rule({ allowedHeaders: ['*'] })], 'a,'.repeat(5000))).toBe(false);
    expect(allowed([rule({ allowedOrigins: ['*'] })], '', 'PUT', `http://${'a'.repeat(5000)}`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
