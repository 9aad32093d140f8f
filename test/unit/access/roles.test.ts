import { describe, expect, it } from 'vitest';
import type { Identity } from '../../../src/access/identity.ts';
import { mayAssume, parseRoles, type Role, Roles } from '../../../src/access/roles.ts';

const root = (accountId: string): Identity => ({ kind: 'root', accountId, accessKeyId: 'id' });
const user = (accountId: string, ...policies: unknown[]): Identity => ({
  kind: 'user',
  accountId,
  accessKeyId: 'id',
  userId: 'app',
  userName: 'app',
  policies,
});
const policy = (Effect: string, Action: string, Resource = '*') => ({
  Version: '1',
  Statement: [{ Effect, Action, Resource }],
});
const role = (fields: Partial<Role> = {}): Role => ({
  roleName: 'Uploader',
  accountId: '1',
  maxSeconds: 3_600,
  trusted: ['1'],
  ...fields,
});

describe('roles', () => {
  it('are read from JSON, with what is left out', () => {
    expect(parseRoles('', '1')).toEqual([]);
    expect(parseRoles('[{"roleName":"a"}]', '1')).toEqual([
      { roleName: 'a', accountId: '1', maxSeconds: 3_600, trusted: ['1'] },
    ]);
    const full = {
      roleName: 'a',
      accountId: '2',
      maxSeconds: 43_200,
      trusted: ['app'],
      policy: policy('Allow', 'oss:*'),
    };
    expect(parseRoles(JSON.stringify([full]), '1')).toEqual([full]);
  });

  it.each([
    ['is not JSON', '{'],
    ['must be a JSON array', '{}'],
    ['entry 1 must be an object', '[1]'],
    ['entry 1 lacks a valid "roleName"', '[{}]'],
    ['entry 1 lacks a valid "roleName"', '[{"roleName":"a/b"}]'],
    ['entry 2 has an unknown field "polcy"', '[{"roleName":"a"},{"roleName":"b","polcy":{}}]'],
    ['entry 1 has an invalid "accountId"', '[{"roleName":"a","accountId":1}]'],
    ['entry 1 has a "maxSeconds"', '[{"roleName":"a","maxSeconds":899}]'],
    ['entry 1 has a "maxSeconds"', '[{"roleName":"a","maxSeconds":43201}]'],
    ['entry 1 has a "trusted"', '[{"roleName":"a","trusted":"1"}]'],
    ['entry 1 has a "policy"', '[{"roleName":"a","policy":{"Version":"2"}}]'],
    ['names the role 1/a twice', '[{"roleName":"a"},{"roleName":"A"}]'],
  ])('are refused: %s', (message, json) => {
    expect(() => parseRoles(json, '1')).toThrow(message);
  });

  it('are found by account and name, in any case', () => {
    const roles = new Roles([role(), role({ accountId: '2', maxSeconds: 900 })]);
    expect(roles.find('1', 'uploader')?.maxSeconds).toBe(3_600);
    expect(roles.find('2', 'UPLOADER')?.maxSeconds).toBe(900);
    expect(roles.find('3', 'Uploader')).toBeUndefined();
    expect(roles.find('1', 'other')).toBeUndefined();
  });
});

describe('a role', () => {
  it('may be assumed by the account that it trusts', () => {
    expect(mayAssume(root('1'), role())).toBe(true);
    expect(mayAssume(root('2'), role())).toBe(false);
    expect(mayAssume(root('2'), role({ trusted: ['2'] }))).toBe(true);
    expect(mayAssume(root('1'), role({ trusted: ['2'] }))).toBe(false);
  });

  it('may be assumed by users of that account who have the permission', () => {
    expect(mayAssume(user('1'), role())).toBe(false);
    for (const [allowed, document] of [
      [true, policy('Allow', 'sts:AssumeRole')],
      [true, policy('Allow', 'sts:*', 'acs:ram::1:role/*')],
      [true, policy('Allow', '*', 'acs:ram:*:1:role/Uploader')],
      [true, policy('Allow', 'sts:AssumeRole', 'acs:*:*:*:*')],
      [false, policy('Allow', 'sts:AssumeRole', 'acs:ram::1:role/Other')],
      [false, policy('Allow', 'sts:AssumeRole', 'acs:ram::2:role/*')],
      [false, policy('Allow', 'sts:AssumeRole', 'acs:oss:*:*:*')],
      [false, policy('Allow', 'oss:*')],
    ] as const) {
      expect([document, mayAssume(user('1', document), role())]).toEqual([document, allowed]);
    }
    expect(mayAssume(user('2', policy('Allow', '*')), role())).toBe(false);
    expect(mayAssume(user('2', policy('Allow', '*')), role({ trusted: ['2'] }))).toBe(true);
  });

  it('may be assumed by the user that it names, unless that user’s policies refuse', () => {
    const named = role({ trusted: ['app'] });
    expect(mayAssume(user('1'), named)).toBe(true);
    expect(mayAssume(user('1', policy('Deny', 'sts:*')), named)).toBe(false);
    expect(
      mayAssume(user('1', policy('Allow', '*'), policy('Deny', 'sts:AssumeRole', 'acs:ram::1:role/Up*')), role()),
    ).toBe(false);
    expect(mayAssume(user('1', 'no policy'), named)).toBe(false);
  });

  it('means its own account’s user by a name that users of other accounts have too', () => {
    const named = role({ trusted: ['app'] });
    const shared = (accountId: string) => ({ ...user(accountId), sharedId: true as const });
    expect([mayAssume(shared('1'), named), mayAssume(shared('2'), named), mayAssume(user('2'), named)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is assumed by nobody without an identity, and by no other role', () => {
    const open = role({ trusted: ['1', 'reader', ''] });
    expect(mayAssume({ kind: 'anonymous' }, open)).toBe(false);
    const other: Identity = {
      kind: 'role',
      accountId: '1',
      accessKeyId: 'STS.id',
      roleName: 'reader',
      sessionName: 's',
      policies: [policy('Allow', '*')],
    };
    expect(mayAssume(other, open)).toBe(false);
  });
});
