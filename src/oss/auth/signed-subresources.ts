/**
 * The query parameters that a V1 signature covers, case-sensitive. OSS publishes no complete list: this is the union
 * over all official signers (protocol/oss.md 1.3). A parameter that changes what a request does and is missing here
 * could be added to somebody's signed URL, so the operation table is tested against this set.
 */
export const signedSubresources: ReadonlySet<string> = new Set(
  `
  accessPoint accessPointConfigForObjectProcess accessPointForObjectProcess accessPointPolicy
  accessPointPolicyForObjectProcess acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var
  cleanRestoredObject cloudboxes cname comp continuation-token cors dataPipeline delete encryption endTime group
  httpsConfig img inventory inventoryId legalHold lifecycle link live location logging MetaQuery metaQuery objectInfo
  objectMeta objectWorm overwriteConfig partNumber policy policyStatus position processConfiguration publicAccessBlock
  qos qosInfo qosRequester redundancyTransition referer regionList replication replicationLocation replicationProgress
  requesterQosInfo requestPayment resourceGroup resourcePool resourcePoolBuckets resourcePoolInfo
  response-cache-control response-content-disposition response-content-encoding response-content-language
  response-content-type response-expires responseHeader restore retention rtc seal security-token sequential startTime
  stat status style styleName symlink tagging transferAcceleration udf udfApplication udfApplicationLog udfId udfImage
  udfImageDesc udfName uploadId uploads userDefinedLogFieldsConfig versionId versioning versions vip vod vpcip website
  withHashContext worm wormExtend wormId x-oss-ac-forward-allow x-oss-ac-source-ip x-oss-ac-subnet-mask x-oss-ac-vpc-id
  x-oss-access-point-name x-oss-async-process x-oss-delete x-oss-dir x-oss-enable-md5 x-oss-enable-sha1
  x-oss-enable-sha256 x-oss-hash-ctx x-oss-md5-ctx x-oss-process x-oss-redundancy-transition-taskid x-oss-rename
  x-oss-request-payer x-oss-security-token x-oss-target-redundancy-type x-oss-traffic-limit
  x-oss-write-get-object-response
  `
    .trim()
    .split(/\s+/),
);

/** Whether a V1 signature covers this query parameter: the list above, and by rule whatever begins `x-oss-`. */
export function isSignedSubresource(name: string): boolean {
  return signedSubresources.has(name) || name.startsWith('x-oss-');
}
