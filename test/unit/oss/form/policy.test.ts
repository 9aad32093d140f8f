import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import {
  type FormPolicy,
  fixes,
  names,
  parseFormPolicy,
  refuseExpiredPolicy,
  refuseUnmet,
} from '../../../../src/oss/form/policy.ts';

const expiration = '2025-01-15T09:30:00.000Z';

function encode(document: unknown): string {
  return Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64');
}

function policyOf(...conditions: unknown[]): FormPolicy {
  return parseFormPolicy(encode({ expiration, conditions }));
}

function refusal(run: () => unknown): OssError {
  try {
    run();
  } catch (error) {
    if (error instanceof OssError) return error;
    throw error;
  }
  throw new Error('not refused');
}

/** Whether a condition holds for the fields. */
function holds(condition: unknown, fields: Record<string, string>): boolean {
  try {
    refuseUnmet(policyOf(condition).conditions, (field) => fields[field] ?? '');
    return true;
  } catch (error) {
    if (error instanceof OssError && error.code === 'AccessDenied' && error.status === 403) return false;
    throw error;
  }
}

describe('a policy document', () => {
  it('is read with and without milliseconds in its expiration', () => {
    const ms = Date.UTC(2025, 0, 15, 9, 30);
    expect(policyOf({ key: 'a' }).expires).toBe(ms);
    expect(parseFormPolicy(encode({ expiration: '2025-01-15T09:30:00Z', conditions: [{ key: 'a' }] })).expires).toBe(
      ms,
    );
  });

  it.each([
    ['that is not base64', '{}', '0006-00000201'],
    ['with a line break in its base64', `${encode({ expiration, conditions: [{ a: 'b' }] })}\n`, '0006-00000201'],
    ['that is not JSON', encode('{'), '0006-00000201'],
    ['that is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('base64'), '0006-00000201'],
    ['that is no object', encode('[]'), '0006-00000201'],
    ['with two documents', encode(`{"expiration":"${expiration}","conditions":[{"a":"b"}]} {}`), '0006-00000201'],
    ['without conditions', encode({ expiration }), '0006-00000207'],
    ['with empty conditions', encode({ expiration, conditions: [] }), '0006-00000209'],
    ['with conditions that are no list', encode({ expiration, conditions: {} }), '0006-00000214'],
    ['with an empty condition', encode({ expiration, conditions: [[]] }), '0006-00000216'],
    ['with an unknown mode', encode({ expiration, conditions: [['ends-with', '$key', 'a']] }), '0006-00000216'],
    ['with a mode in capitals', encode({ expiration, conditions: [['EQ', '$key', 'a']] }), '0006-00000216'],
    [
      'with a prefix of the bucket',
      encode({ expiration, conditions: [['starts-with', '$bucket', '']] }),
      '0006-00000216',
    ],
    ['with a number for a value', encode({ expiration, conditions: [['eq', '$key', 1]] }), '0006-00000218'],
    ['with a condition of two', encode({ expiration, conditions: [['eq', '$key']] }), '0006-00000218'],
    ['with a condition of four', encode({ expiration, conditions: [['eq', '$key', 'a', 'b']] }), '0006-00000218'],
    ['with no field name', encode({ expiration, conditions: [['eq', '$', 'a']] }), '0006-00000218'],
    ['with a number for a simple value', encode({ expiration, conditions: [{ key: 1 }] }), '0006-00000218'],
    ['with a condition that is a number', encode({ expiration, conditions: [123] }), '0006-00000222'],
    ['with a condition that is null', encode({ expiration, conditions: [null] }), '0006-00000222'],
    ['with a text for a list', encode({ expiration, conditions: [['not-in', 'cache-control', 'a']] }), '0006-00000224'],
    ['with a list of numbers', encode({ expiration, conditions: [['in', '$key', [1]]] }), '0006-00000224'],
    ['with a range without an end', encode({ expiration, conditions: [['content-length-range', 1]] }), '0006-00000218'],
    ['with a range backwards', encode({ expiration, conditions: [['content-length-range', 2, 1]] }), '0006-00000218'],
    ['with a negative range', encode({ expiration, conditions: [['content-length-range', -1, 1]] }), '0006-00000218'],
    [
      'with a range of fractions',
      encode({ expiration, conditions: [['content-length-range', 0, 1.5]] }),
      '0006-00000218',
    ],
  ])('%s is refused', (_, encoded, ec) => {
    expect(refusal(() => parseFormPolicy(encoded))).toMatchObject({ code: 'InvalidPolicyDocument', status: 400, ec });
  });

  it('says what a simple condition must be', () => {
    for (const condition of [{}, { a: 'b', c: 'd' }]) {
      expect(refusal(() => policyOf(condition)).message).toBe(
        'Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.',
      );
    }
  });

  it.each([
    [
      'conditions',
      `{"expiration":"${expiration}","conditions":[{"key":"a"}],"conditions":[["starts-with","$key",""]]}`,
    ],
    ['expiration', `{"expiration":"2020-01-01T00:00:00Z","expiration":"${expiration}","conditions":[{"key":"a"}]}`],
    ['an escaped member', `{"expiration":"${expiration}","conditions":[{"key":"a"}],"condition\\u0073":[{"key":"b"}]}`],
    ['a member of a condition', `{"expiration":"${expiration}","conditions":[{"key":"a","key":"b"}]}`],
  ])('[Sec-11] with %s twice is refused', (_, document) => {
    expect(refusal(() => parseFormPolicy(encode(document)))).toMatchObject({ code: 'InvalidPolicyDocument' });
  });

  it.each([
    undefined,
    null,
    '',
    'soon',
    1_736_929_800,
    '2025-01-15',
    '2025-02-30T00:00:00Z',
    '2025-01-15T09:30:00+08:00',
  ])('[Sec-12] with the expiration %j is refused', (value) => {
    const document = { expiration: value, conditions: [{ key: 'a' }] };
    expect(refusal(() => parseFormPolicy(encode(document)))).toMatchObject({ code: 'InvalidPolicyDocument' });
  });

  it('[Sec-12] is good until its expiration, to the millisecond', () => {
    const policy = policyOf({ key: 'a' });
    expect(() => refuseExpiredPolicy(policy, policy.expires)).not.toThrow();
    expect(refusal(() => refuseExpiredPolicy(policy, policy.expires + 1))).toMatchObject({
      code: 'AccessDenied',
      status: 403,
      message: 'Invalid according to Policy: Policy expired.',
    });
  });

  it('takes \\$ for a dollar sign, and no other escape that JSON does not know', () => {
    const document = (key: string) => encode(`{"expiration":"${expiration}","conditions":[["eq","\\$key","${key}"]]}`);
    expect(parseFormPolicy(document('a\\$b')).conditions[0]).toMatchObject({ field: 'key', values: ['a$b'] });
    expect(parseFormPolicy(document('a\\\\$b')).conditions[0]).toMatchObject({ values: ['a\\$b'] });
    expect(refusal(() => parseFormPolicy(document('\\#'))).code).toBe('InvalidPolicyDocument');
  });

  it('is the narrowest of several ranges, given in numbers or digits', () => {
    expect(policyOf(['content-length-range', 5, 100], ['content-length-range', '1', '50']).length).toEqual({
      min: 5,
      max: 50,
    });
    expect(policyOf({ key: 'a' }).length).toEqual({ min: 0, max: Number.MAX_SAFE_INTEGER });
  });
});

describe('[Sec-8] conditions', () => {
  it.each([
    // condition, value, whether it holds
    [{ key: 'a' }, 'a', true],
    [{ key: 'a' }, 'A', false],
    [{ key: 'a' }, 'ab', false],
    [{ $key: 'a' }, 'a', true],
    [['eq', '$key', 'a'], 'a', true],
    [['eq', 'key', 'a'], 'a', true],
    [['eq', '$KEY', 'a'], 'a', true],
    [['eq', '$key', 'a'], '', false],
    [['eq', '$key', ''], '', true],
    [['starts-with', '$key', 'user/'], 'user/a', true],
    [['starts-with', '$key', 'user/'], 'user/', true],
    [['starts-with', '$key', 'user/'], 'user', false],
    [['starts-with', '$key', 'user/'], 'User/a', false],
    [['starts-with', '$key', 'user/'], 'other/user/a', false],
    [['starts-with', '$key', ''], '', true],
    [['starts-with', '$key', ''], 'anything', true],
    [['in', '$key', ['a', 'b']], 'b', true],
    [['in', '$key', ['a', 'b']], 'c', false],
    [['in', '$key', ['a', 'b']], '', false],
    [['in', '$key', []], 'a', false],
    [['not-in', '$key', ['a', 'b']], 'c', true],
    [['not-in', '$key', ['a', 'b']], 'a', false],
    [['not-in', '$key', ['a', 'b']], '', true],
    [['not-in', '$key', []], 'a', true],
  ])('%j of %j: %j', (condition, key, expected) => {
    expect(holds(condition, { key })).toBe(expected);
  });

  it('[Sec-10] on a field that nobody knows fail, where the form has none of that value', () => {
    expect(holds({ 'x-oss-unheard-of': 'a' }, {})).toBe(false);
    expect(holds(['eq', '$nonsense', 'a'], {})).toBe(false);
    expect(holds(['eq', '$nonsense', 'a'], { nonsense: 'a' })).toBe(true);
  });

  it('must hold all, and the first that fails is named as the service names it', () => {
    const { conditions } = policyOf(['starts-with', '$key', 'a'], ['eq', '$success_action_status', '200'], {
      key: 'b',
    });
    const error = refusal(() => refuseUnmet(conditions, (field) => (field === 'key' ? 'a' : '')));
    expect(error).toMatchObject({
      code: 'AccessDenied',
      status: 403,
      ec: '0006-00000227',
      message: 'Invalid according to Policy: Policy Condition failed: ["eq", "$success_action_status", "200"]',
    });
    const listed = policyOf(['in', '$key', ['a, b', 'c']]).conditions;
    expect(refusal(() => refuseUnmet(listed, () => '')).message).toContain('["in", "$key", ["a, b", "c"]]');
    const simple = policyOf({ key: 'x' }).conditions;
    expect(refusal(() => refuseUnmet(simple, () => '')).message).toContain('["eq", "$key", "x"]');
  });

  it('that are long are cut in the message', () => {
    const { conditions } = policyOf({ key: 'x'.repeat(100_000) });
    expect(refusal(() => refuseUnmet(conditions, () => '')).message.length).toBeLessThan(1_200);
  });

  it('agree with their definition for any texts', () => {
    const text = fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', '/') });
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 3 }), text, (one, many, value) => {
        expect(holds(['eq', '$key', one], { key: value })).toBe(one === value);
        expect(holds(['starts-with', '$key', one], { key: value })).toBe(value.slice(0, one.length) === one);
        expect(holds(['in', '$key', many], { key: value })).toBe(many.some((item) => item === value));
        expect(holds(['not-in', '$key', many], { key: value })).toBe(many.every((item) => item !== value));
      }),
    );
  });
});

describe('what a policy names', () => {
  const policy = policyOf(['starts-with', '$x-oss-meta-', ''], ['eq', '$Key', 'a'], ['starts-with', '$callback', '']);

  it('[Sec-10] is each field of a condition, and of a stem', () => {
    for (const field of ['key', 'callback', 'x-oss-meta-a']) expect(names(policy, field), field).toBe(true);
    for (const field of ['key2', 'callback-var', 'x-oss-meta', 'x-oss-object-acl']) {
      expect(names(policy, field), field).toBe(false);
    }
  });

  it('is fixed only where it must equal something', () => {
    expect(fixes(policy, 'key')).toBe(true);
    expect(fixes(policy, 'callback')).toBe(false);
  });
});
