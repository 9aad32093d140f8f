import type { Operation } from '../operation.ts';
import { OperationTable } from '../request/match.ts';
import { AbortBucketWorm } from './bucket/AbortBucketWorm.ts';
import { CompleteBucketWorm } from './bucket/CompleteBucketWorm.ts';
import { CreateCnameToken } from './bucket/CreateCnameToken.ts';
import { DeleteBucket } from './bucket/DeleteBucket.ts';
import { DeleteBucketCors } from './bucket/DeleteBucketCors.ts';
import { DeleteBucketEncryption } from './bucket/DeleteBucketEncryption.ts';
import { DeleteBucketPolicy } from './bucket/DeleteBucketPolicy.ts';
import { DeleteBucketTags } from './bucket/DeleteBucketTags.ts';
import { DeleteBucketTransferAcceleration } from './bucket/DeleteBucketTransferAcceleration.ts';
import { DeleteBucketWebsite } from './bucket/DeleteBucketWebsite.ts';
import { DeleteCname } from './bucket/DeleteCname.ts';
import { ExtendBucketWorm } from './bucket/ExtendBucketWorm.ts';
import { GetBucketAcl } from './bucket/GetBucketAcl.ts';
import { GetBucketCors } from './bucket/GetBucketCors.ts';
import { GetBucketEncryption } from './bucket/GetBucketEncryption.ts';
import { GetBucketInfo } from './bucket/GetBucketInfo.ts';
import { GetBucketLocation } from './bucket/GetBucketLocation.ts';
import { GetBucketPolicy } from './bucket/GetBucketPolicy.ts';
import { GetBucketReferer } from './bucket/GetBucketReferer.ts';
import { GetBucketRequestPayment } from './bucket/GetBucketRequestPayment.ts';
import { GetBucketResourceGroup } from './bucket/GetBucketResourceGroup.ts';
import { GetBucketStat } from './bucket/GetBucketStat.ts';
import { GetBucketTags } from './bucket/GetBucketTags.ts';
import { GetBucketTransferAcceleration } from './bucket/GetBucketTransferAcceleration.ts';
import { GetBucketVersioning } from './bucket/GetBucketVersioning.ts';
import { GetBucketWebsite } from './bucket/GetBucketWebsite.ts';
import { GetBucketWorm } from './bucket/GetBucketWorm.ts';
import { GetCnameToken } from './bucket/GetCnameToken.ts';
import { HeadWebsite } from './bucket/HeadWebsite.ts';
import { InitiateBucketWorm } from './bucket/InitiateBucketWorm.ts';
import { ListCname } from './bucket/ListCname.ts';
import { ListMultipartUploads } from './bucket/ListMultipartUploads.ts';
import { ListObjects } from './bucket/ListObjects.ts';
import { ListObjectsV2 } from './bucket/ListObjectsV2.ts';
import { ListObjectVersions } from './bucket/ListObjectVersions.ts';
import { PutBucket } from './bucket/PutBucket.ts';
import { PutBucketAcl } from './bucket/PutBucketAcl.ts';
import { PutBucketCors } from './bucket/PutBucketCors.ts';
import { PutBucketEncryption } from './bucket/PutBucketEncryption.ts';
import { PutBucketPolicy } from './bucket/PutBucketPolicy.ts';
import { PutBucketReferer } from './bucket/PutBucketReferer.ts';
import { PutBucketRequestPayment } from './bucket/PutBucketRequestPayment.ts';
import { PutBucketResourceGroup } from './bucket/PutBucketResourceGroup.ts';
import { PutBucketTags } from './bucket/PutBucketTags.ts';
import { PutBucketTransferAcceleration } from './bucket/PutBucketTransferAcceleration.ts';
import { PutBucketVersioning } from './bucket/PutBucketVersioning.ts';
import { PutBucketWebsite } from './bucket/PutBucketWebsite.ts';
import { PutCname } from './bucket/PutCname.ts';
import { AbortMultipartUpload } from './object/AbortMultipartUpload.ts';
import { AppendObject } from './object/AppendObject.ts';
import { CleanRestoredObject } from './object/CleanRestoredObject.ts';
import { CompleteMultipartUpload } from './object/CompleteMultipartUpload.ts';
import { CopyObject } from './object/CopyObject.ts';
import { CreateDirectory } from './object/CreateDirectory.ts';
import { DeleteDirectory } from './object/DeleteDirectory.ts';
import { DeleteMultipleObjects } from './object/DeleteMultipleObjects.ts';
import { DeleteObject } from './object/DeleteObject.ts';
import { DeleteObjectTagging } from './object/DeleteObjectTagging.ts';
import { GetObject } from './object/GetObject.ts';
import { GetObjectACL } from './object/GetObjectACL.ts';
import { GetObjectMeta, GetObjectMetaByGet } from './object/GetObjectMeta.ts';
import { GetObjectTagging } from './object/GetObjectTagging.ts';
import { GetSymlink } from './object/GetSymlink.ts';
import { HeadObject } from './object/HeadObject.ts';
import { InitiateMultipartUpload } from './object/InitiateMultipartUpload.ts';
import { ListParts } from './object/ListParts.ts';
import { Options } from './object/Options.ts';
import { PostObject } from './object/PostObject.ts';
import { PutObject } from './object/PutObject.ts';
import { PutObjectACL } from './object/PutObjectACL.ts';
import { PutObjectTagging } from './object/PutObjectTagging.ts';
import { PutSymlink } from './object/PutSymlink.ts';
import { Rename } from './object/Rename.ts';
import { RestoreObject } from './object/RestoreObject.ts';
import { SealAppendObject } from './object/SealAppendObject.ts';
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
  InitiateBucketWorm,
  AbortBucketWorm,
  CompleteBucketWorm,
  ExtendBucketWorm,
  GetBucketWorm,
  PutBucketAcl,
  GetBucketAcl,
  PutBucketPolicy,
  GetBucketPolicy,
  DeleteBucketPolicy,
  PutBucketTransferAcceleration,
  GetBucketTransferAcceleration,
  DeleteBucketTransferAcceleration,
  PutBucketReferer,
  GetBucketReferer,
  PutBucketTags,
  GetBucketTags,
  DeleteBucketTags,
  PutBucketResourceGroup,
  GetBucketResourceGroup,
  PutBucketEncryption,
  GetBucketEncryption,
  DeleteBucketEncryption,
  PutBucketRequestPayment,
  GetBucketRequestPayment,
  PutBucketCors,
  GetBucketCors,
  DeleteBucketCors,
  ...Options,
  CreateCnameToken,
  GetCnameToken,
  PutCname,
  ListCname,
  DeleteCname,
  PutBucketWebsite,
  GetBucketWebsite,
  DeleteBucketWebsite,
  HeadWebsite,
  PutBucketVersioning,
  GetBucketVersioning,
  ListObjectVersions,
  PutObject,
  PostObject,
  GetObject,
  AppendObject,
  SealAppendObject,
  CopyObject,
  DeleteObject,
  DeleteMultipleObjects,
  HeadObject,
  GetObjectMeta,
  GetObjectMetaByGet,
  RestoreObject,
  CleanRestoredObject,
  CreateDirectory,
  Rename,
  DeleteDirectory,
  InitiateMultipartUpload,
  UploadPart,
  UploadPartCopy,
  CompleteMultipartUpload,
  AbortMultipartUpload,
  ListMultipartUploads,
  ListParts,
  PutObjectACL,
  GetObjectACL,
  PutSymlink,
  GetSymlink,
  PutObjectTagging,
  GetObjectTagging,
  DeleteObjectTagging,
];

/** The table that routing, permissions and the compatibility page are derived from. */
export const operations = new OperationTable([...built, ...planned]);
