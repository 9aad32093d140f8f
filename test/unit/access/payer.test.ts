import { describe, expect, it } from 'vitest';
import { isChargedToRequester, payerRefusal } from '../../../src/access/payer.ts';
import { refusal } from '../../../src/access/refusal.ts';
import { anonymous, foreigner, owner, role, root, user } from './support.ts';

const refused = (identity: Parameters<typeof payerRefusal>[2], declared?: string) =>
  payerRefusal('Requester', owner, identity, declared);

describe('requester pays', () => {
  it('[RequestPaymentEnforcement-1] refuses anonymous callers, whatever they declare', () => {
    expect(refused(anonymous)).toBe('payer-anonymous');
    expect(refused(anonymous, 'requester')).toBe('payer-anonymous');
    expect(refusal('payer-anonymous').ec).toBe('0003-00000701');
  });

  it('[RequestPaymentEnforcement-2] wants exactly `requester` from other accounts', () => {
    for (const identity of [root(foreigner), user([], '3001', foreigner)]) {
      for (const declared of [undefined, '', 'Requester', 'requester ', 'true', 'BucketOwner']) {
        expect(refused(identity, declared)).toBe('payer-undeclared');
      }
      expect(refused(identity, 'requester')).toBeUndefined();
    }
    expect(refusal('payer-undeclared').ec).toBe('0003-00000703');
  });

  it("[RequestPaymentEnforcement-4] exempts the owner's account, users and roles included", () => {
    for (const identity of [root(), user(), role()]) {
      expect(refused(identity)).toBeUndefined();
      expect(isChargedToRequester('Requester', owner, identity)).toBe(false);
    }
  });

  it("[RequestPaymentEnforcement-5] charges a role's account", () => {
    expect(refused(role([], undefined, foreigner))).toBe('payer-undeclared');
    expect(isChargedToRequester('Requester', owner, role([], undefined, foreigner))).toBe(true);
  });

  it('[RequestPaymentEnforcement-7] [ObjCommon-35] charges whom it serves from outside', () => {
    expect(isChargedToRequester('Requester', owner, root(foreigner))).toBe(true);
    expect(isChargedToRequester('Requester', owner, root())).toBe(false);
  });

  it('[RequestPaymentEnforcement-9] asks and charges nobody where the owner pays', () => {
    for (const identity of [anonymous, root(), root(foreigner)]) {
      expect(payerRefusal('BucketOwner', owner, identity, 'requester')).toBeUndefined();
      expect(payerRefusal('BucketOwner', owner, identity, undefined)).toBeUndefined();
      expect(isChargedToRequester('BucketOwner', owner, identity)).toBe(false);
    }
  });
});
