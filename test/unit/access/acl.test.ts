import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Access, allowedByObjectAcl, type BucketAcl, type ObjectAcl } from '../../../src/access/decide.ts';
import type { Identity } from '../../../src/access/identity.ts';
import { allowAll, ask, bucketOf, everyone, get, list, manage, put } from './asking.ts';
import { anonymous, bucketPolicy, document, foreigner, root, statement, user } from './support.ts';

describe('bucket ACLs', () => {
  // Who may read and write objects of a bucket that has no policy.
  const table: [BucketAcl, boolean, boolean][] = [
    ['private', false, false],
    ['public-read', true, false],
    ['public-read-write', true, true],
  ];
  for (const [acl, read, write] of table) {
    it(`[PutBucketAcl-6] ${acl} opens objects to others: read ${read}, write ${write}`, () => {
      for (const [name, identity] of everyone) {
        expect([name, get(identity, { acl }).outcome]).toEqual([name, read ? 'allow' : 'deny']);
        expect([name, put(identity, { acl }).outcome]).toEqual([name, write ? 'allow' : 'deny']);
        const remove = ask(identity, 'write', 'oss:DeleteObject', { bucket: bucketOf({ acl }) });
        expect([name, remove.outcome]).toEqual([name, write ? 'allow' : 'deny']);
      }
      for (const decision of [get(root(), { acl }), put(root(), { acl })]) expect(decision.outcome).toBe('allow');
    });
  }

  it('[GetBucket-22] never open a listing, whoever asks', () => {
    for (const [name, identity] of everyone) {
      const decision = list(identity, { acl: 'public-read-write', objectAcls: true });
      expect([name, decision.outcome]).toEqual([name, 'deny']);
    }
    expect(list(root(), {}).outcome).toBe('allow');
    expect(list(user([allowAll])).outcome).toBe('allow');
    expect(list(anonymous, { policy: bucketPolicy({ Action: 'oss:ListObjects' }) }).outcome).toBe('allow');
    expect(list(anonymous).reason).toBe('anonymous-bucket');
    expect(list(root(foreigner)).reason).toBe('not-owner');
    expect(list(user()).reason).toBe('ram-implicit');
  });

  it('[GetBucketAcl-1] [GetBucketPolicy-4] [PutObjectACL-1] never open the management of buckets and objects', () => {
    const actions = [
      'oss:GetBucketAcl',
      'oss:GetBucketPolicy',
      'oss:PutObjectAcl',
      'oss:PutBucketAcl',
      'oss:PutBucketCors',
    ];
    for (const action of actions) {
      for (const [name, identity] of everyone) {
        const decision = manage(identity, action, { acl: 'public-read-write', objectAcls: true });
        expect([action, name, decision.outcome]).toEqual([action, name, 'deny']);
      }
      expect(manage(root(), action).outcome).toBe('allow');
      expect(manage(user([allowAll]), action).outcome).toBe('allow');
      expect(manage(user([], '3001', foreigner), action, { policy: bucketPolicy({ Principal: '3001' }) }).outcome).toBe(
        'allow',
      );
    }
  });

  it('[PutBucketAcl-4] [PutBucketPolicy-9] keep management from anonymous callers, whatever a policy grants', () => {
    const policy = bucketPolicy({ Action: 'oss:*' });
    for (const action of ['oss:PutBucketAcl', 'oss:PutBucketPolicy', 'oss:DeleteBucket', 'oss:GetBucketInfo']) {
      const decision = manage(anonymous, action, { acl: 'public-read-write', policy });
      expect(decision).toEqual({ outcome: 'deny', fallback: false, reason: 'anonymous-forbidden', action });
    }
    expect(get(anonymous, { policy }).outcome).toBe('allow');
  });

  it("[DeleteBucket-1] leave the bucket's deletion to the owner's account", () => {
    const policy = bucketPolicy({ Principal: [foreigner, '3001', '2001'] });
    const remove = (identity: Identity) => manage(identity, 'oss:DeleteBucket', { acl: 'public-read-write', policy });
    expect(remove(root()).outcome).toBe('allow');
    expect(remove(user()).outcome).toBe('allow');
    expect(remove(user([], '2002')).reason).toBe('ram-implicit');
    expect(remove(root(foreigner)).reason).toBe('not-owner');
    expect(remove(user([], '3001', foreigner)).reason).toBe('not-owner');
    const writer = user([document(statement({ Action: ['oss:PutObject', 'oss:DeleteObject'] }))], '2002');
    expect(remove(writer).outcome).toBe('deny');
  });

  it('[ObjCommon-27] open the data of an object, not its ACL or tags beside it', () => {
    const bucket = bucketOf({ acl: 'public-read-write' });
    for (const extra of ['oss:PutObjectTagging', 'oss:PutObjectAcl', 'oss:PutObjectVersionTagging']) {
      const decision = ask(anonymous, 'write', ['oss:PutObject', extra], { bucket });
      expect([decision.outcome, decision.action]).toEqual(['deny', extra]);
      expect(ask(root(), 'write', ['oss:PutObject', extra], { bucket }).outcome).toBe('allow');
      const granted = bucketOf({ acl: 'public-read-write', policy: bucketPolicy({ Action: extra }) });
      expect(ask(anonymous, 'write', ['oss:PutObject', extra], { bucket: granted }).outcome).toBe('allow');
    }
  });
});

describe("objects' own ACLs", () => {
  it('[ObjCommon-26] override the bucket in both directions, and `default` follows it', () => {
    const acls: (ObjectAcl | null)[] = [null, 'default', 'private', 'public-read', 'public-read-write'];
    for (const fallback of [true, false]) {
      const read = acls.map((acl) => allowedByObjectAcl('read', acl, fallback));
      const write = acls.map((acl) => allowedByObjectAcl('write', acl, fallback));
      expect(read).toEqual([fallback, fallback, false, true, true]);
      expect(write).toEqual([fallback, fallback, false, false, true]);
    }
  });

  it('[ObjCommon-26] are asked where no policy decided and the caller is not the owner', () => {
    for (const [name, identity] of everyone) {
      const closed = get(identity, { objectAcls: true });
      expect([name, closed.outcome, closed.fallback]).toEqual([name, 'object-acl', false]);
      expect(closed.reason).toBe(identity.kind === 'anonymous' ? 'anonymous' : 'acl');
      const open = get(identity, { objectAcls: true, acl: 'public-read' });
      expect([open.outcome, open.fallback]).toEqual(['object-acl', true]);
      const write = put(identity, { objectAcls: true, acl: 'public-read' });
      expect([write.outcome, write.fallback]).toEqual(['object-acl', false]);
    }
  });

  it('are not asked where the decision is final without storage', () => {
    expect(get(root(), { objectAcls: true }).outcome).toBe('allow');
    expect(get(user([allowAll]), { objectAcls: true }).outcome).toBe('allow');
    expect(get(anonymous, { objectAcls: true, policy: bucketPolicy({}) }).outcome).toBe('allow');
    expect(get(anonymous, { objectAcls: true, policy: bucketPolicy({ Effect: 'Deny' }) }).outcome).toBe('deny');
    expect(get(anonymous, { objectAcls: true }, { key: undefined }).outcome).toBe('deny');
    const never = fc.record({
      identity: fc.constantFrom(...everyone.map(([, identity]) => identity), root()),
      access: fc.constantFrom<Access>('read', 'write', 'list', 'owner', 'account'),
      acl: fc.constantFrom<BucketAcl>('private', 'public-read', 'public-read-write'),
      blocked: fc.boolean(),
    });
    fc.assert(
      fc.property(never, ({ identity, access, acl, blocked }) => {
        const bucket = bucketOf({ acl, publicAccessBlocked: blocked });
        const decision = ask(identity, access, 'oss:X', { bucket, key: 'k' });
        expect(decision.outcome).not.toBe('object-acl');
        expect(decision.fallback).toBe(decision.outcome === 'allow');
        expect(decision.reason === undefined).toBe(decision.outcome === 'allow');
      }),
    );
  });

  it("[Sec-41] [WebsiteServing-18] keep a private error page from a public site's visitors", () => {
    const site = bucketOf({ acl: 'public-read', objectAcls: true });
    const page = ask(anonymous, 'read', 'oss:GetObject', { bucket: site, key: 'error.html' });
    expect(page.outcome).toBe('object-acl');
    expect(allowedByObjectAcl('read', 'private', page.fallback)).toBe(false);
    expect(allowedByObjectAcl('read', 'default', page.fallback)).toBe(true);
  });

  it('[Sec-25] refuse with one and the same decision whether or not the object is there', () => {
    const decision = get(anonymous, { objectAcls: true });
    expect(allowedByObjectAcl('read', null, decision.fallback)).toBe(false);
    expect(allowedByObjectAcl('read', 'private', decision.fallback)).toBe(false);
    expect(get(anonymous, { objectAcls: true }, { key: 'other' })).toEqual(decision);
  });
});
