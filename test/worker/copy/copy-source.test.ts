import { describe, expect, it } from 'vitest';
import { OssError } from '../../../src/oss/answer/errors.ts';
import { parseCopySource } from '../../../src/oss/object/copy-source.ts';

const version = `CAEQ${'0123456789'.repeat(6)}`;

function codeOf(header: string): string {
  try {
    return `taken: ${JSON.stringify(parseCopySource(header))}`;
  } catch (error) {
    return error instanceof OssError ? error.code : String(error);
  }
}

describe('the copy source', () => {
  it.each([
    ['/bucket/key', { bucket: 'bucket', key: 'key' }],
    ['bucket/key', { bucket: 'bucket', key: 'key' }],
    ['/bucket/dir/sub/', { bucket: 'bucket', key: 'dir/sub/' }],
    ['/bucket/a%20b', { bucket: 'bucket', key: 'a b' }],
    ['/bucket/a+b', { bucket: 'bucket', key: 'a b' }],
    ['/bucket/a%2Bb', { bucket: 'bucket', key: 'a+b' }],
    ['/bucket/dir%2Fkey', { bucket: 'bucket', key: 'dir/key' }],
    ['/bucket%2Fdir%2Fkey', { bucket: 'bucket', key: 'dir/key' }],
    ['%2Fbucket%2Fkey', { bucket: 'bucket', key: 'key' }],
    ['/bucket/..%2Fother', { bucket: 'bucket', key: '../other' }],
    ['/bucket/../other/key', { bucket: 'bucket', key: '../other/key' }],
    ['/bucket/%E4%B8%AD%E6%96%87', { bucket: 'bucket', key: '中文' }],
    [`/bucket/key?versionId=${version}`, { bucket: 'bucket', key: 'key', versionId: version }],
    ['/bucket/key?versionId=null', { bucket: 'bucket', key: 'key', versionId: 'null' }],
    // An escaped question mark belongs to the key, and what is escaped twice is decoded once.
    [`/bucket/key%3FversionId%3D${version}`, { bucket: 'bucket', key: `key?versionId=${version}` }],
    [
      '/bucket/key%3FversionId%3Dnull?versionId=null',
      { bucket: 'bucket', key: 'key?versionId=null', versionId: 'null' },
    ],
    ['/bucket/key%253FversionId%253Dnull', { bucket: 'bucket', key: 'key%3FversionId%3Dnull' }],
    ['/bucket/a%252Fb', { bucket: 'bucket', key: 'a%2Fb' }],
    ['/bucket/%25', { bucket: 'bucket', key: '%' }],
  ])('[CopyObject-1] [Sec-17] %s has one meaning', (header, name) => {
    expect(parseCopySource(header)).toEqual(name);
  });

  it.each([
    ['', 'InvalidArgument'],
    ['/', 'InvalidArgument'],
    ['/bucket', 'InvalidArgument'],
    ['/bucket/', 'InvalidArgument'],
    ['//key', 'InvalidArgument'],
    ['//bucket/key', 'InvalidArgument'],
    ['/bucket/%', 'InvalidArgument'],
    ['/bucket/%zz', 'InvalidArgument'],
    ['/bucket/%ff', 'InvalidArgument'],
    ['/bucket/key?', 'InvalidArgument'],
    ['/bucket/key?versionId', 'InvalidArgument'],
    ['/bucket/key?versionId=', 'InvalidArgument'],
    ['/bucket/key?versionId=x', 'InvalidArgument'],
    [`/bucket/key?versionId=${version}0`, 'InvalidArgument'],
    [`/bucket/key?versionId=${version}&versionId=null`, 'InvalidArgument'],
    [`/bucket/key?versionid=${version}`, 'InvalidArgument'],
    ['/bucket/key?acl', 'InvalidArgument'],
    ['/bucket/key?versionId=null?versionId=null', 'InvalidArgument'],
    [`/bucket/key?versionId%3D${version}`, 'InvalidArgument'],
    ['/Bucket/key', 'InvalidBucketName'],
    ['/b/key', 'InvalidBucketName'],
    ['/../key', 'InvalidBucketName'],
    ['/bucket//key', 'InvalidObjectName'],
    ['/bucket/%2Fkey', 'InvalidObjectName'],
    ['/bucket/%5Ckey', 'InvalidObjectName'],
    [`/bucket/${'x'.repeat(1_024)}`, 'InvalidObjectName'],
  ])('[CopyObject-E1] [Sec-17] %s is refused', (header, code) => {
    expect(codeOf(header)).toBe(code);
  });
});
