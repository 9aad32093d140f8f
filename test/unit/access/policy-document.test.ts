import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  evaluate,
  PolicyError,
  parseBucketPolicy,
  parseRamPolicy,
  policyProblemEc,
} from '../../../src/access/policy.ts';
import { anonymous, bucketText, document, request, root, statement } from './support.ts';

function problem(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof PolicyError) return error.reason;
    throw error;
  }
  return 'accepted';
}

describe('reading a policy', () => {
  const good = statement({ Principal: ['1234567890'], Action: ['oss:PutObject', 'oss:GetObject'], Effect: 'Deny' });

  it("[PutBucketPolicy-4] accepts the reference's sample", () => {
    const text = `{
      "Version": "1",
      "Statement": [{
        "Action": ["oss:PutObject", "oss:GetObject"],
        "Effect": "Deny",
        "Principal": ["1234567890"],
        "Resource": ["acs:oss:*:1234567890:*/*"]
      }]
    }\n`;
    expect(parseBucketPolicy(text).statements).toHaveLength(1);
    expect(evaluate(parseBucketPolicy(text), request({ identity: root() }))).toBe('Deny');
  });

  it('[PutBucketPolicy-3] accepts bare texts as well as lists', () => {
    const bare = parseBucketPolicy(
      bucketText({ Effect: 'Allow', Action: 'oss:GetObject', Principal: '*', Resource: 'acs:oss:*:*:photos/*' }),
    );
    const lists = parseBucketPolicy(
      bucketText({ Effect: 'Allow', Action: ['oss:GetObject'], Principal: ['*'], Resource: ['acs:oss:*:*:photos/*'] }),
    );
    for (const policy of [bare, lists]) expect(evaluate(policy, request({ identity: anonymous }))).toBe('Allow');
  });

  it('[PutBucketPolicy-5] accepts a statement without a Principal, and a Resource of others', () => {
    const { Principal: _, ...noPrincipal } = good;
    expect(problem(() => parseBucketPolicy(bucketText(noPrincipal)))).toBe('accepted');
    expect(problem(() => parseBucketPolicy(bucketText({ ...good, Resource: 'acs:oss:*:42:other/*' })))).toBe(
      'accepted',
    );
    expect(problem(() => parseBucketPolicy(bucketText({ ...good, Resource: '*' })))).toBe('accepted');
  });

  it('[PutBucketPolicy-8] refuses what is not such a document', () => {
    const bad: string[] = [
      '',
      'policy',
      '[]',
      'null',
      '"text"',
      '<Policy/>',
      '{"Version":"1"}',
      '{"Version":"1","Statement":[]}',
      '{"Version":"1","Statement":{}}',
      '{"Version":"1","Statement":[null]}',
      '{"Version":"1","Statement":[[]]}',
      JSON.stringify({ Version: '2', Statement: [good] }),
      JSON.stringify({ Version: 1, Statement: [good] }),
      JSON.stringify({ Statement: [good] }),
      JSON.stringify({ Version: '1', Statement: [good], Id: 'x' }),
    ];
    const badMembers: Record<string, unknown>[] = [
      { Effect: 'allow' },
      { Effect: undefined },
      { Effect: ['Allow'] },
      { Action: undefined },
      { Action: [] },
      { Action: '' },
      { Action: 'GetObject' },
      { Action: 's3:GetObject' },
      { Action: 'oss:Get Object' },
      { Action: 'oss:' },
      { Action: [1] },
      { Resource: undefined },
      { Resource: [] },
      { Resource: 'photos/*' },
      { Resource: 'arn:aws:s3:::photos/*' },
      { Resource: 'acs:oss*:1234567890:*/*' },
      { Resource: 'acs:oss:*:*:' },
      { Resource: 'acs:oss::*:photos' },
      { Resource: 'acs:ecs:*:*:instance/*' },
      { Principal: {} },
      { Principal: [''] },
      { Principal: ['12*'] },
      { Principal: 'acs:ram::1234567890:user/alice' },
      { Principal: 'arn:sts::1234567890:assumed-role/*/s' },
      { Principal: 'arn:sts::1234567890:assumed-role/r' },
      { Condition: [] },
      { Condition: { Unknown: { 'acs:SourceIp': '1.2.3.4' } } },
      { NotAction: 'oss:GetObject' },
      { NotPrincipal: '*' },
      { Sid: 'x' },
      { effect: 'Allow' },
    ];
    for (const members of badMembers) bad.push(bucketText({ ...good, ...members }));
    for (const text of bad) expect([text, problem(() => parseBucketPolicy(text))]).toEqual([text, 'malformed']);
    expect(problem(() => parseBucketPolicy(bucketText(good)))).toBe('accepted');
  });

  it('[Sec-11] refuses members that occur twice, whichever reader would take which', () => {
    const once = bucketText(good);
    for (const text of [
      once.replace('"Effect":"Deny"', '"Effect":"Deny","Effect":"Allow"'),
      once.replace('"Version":"1"', '"Version":"1","Version":"1"'),
      `${once.slice(0, -1)},"Statement":[]}`,
      once.replace('"Principal":', '"Principal":"*","Princip\\u0061l":'),
    ]) {
      expect(problem(() => parseBucketPolicy(text))).toBe('malformed');
      expect(problem(() => parseRamPolicy(text))).toBe('malformed');
    }
  });

  it('bounds the whole at 16 KB and an element at 4095 bytes', () => {
    const text = bucketText(good);
    const padded = (bytes: number) => text + ' '.repeat(bytes - text.length);
    expect(problem(() => parseBucketPolicy(padded(16_384)))).toBe('accepted');
    expect(problem(() => parseBucketPolicy(padded(16_385)))).toBe('too-large');
    expect(problem(() => parseBucketPolicy(padded(10_000_000)))).toBe('too-large');
    // 6,000 characters, 18,000 bytes.
    expect(problem(() => parseBucketPolicy(bucketText({ ...good, Resource: '测'.repeat(6000) })))).toBe('too-large');

    const resource = (bytes: number) => `acs:oss:*:*:${'k'.repeat(bytes - 2 - 'acs:oss:*:*:'.length)}`;
    expect(problem(() => parseBucketPolicy(bucketText({ ...good, Resource: resource(4095) })))).toBe('accepted');
    expect(problem(() => parseBucketPolicy(bucketText({ ...good, Resource: resource(4096) })))).toBe(
      'element-too-long',
    );
    const many = Array.from({ length: 300 }, (_, i) => `oss:Action${i}`);
    expect(problem(() => parseBucketPolicy(bucketText({ ...good, Action: many })))).toBe('element-too-long');
    expect(policyProblemEc['too-large']).toBe('0030-00000001');
    expect(policyProblemEc['element-too-long']).toBe('0030-00000003');
  });

  it('reads RAM policies as text and as values, without principals, beside those of other services', () => {
    const value = document(
      statement({ Action: ['oss:Get*', 'ecs:*'], Resource: ['acs:oss:*:*:photos/*', 'acs:ecs:*:*:instance/*'] }),
    );
    for (const input of [value, JSON.stringify(value)]) {
      expect(evaluate(parseRamPolicy(input), request())).toBe('Allow');
      expect(evaluate(parseRamPolicy(input), request({ action: 'oss:PutObject' }))).toBe('Ignore');
    }
    expect(problem(() => parseRamPolicy(document(statement({ Principal: '*' }))))).toBe('malformed');
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const input of [undefined, null, 1, [], () => 1, 1n, cyclic]) {
      expect(problem(() => parseRamPolicy(input))).toBe('malformed');
    }
  });

  it('answers hostile text with a PolicyError and nothing else', () => {
    const shape = fc.record(
      {
        Version: fc.constantFrom<unknown>('1', '2', 1),
        Statement: fc.array(
          fc.record(
            {
              Effect: fc.constantFrom<unknown>('Allow', 'Deny', 'x', null),
              Action: fc.oneof(
                fc.jsonValue(),
                fc.string().map((s) => `oss:${s}`),
              ),
              Resource: fc.oneof(
                fc.jsonValue(),
                fc.string().map((s) => `acs:oss:*:*:${s}`),
              ),
              Principal: fc.oneof(fc.jsonValue(), fc.constant('*')),
              Condition: fc.dictionary(fc.constantFrom('StringLike', 'Bool', 'IpAddress', '__proto__'), fc.jsonValue()),
            },
            { requiredKeys: [] },
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          shape.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          expect(['accepted', 'malformed', 'too-large', 'element-too-long']).toContain(
            problem(() => parseBucketPolicy(text)),
          );
        },
      ),
    );
  });
});
