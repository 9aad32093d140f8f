import fc from 'fast-check';
import { expect } from 'vitest';
import { expectRefusal } from '../../support/wire.ts';
import { acls, expectAnswer, expectDenied, keyNames, pathOf, step } from '../steps.ts';
import type { Acl } from '../world.ts';

export const putBucketAcl = step('putBucketAcl', fc.record({ acl: acls }), async ({ acl }, { bucket, who, send }) => {
  const answer = await send('PUT', '?acl', { headers: { 'x-oss-acl': acl } });
  if (who === 'other') return expectRefusal(answer, 409, 'BucketAlreadyExists');
  if (who !== 'owner') return expectDenied(answer);
  expectAnswer(answer, 200);
  bucket.acl = acl as Acl;
});

export const getBucketAcl = step('getBucketAcl', fc.record({}), async (_, { bucket, who, send }) => {
  const answer = await send('GET', '?acl');
  if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
  expectAnswer(answer, 200);
  expect(answer.one('Grant')).toBe(bucket.acl);
});

export const putObjectAcl = step(
  'putObjectAcl',
  fc.record({ key: keyNames, acl: fc.oneof(acls, fc.constant('default')) }),
  async ({ key, acl }, { bucket, who, send }) => {
    const answer = await send('PUT', `${pathOf(key)}?acl`, { headers: { 'x-oss-object-acl': acl } });
    if (who !== 'owner') return expectDenied(answer);
    const existing = bucket.objects.get(key);
    if (existing === undefined) return expectRefusal(answer, 404, 'NoSuchKey');
    expectAnswer(answer, 200);
    existing.acl = acl === 'default' ? null : (acl as Acl);
  },
);

export const getObjectAcl = step('getObjectAcl', fc.record({ key: keyNames }), async ({ key }, place) => {
  const { bucket, who, send } = place;
  const answer = await send('GET', `${pathOf(key)}?acl`);
  if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
  const existing = bucket.objects.get(key);
  if (existing === undefined) return expectRefusal(answer, 404, 'NoSuchKey');
  expectAnswer(answer, 200);
  expect(answer.one('Grant')).toBe(existing.acl ?? 'default');
});
