import type { Identity } from './identity.ts';
import type { Policy, StoredPolicy } from './policy.ts';
import { ownPolicies } from './ram.ts';

/** Whether some policy that judges what this identity does asks for the tags of the object that is there already. */
export function asksForObjectTags(identity: Identity, bucketPolicy: StoredPolicy | undefined): boolean {
  return asks(identity, bucketPolicy, 'oss:ExistingObjectTag/');
}

/** Whether one asks for the tags that a request would give the object. */
export function asksForRequestTags(identity: Identity, bucketPolicy: StoredPolicy | undefined): boolean {
  return asks(identity, bucketPolicy, 'oss:RequestObjectTag/');
}

function asks(identity: Identity, bucketPolicy: StoredPolicy | undefined, prefix: string): boolean {
  const asking = ({ statements }: Policy) =>
    statements.some(({ conditionKeys }) => conditionKeys.some((key) => key.startsWith(prefix)));
  const policies = ownPolicies(identity);
  const readable = bucketPolicy === undefined || bucketPolicy === 'unreadable' ? policies : [bucketPolicy, ...policies];
  return readable.some(asking);
}
