import { describe, expect, it } from 'vitest';
import { OssError } from '../../../src/oss/answer/errors.ts';
import { isSignedSubresource } from '../../../src/oss/auth/signed-subresources.ts';
import type { Operation } from '../../../src/oss/operation.ts';
import { built, operations } from '../../../src/oss/operations/index.ts';
import { planned } from '../../../src/oss/operations/planned.ts';
import { ownKeys } from '../../../src/oss/request/match.ts';
import { Query } from '../../../src/oss/request/query.ts';

const all = [...built, ...planned];

/** Parameters of lists, which V1 never signs (protocol/oss.md 1.3): they choose a page, nothing else. */
const unsignedInV1 = new Set([
  'prefix',
  'marker',
  'max-keys',
  'delimiter',
  'encoding-type',
  'list-type',
  'start-after',
  'fetch-owner',
  'key-marker',
  'version-id-marker',
  'upload-id-marker',
  'max-uploads',
  'max-parts',
  'part-number-marker',
  'rule-id',
  'regions',
  'mode',
  'tag-key',
  'tag-value',
  'action',
]);

function match(method: string, target: Operation['target'], query: string, headers: Record<string, string> = {}) {
  return operations.match({ method, target, query: new Query(query), headers: new Headers(headers) }).name;
}

function refusal(run: () => unknown): OssError {
  try {
    run();
  } catch (error) {
    if (error instanceof OssError) return error;
  }
  throw new Error('not refused');
}

/** A query that selects this row. */
function queryOf(row: Operation): string {
  return (row.select ?? []).map((key) => (key.includes('=') ? key : `${key}=1`)).join('&');
}

describe('the operation table', () => {
  it('[Sec-3] reads no query key that a V1 signature would leave open', () => {
    for (const row of all) {
      for (const key of ownKeys(row)) {
        expect(isSignedSubresource(key) || unsignedInV1.has(key), `${row.name} reads ${key}`).toBe(true);
      }
    }
  });

  it('[ObjCommon-3] finds every row by its own method, target and sub-resource, with and without "="', () => {
    for (const row of all) {
      const headers: Record<string, string> = row.selectHeader === undefined ? {} : { [row.selectHeader]: '/a/b' };
      expect(match(row.method, row.target, queryOf(row), headers)).toBe(row.name);
      const bare = queryOf(row).replace(/=1(?=&|$)/g, '');
      expect(match(row.method, row.target, bare, headers)).toBe(row.name);
    }
  });

  it('[Sec-40] [Route-5] never runs another operation for a sub-resource that does not fit', () => {
    const selectors = [...new Set(all.flatMap((row) => row.select ?? []))];
    for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
      for (const target of ['service', 'bucket', 'object'] as const) {
        for (const selector of selectors) {
          let row: Operation;
          try {
            row = operations.match({ method, target, query: new Query(selector), headers: new Headers() });
          } catch (error) {
            expect((error as OssError).status).toBeGreaterThanOrEqual(400);
            continue;
          }
          expect(ownKeys(row), `${method} ${target} ?${selector} became ${row.name}`).toContain(selector.split('=')[0]);
        }
      }
    }
  });

  it('[Sec-40] refuses an unknown parameter on everything that changes something', () => {
    for (const [method, target] of [
      ['PUT', 'bucket'],
      ['DELETE', 'bucket'],
      ['PUT', 'object'],
      ['DELETE', 'object'],
    ] as const) {
      expect(refusal(() => match(method, target, 'x')).status).toBe(400);
      expect(refusal(() => match(method, target, 'unknown=1')).status).toBe(400);
    }
    expect(match('GET', 'object', 'v=123')).toBe('GetObject');
    expect(refusal(() => match('GET', 'bucket', 'unknown')).status).toBe(400);
  });

  it('[Common-13] [Route-5] reads nothing else for a sub-resource that it does not know, with or without "="', () => {
    for (const name of ['accessmonitor', 'httpsConfig', 'policyStatus', 'unknown']) {
      for (const query of [name, `${name}=`, `prefix=a&${name}=`]) {
        expect(refusal(() => match('GET', 'bucket', query)).code, query).toBe('InvalidArgument');
      }
    }
    for (const query of ['retention', 'retention=', 'legalHold', 'legalHold=']) {
      expect(refusal(() => match('GET', 'object', query)).code, query).toBe('InvalidArgument');
    }
    // What has a value, or is known for a parameter, is no sub-resource.
    expect(match('GET', 'bucket', 'list-type=2&marker=')).toBe('ListObjectsV2');
    expect(match('GET', 'bucket', 'key-marker=')).toBe('ListObjects');
    expect(match('GET', 'bucket', 'utm_source=a')).toBe('ListObjects');
    expect(match('GET', 'object', 'v')).toBe('GetObject');
    expect(match('GET', 'object', 'v=')).toBe('GetObject');
  });

  it('[Route-5] takes no sub-resource of an operation that is not there for a read of something else', () => {
    for (const name of ['accessmonitor', 'quota', 'metadataConfiguration', 'publicAccessBlock', 'policyStatus']) {
      for (const query of [name, `${name}=`]) {
        expect(refusal(() => match('GET', 'bucket', query)).status, query).toBe(400);
        expect(refusal(() => match('PUT', 'bucket', query)).status, query).toBe(400);
      }
    }
    for (const query of ['legalHold', 'legalHold=', 'retention=']) {
      expect(refusal(() => match('GET', 'object', query)).status, query).toBe(400);
    }
    expect(match('GET', 'object', 'link=somewhere&v=')).toBe('GetObject');
  });

  it('[Route-1] [DescribeRegions-2] tells the service operations apart', () => {
    expect(match('GET', 'service', '')).toBe('ListBuckets');
    expect(match('GET', 'service', 'regions')).toBe('DescribeRegions');
    expect(match('GET', 'service', 'regions=oss-cn-hangzhou')).toBe('DescribeRegions');
  });

  it('[DescribeRegions-1] knows no regions in a bucket', () => {
    expect(refusal(() => match('GET', 'bucket', 'regions')).status).toBe(405);
  });

  it('[Route-2] tells the listings of a bucket apart', () => {
    expect(match('GET', 'bucket', '')).toBe('ListObjects');
    expect(match('GET', 'bucket', 'list-type=2')).toBe('ListObjectsV2');
    expect(match('GET', 'bucket', 'versions')).toBe('ListObjectVersions');
    expect(match('GET', 'bucket', 'versioning')).toBe('GetBucketVersioning');
  });

  it('[Route-3] tells the POSTs of a bucket apart', () => {
    expect(match('POST', 'bucket', 'worm')).toBe('InitiateBucketWorm');
    expect(match('POST', 'bucket', 'wormId=a&wormExtend')).toBe('ExtendBucketWorm');
    expect(match('POST', 'bucket', 'wormId=a')).toBe('CompleteBucketWorm');
    expect(match('POST', 'bucket', 'replication&comp=add')).toBe('PutBucketReplication');
    expect(match('POST', 'bucket', 'replication&comp=delete')).toBe('DeleteBucketReplication');
  });

  it('[Route-4] matches sub-resources by their whole name', () => {
    expect(match('GET', 'bucket', 'inventory')).toBe('ListBucketInventory');
    expect(match('GET', 'bucket', 'inventory&inventoryId=a')).toBe('GetBucketInventory');
    expect(match('GET', 'bucket', 'replication')).toBe('GetBucketReplication');
    expect(match('GET', 'bucket', 'replicationLocation')).toBe('GetBucketReplicationLocation');
    expect(match('GET', 'bucket', 'replicationProgress')).toBe('GetBucketReplicationProgress');
  });

  it('[Route-6] takes query keys as case-sensitive', () => {
    expect(match('GET', 'bucket', 'bucketInfo')).toBe('GetBucketInfo');
    expect(refusal(() => match('GET', 'bucket', 'bucketinfo')).code).toBe('InvalidArgument');
  });

  it('[Common-13] takes "?acl" and "?acl=" for the same', () => {
    expect(match('GET', 'bucket', 'acl')).toBe('GetBucketAcl');
    expect(match('GET', 'bucket', 'acl=')).toBe('GetBucketAcl');
  });

  it('[Hns-1] [Hns-2] refuses in a hierarchical bucket exactly what the reference says', () => {
    const refused = new Set(all.filter((row) => !row.hierarchical).map((row) => row.name));
    for (const name of [
      'InitiateBucketWorm',
      'AbortBucketWorm',
      'CompleteBucketWorm',
      'ExtendBucketWorm',
      'GetBucketWorm',
      'PutBucketLifecycle',
      'GetBucketLifecycle',
      'DeleteBucketLifecycle',
      'PutBucketVersioning',
      'GetBucketVersioning',
      'ListObjectVersions',
      'PutBucketReplication',
      'GetBucketReplication',
      'GetBucketReplicationLocation',
      'GetBucketReplicationProgress',
      'DeleteBucketReplication',
      'PutBucketInventory',
      'GetBucketInventory',
      'ListBucketInventory',
      'DeleteBucketInventory',
      'PutBucketWebsite',
      'PutBucketCors',
      'AppendObject',
      'DeleteMultipleObjects',
      'RestoreObject',
      'PutSymlink',
      'GetSymlink',
    ]) {
      expect(refused, name).toContain(name);
    }
    for (const name of [
      'PutBucket',
      'DeleteBucket',
      'ListObjects',
      'ListObjectsV2',
      'GetBucketInfo',
      'GetBucketLocation',
      'PutBucketAcl',
      'GetBucketAcl',
      'PutBucketPolicy',
      'PutBucketLogging',
      'PutObject',
      'GetObject',
    ]) {
      expect(refused, name).not.toContain(name);
    }
  });
});
