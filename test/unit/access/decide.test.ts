import { describe, expect, it } from 'vitest';
import {
  type AccessBucket,
  type AccessRequest,
  allowedByObjectAcl,
  type Decision,
  type ObjectAcl,
} from '../../../src/access/decide.ts';
import type { Identity } from '../../../src/access/identity.ts';
import { refusal } from '../../../src/access/refusal.ts';
import { allowAll, ask, bucketOf, everyone, get, list, manage, put } from './asking.ts';
import {
  anonymous,
  bucketPolicy,
  context,
  document,
  foreigner,
  owner,
  role,
  root,
  statement,
  user,
} from './support.ts';

describe('policies', () => {
  it('[PutBucketPolicy-6] a Deny beats Allow, ACL and RAM policy', () => {
    const policy = bucketPolicy({}, { Effect: 'Deny', Action: 'oss:GetObject' });
    for (const identity of [anonymous, user([allowAll]), role([allowAll]), root(foreigner)]) {
      const decision = get(identity, { acl: 'public-read-write', objectAcls: true, policy });
      expect(decision).toEqual({ outcome: 'deny', fallback: false, reason: 'bucket-policy', action: 'oss:GetObject' });
      expect(put(identity, { policy }).outcome).toBe('allow');
    }
  });

  it('[PutBucketPolicy-6] meets the owner where it has a Condition or names the account, but leaves policies manageable', () => {
    const https = { Bool: { 'acs:SecureTransport': 'false' } };
    const insecure = { context: context({ secure: false }) };
    const unconditional = bucketPolicy({ Effect: 'Deny' });
    const conditional = bucketPolicy({ Effect: 'Deny', Condition: https });
    const named = bucketPolicy({ Effect: 'Deny', Principal: owner });
    expect(get(root(), { policy: unconditional }).outcome).toBe('allow');
    expect(get(user([allowAll]), { policy: unconditional }).outcome).toBe('deny');
    expect(get(root(), { policy: conditional }, insecure).reason).toBe('bucket-policy');
    expect(get(root(), { policy: conditional }).outcome).toBe('allow');
    expect(get(root(), { policy: named }).reason).toBe('bucket-policy');
    expect(manage(root(), 'oss:PutBucketAcl', { policy: named }).reason).toBe('bucket-policy');
    for (const action of ['oss:PutBucketPolicy', 'oss:GetBucketPolicy', 'oss:DeleteBucketPolicy']) {
      expect(manage(root(), action, { policy: named }).outcome).toBe('allow');
      const all = bucketPolicy({ Effect: 'Deny', Principal: [owner, '2001'] });
      expect(manage(user([allowAll]), action, { policy: all }).outcome).toBe('deny');
      expect(manage(root(foreigner), action, { policy: bucketPolicy({ Principal: foreigner }) }).outcome).toBe('allow');
    }
  });

  it('a user starts with nothing and gets what RAM and bucket policies add', () => {
    expect(get(user()).reason).toBe('acl');
    expect(get(user([allowAll])).outcome).toBe('allow');
    expect(get(user(), { policy: bucketPolicy({ Principal: '2001' }) }).outcome).toBe('allow');
    const reader = user([document(statement({ Action: 'oss:GetObject', Resource: 'acs:oss:*:*:photos/dir/*' }))]);
    expect(get(reader).outcome).toBe('allow');
    expect(get(reader, {}, { key: 'other/cat.jpg' }).outcome).toBe('deny');
    expect(put(reader).outcome).toBe('deny');
    expect(manage(reader, 'oss:GetBucketInfo').reason).toBe('ram-implicit');
    const denied = user([document(statement({ Effect: 'Deny', Action: 'oss:PutObject' })), allowAll]);
    expect(put(denied, { acl: 'public-read-write' }).reason).toBe('ram-explicit');
    expect(get(denied).outcome).toBe('allow');
    const twice = { policy: bucketPolicy({ Effect: 'Deny' }) };
    expect(put(denied, twice).reason).toBe('both-explicit');
  });

  it("[Sec-13] holds a form or a signed URL to its signer's own policies", () => {
    const denied = user([document(statement({ Effect: 'Deny', Action: 'oss:PutObject' }))]);
    expect(put(denied, { acl: 'public-read-write' }).outcome).toBe('deny');
    expect(put(user([allowAll]), { acl: 'private' }).outcome).toBe('allow');
    const tagless = user([document(statement({ Action: 'oss:PutObject' }))]);
    expect(ask(tagless, 'write', ['oss:PutObject', 'oss:PutObjectTagging']).action).toBe('oss:PutObjectTagging');
    expect(ask(tagless, 'write', ['oss:PutObject']).outcome).toBe('allow');
  });

  it("[Sec-26] gives nobody the owner's rights but the owner's own key", () => {
    const impostors: Identity[] = [
      anonymous,
      root(foreigner),
      user([], owner),
      user([], owner, foreigner),
      role(),
      root(''),
    ];
    for (const identity of impostors) {
      expect(get(identity).outcome).toBe('deny');
      expect(put(identity).outcome).toBe('deny');
      expect(list(identity).outcome).toBe('deny');
      expect(manage(identity, 'oss:PutBucketAcl').outcome).toBe('deny');
    }
    expect(manage(root(), 'oss:PutBucketAcl').outcome).toBe('allow');
  });

  it("does not let a foreign user's own RAM policy reach into somebody else's bucket", () => {
    const stranger = user([allowAll], '3001', foreigner);
    expect(get(stranger).reason).toBe('acl');
    expect(list(stranger).reason).toBe('not-owner');
    expect(get(stranger, { policy: bucketPolicy({ Principal: '3001' }) }).outcome).toBe('allow');
    expect(get(role([allowAll], undefined, foreigner)).outcome).toBe('deny');
  });

  it('fails closed on a RAM policy that cannot be read', () => {
    for (const bad of [
      '{',
      { Version: '2', Statement: [] },
      null,
      7,
      { Version: '1', Statement: [{ Effect: 'Allow' }] },
    ]) {
      for (let i = 0; i < 2; i++) {
        expect(get(user([allowAll, bad]), { acl: 'public-read' }).reason).toBe('ram-explicit');
        expect(get(role([allowAll], bad ?? '{'), { acl: 'public-read' }).reason).toBe('session-explicit');
      }
    }
  });

  it('reads each RAM document once, and forgets texts in good time', () => {
    for (let i = 0; i < 200; i++) {
      const text = JSON.stringify(document(statement({ Action: `oss:Get${i % 100}*` })));
      const decision = ask(user([text]), 'owner', `oss:Get${i % 100}Object`, { key: 'k' });
      expect(decision.outcome).toBe('allow');
      expect(ask(user([text]), 'owner', 'oss:Put', { key: 'k' }).outcome).toBe('deny');
    }
    expect(get(user([' '.repeat(20_000)])).reason).toBe('ram-explicit');
  });

  it('wants every action allowed, and takes a request without any for none', () => {
    const reader = user([document(statement({ Action: 'oss:GetObject' }))]);
    expect(ask(reader, 'write', ['oss:GetObject', 'oss:PutObject']).action).toBe('oss:PutObject');
    expect(ask(user([allowAll]), 'owner', []).outcome).toBe('deny');
    expect(ask(root(), 'owner', []).outcome).toBe('allow');
    expect(ask(user([allowAll]), 'owner', 'oss:X', { bucket: undefined }).outcome).toBe('deny');
    expect(ask(root(), 'read', 'oss:GetObject', { bucket: undefined }).outcome).toBe('deny');
  });
});

describe('roles', () => {
  const getOnly = document(statement({ Action: 'oss:GetObject' }));

  it('do what both their policies and the session policy allow', () => {
    expect(get(role([allowAll])).outcome).toBe('allow');
    expect(get(role([allowAll], getOnly)).outcome).toBe('allow');
    expect(put(role([allowAll])).outcome).toBe('allow');
    expect(put(role([allowAll], getOnly)).reason).toBe('session-implicit');
    expect(put(role([getOnly], allowAll)).reason).toBe('acl');
    expect(put(role([allowAll], JSON.stringify(document(statement({ Effect: 'Deny' }))))).reason).toBe(
      'session-explicit',
    );
  });

  it('are held to the session policy on public data and granted buckets too', () => {
    const bucket = { acl: 'public-read-write' as const, policy: bucketPolicy({}) };
    expect(put(role([], getOnly), bucket).reason).toBe('session-implicit');
    expect(get(role([], getOnly), bucket).outcome).toBe('allow');
    const policy = bucketPolicy({ Principal: `arn:sts::${foreigner}:assumed-role/Reader/*` });
    expect(get(role([], getOnly, foreigner), { policy }).outcome).toBe('allow');
    expect(put(role([], getOnly, foreigner), { policy }).outcome).toBe('deny');
  });
});

describe('[Sec-16] the other side of a copy, and the target of a link', () => {
  const copy = (identity: Identity, source: Partial<AccessBucket>, target: Partial<AccessBucket>, version = false) => [
    ask(identity, 'read', version ? 'oss:GetObjectVersion' : 'oss:GetObject', { bucket: bucketOf(source), key: 'src' })
      .outcome,
    put(identity, { ...target }).outcome,
  ];

  it('are each decided by their own bucket', () => {
    const stranger = root(foreigner);
    expect(copy(stranger, {}, { owner: foreigner })).toEqual(['deny', 'allow']);
    expect(copy(stranger, { acl: 'public-read' }, { owner: foreigner })).toEqual(['allow', 'allow']);
    expect(copy(root(), {}, { owner: foreigner })).toEqual(['allow', 'deny']);
    const policy = bucketPolicy({ Effect: 'Deny', Action: 'oss:GetObject', Resource: 'acs:oss:*:*:photos/src' });
    expect(copy(stranger, { acl: 'public-read', policy }, { owner: foreigner })).toEqual(['deny', 'allow']);
  });

  it('[Sec-24] want the right to the version where one is named', () => {
    const policy = bucketPolicy({ Principal: foreigner, Action: 'oss:GetObject' });
    expect(copy(root(foreigner), { policy }, { owner: foreigner })).toEqual(['allow', 'allow']);
    expect(copy(root(foreigner), { policy }, { owner: foreigner }, true)).toEqual(['deny', 'allow']);
  });

  it('[PutObjectACL-7] need both of a link and its target', () => {
    const link = get(anonymous, { objectAcls: true });
    const through = (linkAcl: ObjectAcl, targetAcl: ObjectAcl) =>
      allowedByObjectAcl('read', linkAcl, link.fallback) && allowedByObjectAcl('read', targetAcl, link.fallback);
    expect(through('public-read', 'public-read')).toBe(true);
    expect(through('private', 'public-read')).toBe(false);
    expect(through('public-read', 'private')).toBe(false);
  });

  it('[Sec-24] judge each key of a batch by itself', () => {
    const policy = bucketPolicy({
      Principal: '2001',
      Action: 'oss:DeleteObject',
      Resource: 'acs:oss:*:*:photos/tmp/*',
    });
    const remove = (key: string) =>
      ask(user(), 'write', 'oss:DeleteObject', { bucket: bucketOf({ policy }), key }).outcome;
    expect(['tmp/a', 'keep/a', 'tmp', 'tmp/../keep/a'].map(remove)).toEqual(['allow', 'deny', 'deny', 'allow']);
  });
});

describe('the service level', () => {
  const service = { region: 'oss-cn-hangzhou' };
  const serve = (identity: Identity, action: string, fields: Partial<AccessRequest> = {}) =>
    ask(identity, 'account', action, { bucket: undefined, service, ...fields });

  it('[PutBucket-9] is closed to anonymous callers', () => {
    for (const action of ['oss:PutBucket', 'oss:ListBuckets', 'oss:DescribeRegions']) {
      expect(serve(anonymous, action).reason).toBe('anonymous-forbidden');
    }
  });

  it("is open to every account's own key, and to users by their policies", () => {
    expect(serve(root(), 'oss:ListBuckets').outcome).toBe('allow');
    expect(serve(root(foreigner), 'oss:ListBuckets').outcome).toBe('allow');
    expect(serve(user(), 'oss:ListBuckets').reason).toBe('ram-implicit');
    expect(serve(user([allowAll]), 'oss:ListBuckets').outcome).toBe('allow');
    expect(serve(user([allowAll], '3001', foreigner), 'oss:ListBuckets').outcome).toBe('allow');
    const named = user([document(statement({ Action: 'oss:ListBuckets', Resource: 'acs:oss:*:*:photos' }))]);
    expect(serve(named, 'oss:ListBuckets').outcome).toBe('deny');
  });

  it('judges the making of a bucket by its name', () => {
    const maker = user([document(statement({ Action: 'oss:PutBucket', Resource: 'acs:oss:cn-hangzhou:*:team-*' }))]);
    const make = (bucketName: string, region = 'oss-cn-hangzhou') =>
      serve(maker, 'oss:PutBucket', { service: { region, bucketName } }).outcome;
    expect([make('team-a'), make('other'), make('team-a', 'oss-cn-beijing')]).toEqual(['allow', 'deny', 'deny']);
  });

  it("heeds the policy of the caller's own existing bucket, not that of somebody else's", () => {
    const policy = bucketPolicy({ Effect: 'Deny', Action: 'oss:PutBucket', Principal: '2001' });
    expect(serve(user([allowAll]), 'oss:PutBucket', { bucket: bucketOf({ policy }) }).reason).toBe('bucket-policy');
    const foreign = bucketOf({ policy: bucketPolicy({ Principal: '2001' }), owner: foreigner });
    expect(serve(user(), 'oss:PutBucket', { bucket: foreign }).outcome).toBe('deny');
    expect(serve(root(), 'oss:PutBucket', { bucket: foreign }).outcome).toBe('allow');
  });
});

describe('Block Public Access', () => {
  const blocked = (fields: Partial<AccessBucket> = {}) => ({ ...fields, publicAccessBlocked: true });

  it('makes public ACLs count for nothing', () => {
    for (const [name, identity] of everyone) {
      const decision = get(identity, blocked({ acl: 'public-read-write', objectAcls: true }));
      expect([name, decision.outcome]).toEqual([name, 'deny']);
    }
    expect(get(root(), blocked()).outcome).toBe('allow');
    expect(get(user([allowAll]), blocked()).outcome).toBe('allow');
  });

  it('makes public statements count for nothing, and no others', () => {
    const policy = bucketPolicy({}, { Principal: '3001' }, { Effect: 'Deny', Action: 'oss:PutObject' });
    expect(get(anonymous, { policy }).outcome).toBe('allow');
    expect(get(anonymous, blocked({ policy })).outcome).toBe('deny');
    expect(get(user([], '3001', foreigner), blocked({ policy })).outcome).toBe('allow');
    expect(put(user([], '3001', foreigner), blocked({ policy })).reason).toBe('bucket-policy');
  });
});

describe('what a refusal says', () => {
  it('has the texts and ECs of the service', () => {
    const message = (decision: Decision) => refusal(decision.reason!).message;
    expect(message(get(root(foreigner)))).toBe('You have no right to access this object because of bucket acl.');
    expect(message(list(anonymous))).toBe('Anonymous user has no right to access this bucket.');
    expect(message(manage(anonymous, 'oss:PutBucketAcl'))).toBe('Anonymous access is forbidden for this operation.');
    expect(message(manage(user(), 'oss:PutBucketAcl'))).toBe("Access denied by authorizer's policy.");
    expect(message(get(anonymous, { policy: bucketPolicy({ Effect: 'Deny' }) }))).toBe(
      'Access denied by bucket policy.',
    );
    expect(refusal('object-acl').message).toBe('You have no right to access this object.');
    const ecs = (['acl', 'anonymous', 'bucket-policy', 'ram-explicit', 'ram-implicit', 'both-explicit'] as const).map(
      (reason) => refusal(reason).ec,
    );
    expect(ecs).toEqual([
      '0003-00000001',
      '0003-00000005',
      '0003-00000101',
      '0003-00000201',
      '0003-00000202',
      '0003-00000203',
    ]);
    expect(refusal('anonymous-forbidden').ec).toBe('0003-00001201');
    expect(refusal('ram-implicit').noPermissionType).toBe('ImplicitDeny');
    expect(refusal('session-explicit').policyType).toBe('SessionPolicy');
  });
});
