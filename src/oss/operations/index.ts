import { OperationTable } from '../match.ts';
import type { Operation } from '../operation.ts';
import { DeleteBucket } from './bucket/DeleteBucket.ts';
import { GetBucketAcl } from './bucket/GetBucketAcl.ts';
import { GetBucketInfo } from './bucket/GetBucketInfo.ts';
import { GetBucketLocation } from './bucket/GetBucketLocation.ts';
import { GetBucketStat } from './bucket/GetBucketStat.ts';
import { ListMultipartUploads } from './bucket/ListMultipartUploads.ts';
import { ListObjects } from './bucket/ListObjects.ts';
import { ListObjectsV2 } from './bucket/ListObjectsV2.ts';
import { PutBucket } from './bucket/PutBucket.ts';
import { PutBucketAcl } from './bucket/PutBucketAcl.ts';
import { AbortMultipartUpload } from './object/AbortMultipartUpload.ts';
import { CompleteMultipartUpload } from './object/CompleteMultipartUpload.ts';
import { CopyObject } from './object/CopyObject.ts';
import { DeleteMultipleObjects } from './object/DeleteMultipleObjects.ts';
import { DeleteObject } from './object/DeleteObject.ts';
import { GetObject } from './object/GetObject.ts';
import { GetObjectACL } from './object/GetObjectACL.ts';
import { GetObjectMeta, GetObjectMetaByGet } from './object/GetObjectMeta.ts';
import { HeadObject } from './object/HeadObject.ts';
import { InitiateMultipartUpload } from './object/InitiateMultipartUpload.ts';
import { ListParts } from './object/ListParts.ts';
import { PutObject } from './object/PutObject.ts';
import { PutObjectACL } from './object/PutObjectACL.ts';
import { UploadPart } from './object/UploadPart.ts';
import { UploadPartCopy } from './object/UploadPartCopy.ts';
import { planned } from './planned.ts';
import { DescribeRegions } from './service/DescribeRegions.ts';
import { ListBuckets } from './service/ListBuckets.ts';

/** Every operation that is built, in the order of the reference. */
export const built: readonly Operation[] = [
  ListBuckets,
  DescribeRegions,
  PutBucket,
  DeleteBucket,
  ListObjects,
  ListObjectsV2,
  GetBucketInfo,
  GetBucketLocation,
  GetBucketStat,
  PutBucketAcl,
  GetBucketAcl,
  PutObject,
  GetObject,
  CopyObject,
  DeleteObject,
  DeleteMultipleObjects,
  HeadObject,
  GetObjectMeta,
  GetObjectMetaByGet,
  InitiateMultipartUpload,
  UploadPart,
  UploadPartCopy,
  CompleteMultipartUpload,
  AbortMultipartUpload,
  ListMultipartUploads,
  ListParts,
  PutObjectACL,
  GetObjectACL,
];

/** The table that routing, permissions and the compatibility page are derived from. */
export const operations = new OperationTable([...built, ...planned]);
