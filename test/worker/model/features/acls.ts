import fc from 'fast-check';
import { expect } from 'vitest';
import { expectRefusal } from '../../support/wire.ts';
import {
  acls,
  expectAnswer,
  expectDenied,
  expectMissing,
  keyNames,
  named,
  pathOf,
  step,
  versionHeader,
  versionRefs,
} from '../steps.ts';
import { visible } from '../world.ts';

export const putBucketAcl = step('putBucketAcl', fc.record({ acl: acls }), async ({ acl }, { bucket, who, send }) => {
  const answer = await send('PUT', '?acl', { headers: { 'x-oss-acl': acl } });
  if (who === 'other') return expectRefusal(answer, 409, 'BucketAlreadyExists');
  if (who !== 'owner') return expectDenied(answer);
  expectAnswer(answer, 200);
  bucket.acl = acl;
});

export const getBucketAcl = step('getBucketAcl', fc.record({}), async (_, { bucket, who, send }) => {
  const answer = await send('GET', '?acl');
  if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
  expectAnswer(answer, 200);
  expect(answer.one('Grant')).toBe(bucket.acl);
});

export const putObjectAcl = step(
  'putObjectAcl',
  fc.record({ key: keyNames, version: versionRefs, acl: fc.oneof(acls, fc.constant('default' as const)) }),
  async ({ key, version, acl }, { bucket, who, send }) => {
    const { id, query } = named(bucket, key, version);
    const answer = await send('PUT', pathOf(key, 'acl', query), { headers: { 'x-oss-object-acl': acl } });
    if (who !== 'owner') return expectDenied(answer);
    const existing = visible(bucket.find(key, id));
    if (existing === undefined) return expectMissing(answer, bucket, key, id);
    expectAnswer(answer, 200, versionHeader(bucket, existing.id));
    existing.acl = acl === 'default' ? null : acl;
  },
);

export const getObjectAcl = step(
  'getObjectAcl',
  fc.record({ key: keyNames, version: versionRefs }),
  async ({ key, version }, { bucket, who, send }) => {
    const { id, query } = named(bucket, key, version);
    const answer = await send('GET', pathOf(key, 'acl', query));
    if (who !== 'owner' && who !== 'reader') return expectDenied(answer);
    const existing = visible(bucket.find(key, id));
    if (existing === undefined) return expectMissing(answer, bucket, key, id);
    expectAnswer(answer, 200, versionHeader(bucket, existing.id));
    expect(answer.one('Grant')).toBe(existing.acl ?? 'default');
  },
);
