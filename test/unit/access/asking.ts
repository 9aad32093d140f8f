import {
  type Access,
  type AccessBucket,
  type AccessRequest,
  type Decision,
  decide,
} from '../../../src/access/decide.ts';
import type { Identity } from '../../../src/access/identity.ts';
import { anonymous, context, document, foreigner, owner, role, root, statement, user } from './support.ts';

export const bucketOf = (fields: Partial<AccessBucket> = {}): AccessBucket => ({
  name: 'photos',
  owner,
  region: 'oss-cn-hangzhou',
  acl: 'private',
  objectAcls: false,
  ...fields,
});

export function ask(
  identity: Identity,
  access: Access,
  action: string | string[],
  fields: Partial<AccessRequest> = {},
): Decision {
  return decide({
    identity,
    access,
    actions: typeof action === 'string' ? [action] : action,
    bucket: bucketOf(),
    key: access === 'read' || access === 'write' ? 'dir/cat.jpg' : undefined,
    context: context(),
    ...fields,
  });
}

export const get = (identity: Identity, bucket: Partial<AccessBucket> = {}, fields: Partial<AccessRequest> = {}) =>
  ask(identity, 'read', 'oss:GetObject', { bucket: bucketOf(bucket), ...fields });
export const put = (identity: Identity, bucket: Partial<AccessBucket> = {}, fields: Partial<AccessRequest> = {}) =>
  ask(identity, 'write', 'oss:PutObject', { bucket: bucketOf(bucket), ...fields });
export const list = (identity: Identity, bucket: Partial<AccessBucket> = {}) =>
  ask(identity, 'list', 'oss:ListObjects', { bucket: bucketOf(bucket) });
export const manage = (identity: Identity, action: string, bucket: Partial<AccessBucket> = {}) =>
  ask(identity, 'owner', action, { bucket: bucketOf(bucket) });

export const allowAll = document(statement());
export const everyone: [string, Identity][] = [
  ['anonymous', anonymous],
  ['a foreign account', root(foreigner)],
  ['a foreign user', user([allowAll], '3001', foreigner)],
  ['a user without policies', user()],
  ['a role without policies', role()],
];
