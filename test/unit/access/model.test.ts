import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymous, type Identity } from '../../../src/access/identity.ts';
import { evaluate, parseBucketPolicy, parseRamPolicy } from '../../../src/access/policy.ts';
import { type ModelRequest, modelVerdict } from './model.ts';
import { foreigner, owner, role, root, type StatementDocument, user } from './support.ts';

function oneOrMore<T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> {
  return fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));
}

const action = fc.constantFrom('oss:GetObject', 'oss:getobject', 'oss:Get*', 'oss:*Object', 'oss:Put*', 'oss:*', '*');
const path = fc.constantFrom('b', 'b/*', 'b/a', 'b/a*', 'b/?', 'b/*/a', '*', '*/*', 'c/*', 'b/a:?', '?/a*');
const resource = fc.oneof(
  { weight: 1, arbitrary: fc.constant('*') },
  {
    weight: 9,
    arbitrary: fc
      .tuple(fc.constantFrom('*', 'cn-x', 'oss-cn-x', 'cn-y'), fc.constantFrom('*', owner, foreigner), path)
      .map(([region, uid, rest]) => `acs:oss:${region}:${uid}:${rest}`),
  },
);
const principal = fc.constantFrom(
  '*',
  owner,
  foreigner,
  '2001',
  '2002',
  `arn:sts::${owner}:assumed-role/Reader/*`,
  `arn:sts::${owner}:assumed-role/reader/s1`,
  `arn:sts::${foreigner}:assumed-role/Reader/s2`,
);

const text = fc.constantFrom('a', 'A', 'ab', 'b', '');
const time = fc.constantFrom(
  '2025-01-15T08:30:00Z',
  '2025-01-15T08:30:00.000Z',
  '2025-01-15T16:31:00+08:00',
  '2024-06-01',
);
const number = fc.constantFrom('0', '1', '10', '9.5', '-3', '10.0');
const relations = ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals', 'NotEquals'];

/** Operators with keys and values that suit them. */
const operator: fc.Arbitrary<[string, string, string | string[]]> = fc.oneof(
  fc.tuple(
    fc.constantFrom('StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'),
    fc.constantFrom('oss:Prefix', 'oss:BucketTag/t'),
    oneOrMore(text),
  ),
  fc.tuple(
    fc.constantFrom('StringLike', 'StringNotLike'),
    fc.constantFrom('oss:Prefix', 'oss:BucketTag/t'),
    oneOrMore(fc.constantFrom('*', 'a*', '?', '*b', 'a?', 'A')),
  ),
  fc.tuple(
    fc.constantFrom(...relations.map((relation) => `Numeric${relation}`)),
    fc.constant('oss:object-remaining-retention-days'),
    oneOrMore(number),
  ),
  fc.tuple(
    fc.constantFrom(...relations.map((relation) => `Date${relation}`)),
    fc.constant('acs:CurrentTime'),
    oneOrMore(time),
  ),
  fc.tuple(fc.constant('Bool'), fc.constant('acs:SecureTransport'), oneOrMore(fc.constantFrom('true', 'false'))),
  fc.tuple(
    fc.constantFrom('IpAddress', 'NotIpAddress'),
    fc.constant('acs:SourceIp'),
    oneOrMore(fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '10.*.*.3', '0.0.0.0/0')),
  ),
);
const condition = fc.array(operator, { maxLength: 3 }).map((entries) => {
  const element: Record<string, Record<string, unknown>> = {};
  for (const [name, key, values] of entries) element[name] = { ...element[name], [key]: values };
  return element;
});

const ramStatement: fc.Arbitrary<StatementDocument> = fc.record(
  {
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: oneOrMore(action),
    Resource: oneOrMore(resource),
    Condition: condition,
  },
  { requiredKeys: ['Effect', 'Action', 'Resource'] },
);
const bucketStatement: fc.Arbitrary<StatementDocument> = fc
  .tuple(
    ramStatement,
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ Principal: fc.oneof(oneOrMore(principal), fc.constant<string[]>([])) }) },
      { weight: 1, arbitrary: fc.constant({}) },
    ),
  )
  .map(([statement, named]) => ({ ...statement, ...named }));

const identity: fc.Arbitrary<Identity> = fc.constantFrom(
  anonymous,
  root(),
  root(foreigner),
  user(),
  user([], '2002'),
  user([], '2001', foreigner),
  role(),
  role([], undefined, foreigner),
);

const modelRequest: fc.Arbitrary<ModelRequest> = fc.record({
  action: fc.constantFrom('oss:GetObject', 'oss:GetObjectVersion', 'oss:PutObject', 'oss:ListObjects'),
  owner: fc.constant(owner),
  region: fc.constantFrom('oss-cn-x', 'oss-cn-y'),
  bucket: fc.constantFrom('b', 'c'),
  key: fc.constantFrom(undefined, 'a', 'ab', 'a/b', 'x/a', 'a:b', '测'),
  identity,
  context: fc.record(
    {
      'oss:Prefix': text,
      'oss:BucketTag/t': fc.oneof(text, fc.array(text, { maxLength: 2 })),
      'oss:object-remaining-retention-days': number,
      'acs:CurrentTime': time,
      'acs:SecureTransport': fc.constantFrom('true', 'false'),
      'acs:SourceIp': fc.constantFrom('10.1.2.3', '10.1.9.9', '10.9.9.3', '192.0.2.1'),
    },
    { requiredKeys: [] },
  ),
});

describe('[Sec-23] the evaluator and the model', () => {
  it('agree on every bucket policy', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(bucketStatement, { minLength: 1, maxLength: 4 }), modelRequest, (statements, request) => {
        const policy = parseBucketPolicy(JSON.stringify({ Version: '1', Statement: statements }));
        const verdict = evaluate(policy, request);
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
        expect(verdict).toBe(modelVerdict(statements, 'bucket', request));
      }),
      { numRuns: 4000 },
    );
    // Positive control: the generators reach every answer often enough to prove something.
    for (const verdict of ['Allow', 'Deny', 'Ignore']) expect(seen.get(verdict) ?? 0).toBeGreaterThan(100);
  });

  it('agree on every RAM policy, as text and as value', () => {
    fc.assert(
      fc.property(fc.array(ramStatement, { minLength: 1, maxLength: 4 }), modelRequest, (statements, request) => {
        const document = { Version: '1', Statement: statements };
        const expected = modelVerdict(statements, 'ram', request);
        expect(evaluate(parseRamPolicy(document), request)).toBe(expected);
        expect(evaluate(parseRamPolicy(JSON.stringify(document)), request)).toBe(expected);
      }),
      { numRuns: 1500 },
    );
  });

  it('never let one more Deny allow more, or the order of statements count', () => {
    fc.assert(
      fc.property(fc.array(bucketStatement, { minLength: 1, maxLength: 4 }), modelRequest, (statements, request) => {
        const verdict = (list: StatementDocument[]) =>
          evaluate(parseBucketPolicy(JSON.stringify({ Version: '1', Statement: list })), request);
        const whole = verdict(statements);
        expect(verdict(statements.toReversed())).toBe(whole);
        const deny: StatementDocument = { Effect: 'Deny', Action: '*', Resource: '*', Principal: '2002' };
        if (whole !== 'Allow') expect(verdict([...statements, deny])).not.toBe('Allow');
      }),
    );
  });
});
