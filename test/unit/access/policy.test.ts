import { describe, expect, it } from 'vitest';
import { evaluate, isPublic, parseBucketPolicy } from '../../../src/access/policy.ts';
import {
  anonymous,
  bucketPolicy,
  bucketText,
  context,
  foreigner,
  owner,
  request,
  role,
  root,
  type StatementDocument,
  statement,
  user,
} from './support.ts';

describe('evaluating a policy', () => {
  it('[PutBucketPolicy-6] lets an explicit Deny beat every Allow, in either order', () => {
    const allow: Partial<StatementDocument> = { Effect: 'Allow', Principal: '2001' };
    const deny: Partial<StatementDocument> = { Effect: 'Deny', Principal: '2001', Action: 'oss:GetObject' };
    for (const statements of [
      [allow, deny],
      [deny, allow],
    ]) {
      const policy = bucketPolicy(...statements);
      expect(evaluate(policy, request())).toBe('Deny');
      expect(evaluate(policy, request({ action: 'oss:PutObject' }))).toBe('Allow');
      expect(evaluate(policy, request({ identity: user([], '2002') }))).toBe('Ignore');
    }
  });

  it('matches actions without case and with `*`', () => {
    const verdict = (action: string, asked: string) =>
      evaluate(bucketPolicy({ Action: action, Principal: '2001' }), request({ action: asked }));
    expect(verdict('oss:getobject', 'oss:GetObject')).toBe('Allow');
    expect(verdict('OSS:Get*', 'oss:GetObjectAcl')).toBe('Allow');
    expect(verdict('oss:*Object', 'oss:GetObject')).toBe('Allow');
    expect(verdict('*', 'oss:DeleteBucket')).toBe('Allow');
    expect(verdict('oss:GetObject', 'oss:GetObjects')).toBe('Ignore');
    expect(verdict('oss:GetObject', 'oss:PutObject')).toBe('Ignore');
  });

  it('[Sec-24] does not take a version for the object, nor a listing of versions for a listing', () => {
    const policy = bucketPolicy({ Action: ['oss:GetObject', 'oss:ListObjects'], Principal: '2001' });
    expect(evaluate(policy, request({ action: 'oss:GetObject' }))).toBe('Allow');
    expect(evaluate(policy, request({ action: 'oss:GetObjectVersion' }))).toBe('Ignore');
    expect(evaluate(policy, request({ action: 'oss:ListObjectVersions', key: undefined }))).toBe('Ignore');
  });

  it('[PutBucketPolicy-4] matches resources by region, owner, bucket and key', () => {
    const verdict = (resource: string, fields = {}) =>
      evaluate(bucketPolicy({ Resource: resource, Principal: '2001' }), request(fields));
    expect(verdict('acs:oss:*:*:photos/*')).toBe('Allow');
    expect(verdict('acs:oss:*:*:photos/*', { key: undefined })).toBe('Ignore');
    expect(verdict('acs:oss:*:*:photos')).toBe('Ignore');
    expect(verdict('acs:oss:*:*:photos', { key: undefined })).toBe('Allow');
    expect(verdict('acs:oss:*:*:*')).toBe('Allow');
    expect(verdict('acs:oss:*:*:*', { key: undefined })).toBe('Allow');
    expect(verdict('acs:oss:*:*:*/*')).toBe('Allow');
    expect(verdict('*')).toBe('Allow');
    expect(verdict(`acs:oss:oss-cn-hangzhou:${owner}:photos/dir/*.jpg`)).toBe('Allow');
    expect(verdict(`acs:oss:cn-hangzhou:${owner}:photos/dir/c?t.jpg`)).toBe('Allow');
    expect(verdict('acs:oss:cn-shanghai:*:photos/*')).toBe('Ignore');
    expect(verdict(`acs:oss:*:${foreigner}:photos/*`)).toBe('Ignore');
    expect(verdict('acs:oss:*:*:photo/*')).toBe('Ignore');
    expect(verdict('acs:oss:*:*:photos/Dir/*')).toBe('Ignore');
    expect(verdict('acs:oss:*:*:photos/a:b', { key: 'a:b' })).toBe('Allow');
    expect(verdict('acs:oss:*:*:photos/a\nb*', { key: 'a\nb\nc' })).toBe('Allow');
    expect(verdict('acs:oss:*:*:photos/??', { key: '测试' })).toBe('Allow');
  });

  it('[Sec-18] takes a key for what it is: dots, slashes and escapes are text', () => {
    const policy = bucketPolicy({ Resource: 'acs:oss:*:*:photos/public/*', Principal: '2001' });
    expect(evaluate(policy, request({ key: 'public/a' }))).toBe('Allow');
    for (const key of ['/public/a', 'public', 'private/../public/a', 'public%2Fa', './public/a', 'publicx/a']) {
      expect([key, evaluate(policy, request({ key }))]).toEqual([key, 'Ignore']);
    }
  });

  it('[PutBucketPolicy-5] knows accounts, users and roles by their names', () => {
    const verdict = (principal: string | string[], identity: Parameters<typeof request>[0]) =>
      evaluate(bucketPolicy({ Principal: principal }), request(identity));
    expect(verdict('2001', { identity: user() })).toBe('Allow');
    expect(verdict(['1', '2001'], { identity: user() })).toBe('Allow');
    expect(verdict('2002', { identity: user() })).toBe('Ignore');
    expect(verdict('alice', { identity: user([], 'alice') })).toBe('Allow');
    expect(verdict('alice', { identity: user([], '2001') })).toBe('Ignore');
    expect(verdict(foreigner, { identity: root(foreigner) })).toBe('Allow');
    // An account's UID is its own key; its users and roles have names of their own.
    expect(verdict(foreigner, { identity: user([], '2001', foreigner) })).toBe('Ignore');
    expect(verdict(owner, { identity: role() })).toBe('Ignore');
    expect(verdict(owner, { identity: root() })).toBe('Allow');
    expect(verdict('2001', { identity: anonymous })).toBe('Ignore');
    const arn = (rest: string) => `arn:sts::${owner}:assumed-role/${rest}`;
    expect(verdict(arn('Reader/s1'), { identity: role() })).toBe('Allow');
    expect(verdict(arn('reader/*'), { identity: role() })).toBe('Allow');
    expect(verdict(arn('Reader/s2'), { identity: role() })).toBe('Ignore');
    expect(verdict(arn('Writer/*'), { identity: role() })).toBe('Ignore');
    expect(verdict(arn('Reader/*'), { identity: role([], undefined, foreigner) })).toBe('Ignore');
    expect(verdict(arn('Reader/*'), { identity: root() })).toBe('Ignore');
  });

  it('[PutBucketPolicy-5] takes `*` for everyone, anonymous included; without a Condition not for the owner', () => {
    const condition = { Bool: { 'acs:SecureTransport': 'true' } };
    for (const principal of ['*', ['*'], ['7', '*'], []]) {
      const plain = bucketPolicy({ Effect: 'Deny', Principal: principal });
      const conditional = bucketPolicy({ Effect: 'Deny', Principal: principal, Condition: condition });
      const empty = bucketPolicy({ Effect: 'Deny', Principal: principal, Condition: {} });
      for (const identity of [anonymous, user(), role(), root(foreigner)]) {
        for (const policy of [plain, conditional, empty]) expect(evaluate(policy, request({ identity }))).toBe('Deny');
      }
      expect(evaluate(plain, request({ identity: root() }))).toBe('Ignore');
      expect(evaluate(empty, request({ identity: root() }))).toBe('Ignore');
      expect(evaluate(conditional, request({ identity: root() }))).toBe('Deny');
      expect(evaluate(conditional, request({ identity: root(), context: context({ secure: false }) }))).toBe('Ignore');
    }
  });

  it('[PutBucketPolicy-5] without a Principal denies everybody but allows only the account', () => {
    const parse = (effect: 'Allow' | 'Deny') => parseBucketPolicy(bucketText(statement({ Effect: effect })));
    expect(evaluate(parse('Deny'), request({ identity: anonymous }))).toBe('Deny');
    expect(evaluate(parse('Deny'), request({ identity: user() }))).toBe('Deny');
    expect(evaluate(parse('Deny'), request({ identity: root() }))).toBe('Ignore');
    expect(evaluate(parse('Allow'), request({ identity: user() }))).toBe('Allow');
    expect(evaluate(parse('Allow'), request({ identity: anonymous }))).toBe('Ignore');
    expect(evaluate(parse('Allow'), request({ identity: user([], '2001', foreigner) }))).toBe('Ignore');
    expect(isPublic(parse('Allow'))).toBe(false);
  });

  it('[PutBucketPolicy-7] applies conditions on transport, address and time', () => {
    const deny = (Condition: StatementDocument['Condition'], facts: Parameters<typeof context>[0]) =>
      evaluate(bucketPolicy({ Effect: 'Deny', ...(Condition && { Condition }) }), request({ context: context(facts) }));
    expect(deny({ Bool: { 'acs:SecureTransport': 'false' } }, { secure: false })).toBe('Deny');
    expect(deny({ Bool: { 'acs:SecureTransport': 'false' } }, { secure: true })).toBe('Ignore');
    const outside = { NotIpAddress: { 'acs:SourceIp': ['10.0.0.0/8', '2001:db8::/32'] } };
    expect(deny(outside, { sourceIp: '10.1.1.1' })).toBe('Ignore');
    expect(deny(outside, { sourceIp: '2001:db8::9' })).toBe('Ignore');
    expect(deny(outside, { sourceIp: '11.1.1.1' })).toBe('Deny');
    const after = { DateGreaterThan: { 'acs:CurrentTime': '2025-01-15T16:29:59+08:00' } };
    expect(deny(after, {})).toBe('Deny');
    expect(deny(after, { now: Date.UTC(2025, 0, 15, 8, 29, 59) })).toBe('Ignore');
  });

  it('[Sec-21] has no key that a client could set but its user agent', () => {
    const facts = context({ userAgent: 'acs:SourceIp=10.0.0.1' });
    const policy = bucketPolicy({ Principal: '2001', Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } });
    expect(evaluate(policy, request({ context: facts }))).toBe('Ignore');
    expect(evaluate(policy, request({ context: context({ sourceIp: '10.0.0.1' }) }))).toBe('Allow');
    // A tag cannot pass for another key either.
    const tagged = context({
      requestObjectTags: [{ key: '../acs:SourceIp', value: '10.0.0.1' }],
      existingObjectTags: [{ key: 'a', value: '1' }],
    });
    expect(evaluate(policy, request({ context: tagged }))).toBe('Ignore');
  });

  it('applies list conditions to listings only', () => {
    const policy = bucketPolicy({ Principal: '2001', Condition: { StringEquals: { 'oss:Prefix': ['', 'dir/'] } } });
    const list = (facts: Parameters<typeof context>[0]) =>
      evaluate(policy, request({ action: 'oss:ListObjects', key: undefined, context: context(facts) }));
    expect([list({ prefix: '' }), list({ prefix: 'dir/' }), list({ prefix: 'di' }), list({})]).toEqual([
      'Allow',
      'Allow',
      'Ignore',
      'Ignore',
    ]);
  });

  it('[Sec-27] lets a Deny on the days that an object is still retained hold against an Allow', () => {
    const policy = bucketPolicy(
      { Principal: '2001' },
      {
        Effect: 'Deny',
        Action: ['oss:DeleteObject*', 'oss:BypassGovernanceRetention'],
        Condition: { NumericGreaterThan: { 'oss:object-remaining-retention-days': '0' } },
      },
    );
    const remove = (retentionDays?: number) =>
      evaluate(policy, request({ action: 'oss:DeleteObjectVersion', context: context({ retentionDays }) }));
    expect([remove(3), remove(0), remove()]).toEqual(['Deny', 'Allow', 'Allow']);
    const bypass = { action: 'oss:BypassGovernanceRetention', context: context({ retentionDays: 1 }) };
    expect(evaluate(policy, request(bypass))).toBe('Deny');
  });

  it('refuses every ACL but private, as the official example does', () => {
    const policy = bucketPolicy({
      Effect: 'Deny',
      Action: 'oss:PutBucketAcl',
      Condition: { StringNotEquals: { 'oss:x-oss-acl': 'private' } },
    });
    const set = (bucketAcl: 'private' | 'public-read') =>
      evaluate(policy, request({ action: 'oss:PutBucketAcl', key: undefined, context: context({ bucketAcl }) }));
    expect([set('private'), set('public-read')]).toEqual(['Ignore', 'Deny']);
  });
});

describe('what counts as public (chapter 7.3)', () => {
  const vpc = { StringEquals: { 'acs:SourceVpc': ['vpc-1', 'vpc-2'] } };
  const cases: [string, Partial<StatementDocument>, boolean][] = [
    ['everybody', {}, true],
    ['an empty list', { Principal: [] }, true],
    ['everybody beside somebody', { Principal: ['2001', '*'] }, true],
    ['fixed principals', { Principal: ['2001', foreigner] }, false],
    ['one session of a role', { Principal: `arn:sts::${owner}:assumed-role/Reader/s1` }, false],
    ['every session of a role', { Principal: `arn:sts::${owner}:assumed-role/Reader/*` }, true],
    ['a Deny', { Effect: 'Deny' }, false],
    ['fixed VPCs', { Condition: vpc }, false],
    ['open VPCs', { Condition: { StringLike: { 'acs:SourceVpc': ['vpc-*'] } } }, true],
    ['one open VPC among fixed ones', { Condition: { StringLike: { 'acs:SourceVpc': ['vpc-1', 'vpc-?'] } } }, true],
    ['all but some VPCs', { Condition: { StringNotEquals: { 'acs:SourceVpc': 'vpc-1' } } }, true],
    ['fixed keys', { Condition: { StringEquals: { 'acs:AccessId': 'LTAI1' } } }, false],
    ['an IPv4 network of /8', { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } }, false],
    ['an IPv4 network of /7', { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/7' } } }, true],
    [
      'a wide network among narrow ones',
      { Condition: { IpAddress: { 'acs:SourceIp': ['1.1.1.1', '0.0.0.0/0'] } } },
      true,
    ],
    ['an IPv6 network of /32', { Condition: { IpAddress: { 'acs:SourceVpcIp': '2001:db8::/32' } } }, false],
    ['an IPv6 network of /31', { Condition: { IpAddress: { 'acs:SourceIp': '2001:db8::/31' } } }, true],
    ['all but a network', { Condition: { NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } }, true],
    ['a condition that pins nothing', { Condition: { Bool: { 'acs:SecureTransport': 'true' } } }, true],
    ['a pin beside another condition', { Condition: { ...vpc, Bool: { 'acs:SecureTransport': 'true' } } }, false],
  ];
  for (const [name, fields, expected] of cases) {
    it(`${name}: ${expected}`, () => {
      expect(isPublic(bucketPolicy(fields))).toBe(expected);
      expect(isPublic(bucketPolicy({ Effect: 'Deny' }, fields))).toBe(expected);
    });
  }
});
