import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../../src/access/condition.ts';
import { type Conditions, conditions } from '../../../src/access/conditions.ts';
import { PolicyError } from '../../../src/access/policy.ts';
import { context, now } from './support.ts';

function holds(
  operator: string,
  value: unknown,
  actual: string | readonly string[] | undefined,
  key = 'acs:X',
): boolean {
  const record: Conditions = actual === undefined ? {} : { [key]: actual };
  return parseCondition({ [operator]: { [key]: value } }).holds(record);
}

describe('[Sec-23] condition operators, truth table', () => {
  // operator, its negation, what the policy says, values that satisfy the positive one, values that do not
  const table: [string, string | undefined, unknown, string[], string[]][] = [
    ['StringEquals', 'StringNotEquals', 'a*', ['a*'], ['A*', 'ab', '']],
    ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'aB', ['ab', 'AB'], ['abc', '']],
    ['StringLike', 'StringNotLike', 'a?c*', ['abc', 'a*cd'], ['ac', 'Abc', 'xabc']],
    ['NumericEquals', 'NumericNotEquals', '10', ['10', '10.0'], ['9.99', 'ten', '']],
    ['NumericLessThan', undefined, 10, ['9.99', '-3'], ['10', '11', 'x']],
    ['NumericLessThanEquals', undefined, '10', ['10', '9'], ['10.01']],
    ['NumericGreaterThan', undefined, '10', ['10.5', '200'], ['10', '9']],
    ['NumericGreaterThanEquals', undefined, '10', ['10', '11'], ['9.999']],
    [
      'DateEquals',
      'DateNotEquals',
      '2025-01-15T08:30:00Z',
      ['2025-01-15T08:30:00.000Z', '2025-01-15T16:30:00+08:00'],
      ['2025-01-15T08:30:01Z', 'yesterday'],
    ],
    ['DateLessThan', undefined, '2025-01-15', ['2025-01-14T23:59:59.999Z'], ['2025-01-15T00:00:00Z', '2026-01-01']],
    ['DateLessThanEquals', undefined, '2025-01-15', ['2025-01-15T00:00:00Z'], ['2025-01-15T00:00:00.001Z']],
    ['DateGreaterThan', undefined, '2025-01-15T08:00:00+0800', ['2025-01-15T00:00:01Z'], ['2025-01-15T00:00:00Z']],
    ['DateGreaterThanEquals', undefined, '2025-01-15T00:00', ['2025-01-15T00:00:00Z'], ['2025-01-14T23:59:59Z']],
    ['Bool', undefined, 'true', ['true'], ['false', '']],
    ['Bool', undefined, false, ['false'], ['true']],
    ['IpAddress', 'NotIpAddress', '10.0.0.0/8', ['10.9.8.7', '::ffff:10.0.0.1'], ['11.0.0.1', '::1', 'x']],
    ['IpAddress', 'NotIpAddress', '2001:db8::/32', ['2001:db8:1::5'], ['2001:db9::', '10.0.0.1']],
    ['IpAddress', 'NotIpAddress', '101.*.*.100', ['101.1.2.100'], ['101.1.2.3', '102.1.2.100']],
  ];
  for (const [operator, negation, value, inside, outside] of table) {
    it(`${operator} ${JSON.stringify(value)}`, () => {
      for (const actual of inside) expect([actual, holds(operator, value, actual)]).toEqual([actual, true]);
      for (const actual of outside) expect([actual, holds(operator, value, actual)]).toEqual([actual, false]);
      expect(holds(operator, value, undefined)).toBe(false);
      expect(holds(operator, value, [])).toBe(false);
      if (negation === undefined) return;
      for (const actual of inside) expect([actual, holds(negation, value, actual)]).toEqual([actual, false]);
      for (const actual of outside) expect([actual, holds(negation, value, actual)]).toEqual([actual, true]);
      expect(holds(negation, value, undefined)).toBe(true);
      expect(holds(negation, value, [])).toBe(true);
    });
  }

  it('takes several values of the policy as alternatives, and a negation as none of them', () => {
    expect(holds('StringEquals', ['a', 'b'], 'b')).toBe(true);
    expect(holds('StringEquals', ['a', 'b'], 'c')).toBe(false);
    expect(holds('StringNotEquals', ['a', 'b'], 'b')).toBe(false);
    expect(holds('StringNotEquals', ['a', 'b'], 'c')).toBe(true);
    expect(holds('NotIpAddress', ['10.0.0.0/8', '192.168.0.0/16'], '192.168.1.1')).toBe(false);
    expect(holds('NumericLessThan', ['1', '10'], '5')).toBe(true);
  });

  it('takes several values of the request: one is enough, and for a negation none may match', () => {
    expect(holds('StringLike', ['a*', 'b*'], ['x', 'bc'])).toBe(true);
    expect(holds('StringNotLike', ['a*', 'b*'], ['x', 'bc'])).toBe(false);
    expect(holds('StringNotLike', ['a*', 'b*'], ['x', 'y'])).toBe(true);
    expect(holds('StringNotEquals', 'a', ['a', 'b'])).toBe(false);
  });

  it('wants all operators and all keys', () => {
    const condition = parseCondition({
      StringEquals: { 'acs:A': 'a', 'acs:B': 'b' },
      StringNotEquals: { 'acs:C': 'c' },
    });
    expect(condition.holds({ 'acs:A': 'a', 'acs:B': 'b' })).toBe(true);
    expect(condition.holds({ 'acs:A': 'a' })).toBe(false);
    expect(condition.holds({ 'acs:A': 'a', 'acs:B': 'b', 'acs:C': 'c' })).toBe(false);
  });
});

describe('condition values', () => {
  it('refuses what an operator cannot take, so that no rule is silently void', () => {
    const bad: [string, unknown][] = [
      ['NumericEquals', 'ten'],
      ['NumericEquals', '1e3'],
      ['NumericEquals', ''],
      ['NumericEquals', '9'.repeat(400)],
      ['DateLessThan', '2025-02-30'],
      ['DateLessThan', '2025-1-1'],
      ['DateLessThan', '2025-01-01T24:00:00Z'],
      ['DateLessThan', '2025-01-01T00:00:00+24:00'],
      ['Bool', 'yes'],
      ['Bool', 'https'],
      ['IpAddress', '10.0.0.0/33'],
      ['IpAddress', '10.0.0'],
      ['IpAddress', ['10.0.0.1', 'localhost']],
      ['StringEquals', []],
      ['StringEquals', null],
      ['StringEquals', { a: 1 }],
      ['StringEquals', [['a']]],
      ['StringEqualsIfExists', 'a'],
      ['stringequals', 'a'],
      ['constructor', 'a'],
      ['__proto__', 'a'],
    ];
    for (const [operator, value] of bad) {
      const text = JSON.stringify({ Placeholder: { 'acs:X': value } }).replace('Placeholder', operator);
      expect(() => parseCondition(JSON.parse(text)), text).toThrow(PolicyError);
    }
    for (const key of ['aws:SourceIp', 'SourceIp', 'acs:', '__proto__']) {
      expect(() => parseCondition(JSON.parse(`{"StringEquals":{"${key}":"a"}}`)), key).toThrow(PolicyError);
    }
    expect(() => parseCondition({ StringEquals: {} })).toThrow(/names no key/);
    expect(() => parseCondition({ StringEquals: 'a' })).toThrow(PolicyError);
    expect(() => parseCondition([])).toThrow(PolicyError);
  });

  it('knows acs:SecureTransport by its scheme too', () => {
    const https = parseCondition({ Bool: { 'acs:SecureTransport': 'HTTPS' } });
    expect([https.holds(context({ secure: true })), https.holds(context({ secure: false }))]).toEqual([true, false]);
    const http = parseCondition({ Bool: { 'acs:SecureTransport': ['http'] } });
    expect([http.holds(context({ secure: true })), http.holds(context({ secure: false }))]).toEqual([false, true]);
  });

  it('does not tell condition keys apart by case, but tags', () => {
    const facts = context({ existingObjectTags: [{ key: 'Dept', value: 'x' }] });
    expect(parseCondition({ StringEquals: { 'ACS:sourceip': '203.0.113.7' } }).holds(facts)).toBe(true);
    expect(parseCondition({ StringEquals: { 'oss:existingobjecttag/Dept': 'x' } }).holds(facts)).toBe(true);
    expect(parseCondition({ StringEquals: { 'oss:ExistingObjectTag/dept': 'x' } }).holds(facts)).toBe(false);
  });
});

describe('the facts of a request', () => {
  it('are what the gateway knows, under the documented keys', () => {
    const record = conditions({
      sourceIp: '203.0.113.7',
      secure: false,
      userAgent: 'curl/8',
      now,
      accessKeyId: 'STS.abc',
      prefix: '',
      delimiter: '/',
      objectAcl: 'private',
      bucketAcl: 'public-read',
      bucketTags: [{ key: 'a', value: '1' }],
      existingObjectTags: [{ key: 'b', value: '2' }],
      requestObjectTags: [{ key: '__proto__x', value: '3' }],
      retentionDays: 12,
    });
    expect({ ...record }).toEqual({
      'acs:SourceIp': '203.0.113.7',
      'acs:SecureTransport': 'false',
      'acs:UserAgent': 'curl/8',
      'acs:CurrentTime': '2025-01-15T08:30:00.000Z',
      'acs:AccessId': 'STS.abc',
      'acs:MFAPresent': 'false',
      'oss:Prefix': '',
      'oss:Delimiter': '/',
      'oss:x-oss-object-acl': 'private',
      'oss:x-oss-acl': 'public-read',
      'oss:BucketTag/a': '1',
      'oss:ExistingObjectTag/b': '2',
      'oss:RequestObjectTag/__proto__x': '3',
      'oss:object-remaining-retention-days': '12',
    });
  });

  it('[Sec-22] name an IPv4 client the same whether it came over IPv4 or IPv6', () => {
    const inside = parseCondition({ IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } });
    const exact = parseCondition({ StringEquals: { 'acs:SourceIp': '10.1.2.3' } });
    for (const sourceIp of ['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203']) {
      expect(inside.holds(context({ sourceIp }))).toBe(true);
      expect(exact.holds(context({ sourceIp }))).toBe(true);
    }
    expect(inside.holds(context({ sourceIp: '2001:db8::10.1.2.3' }))).toBe(false);
  });

  it('[Sec-22] lack an address that is none, so that an allow-list stays shut', () => {
    for (const sourceIp of ['10.1.2.3, 203.0.113.7', 'unknown', '', undefined]) {
      const facts = context({ sourceIp });
      expect(parseCondition({ IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } }).holds(facts)).toBe(false);
      expect(parseCondition({ NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } }).holds(facts)).toBe(true);
    }
  });

  it('keep a hostile user agent short', () => {
    const facts = context({ userAgent: `${'a'.repeat(1023)}😀${'b'.repeat(100_000)}` });
    expect(facts['acs:UserAgent']).toHaveLength(1024);
    expect((facts['acs:UserAgent'] as string).isWellFormed()).toBe(true);
  });

  it('count a request from the Internet as outside every VPC', () => {
    const fromInternet = parseCondition({ StringNotLike: { 'acs:SourceVpc': ['vpc-*'] } });
    expect(fromInternet.holds(context())).toBe(true);
    expect(parseCondition({ StringLike: { 'acs:SourceVpc': ['vpc-*'] } }).holds(context())).toBe(false);
  });

  it('tell that no second factor was used', () => {
    expect(parseCondition({ Bool: { 'acs:MFAPresent': 'true' } }).holds(context())).toBe(false);
    expect(parseCondition({ Bool: { 'acs:MFAPresent': 'false' } }).holds(context())).toBe(true);
  });
});
