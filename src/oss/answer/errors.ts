/**
 * The error catalogue of the OSS dialect: code → status, message, EC (reference: error responses; `protocol/oss.md` 3).
 * A code that no row names cannot be thrown.
 */
const catalogue = {
  AccessDenied: [403, 'You have no right to access this object.', '0003-00000001'],
  AccessForbidden: [403, 'CORSResponse: This CORS request is not allowed.', '0034-00000003'],
  AccessKeyIdAndSecurityTokenNotMatch: [403, 'The AccessKey ID and the security token do not match.', '0002-00000907'],
  ArchiveRestoreFileStale: [409, 'The archive file has not been restored.', '0016-00000720'],
  ArchiveRestoreNotFinished: [409, "The archive file's restore is not finished.", '0016-00000719'],
  BadRequest: [400, 'The request is invalid.', '0016-00000400'],
  BucketAlreadyExists: [
    409,
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
    '0015-00000104',
  ],
  BucketNotEmpty: [409, 'The bucket has objects. Please delete them first.', '0015-00000301'],
  CallbackFailed: [203, 'Error status : -1.OSS can not connect to your callbackUrl, please check it.', '0007-00000203'],
  CnameAlreadyExists: [409, 'The domain is bound to another bucket of the account.', '0018-00000104'],
  CnameDenied: [403, 'The domain is bound to a bucket of another account.', '0018-00000103'],
  CnameIsForbidden: [403, 'The domain is reserved for the service.', '0018-00000105'],
  CnameTokenNotFound: [404, 'Cname token not found.', '0018-00000112'],
  CORSRuleBeyondLimit: [400, 'The number of CORS rules exceeds the limit.', '0034-00000002'],
  DisallowedConfiguration: [400, 'The configuration is not allowed for this bucket.', '0015-00000410'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed object size.', '0016-00000204'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size.', '0016-00000203'],
  FieldItemTooLong: [400, 'Your form field is too long.', '0006-00000104'],
  FileAlreadyExists: [409, 'The object you specified already exists and can not be overwritten.', '0026-00000101'],
  FileImmutable: [409, 'The object you specified is immutable.', '0026-00000102'],
  IncorrectNumberOfFilesInPOSTRequest: [400, 'POST requires exactly one file upload per request.', '0006-00000105'],
  InlineDataTooLarge: [400, 'The inline data exceeds the maximum allowed size.', '0015-00000232'],
  InternalError: [500, 'We encountered an internal error. Please try again.', '0001-00000500'],
  InvalidAccessKeyId: [403, 'The OSS Access Key Id you provided does not exist in our records.', '0002-00000902'],
  InvalidArgument: [400, 'Invalid Argument.', '0016-00000501'],
  InvalidBucketName: [400, 'The specified bucket is not valid.', '0015-00000001'],
  InvalidDataEncryptionAlgorithmError: [
    400,
    'The data encryption algorithm is not supported: data is encrypted by AES256.',
    '0016-00000313',
  ],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.', '0016-00000205'],
  InvalidEncryptionAlgorithmError: [
    400,
    'The Encryption request you specified is not valid. Supported value: AES256/KMS.',
    '0016-00000310',
  ],
  InvalidEncryptionRequest: [400, 'The encryption request is not valid.', '0016-00000311'],
  InvalidLocationConstraint: [400, 'The specified location-constraint is not valid', '0015-00000105'],
  InvalidObjectName: [400, 'The specified object is not valid.', '0016-00000002'],
  InvalidObjectState: [403, "The operation is not valid for the object's state", '0016-00000718'],
  InvalidPart: [
    400,
    'One or more of the specified parts could not be found or the specified entity tag might not have matched the part.',
    '0042-00000205',
  ],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order.', '0042-00000206'],
  InvalidPolicyDocument: [400, 'The content of the form does not meet the conditions of the policy.', '0006-00000201'],
  InvalidRange: [416, 'The requested range cannot be satisfied', '0017-00000208'],
  InvalidRequest: [400, 'The request is not valid.', '0016-00000902'],
  InvalidSecurityToken: [403, 'The security token you provided is invalid.', '0002-00000903'],
  InvalidTag: [400, 'The tag you have provided is invalid', '0016-00000601'],
  InvalidTargetBucketForLogging: [403, 'put bucket log requester is not target bucket owner.', '0015-00000701'],
  InvalidTargetType: [400, 'The target of the symbolic link is not valid.', '0016-00000703'],
  InvalidWORMConfiguration: [400, 'The retention policy is not valid.', '0015-00000801'],
  InvalidXMLFormat: [400, 'The XML you provided was not well-formed.', '0015-00000233'],
  KmsServiceNotEnabled: [403, 'The KMS service is not enabled.', '0016-00000312'],
  MalformedPOSTRequest: [400, 'The body of your POST request is not well-formed multipart/form-data.', '0006-00000103'],
  MalformedXML: [
    400,
    'The XML you provided was not well-formed or did not validate against our published schema.',
    '0015-00000231',
  ],
  MaxPOSTPreDataLengthExceededError: [
    400,
    'Your POST request fields preceding the upload file were too large.',
    '0006-00000106',
  ],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.', '0016-00000905'],
  MirrorFailed: [424, 'The mirror origin did not answer as expected.', '0011-00000002'],
  MissingArgument: [400, 'Missing Some Required Arguments.', '0016-00000502'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.', '0016-00000202'],
  NeedVerifyDomainOwnership: [403, 'The ownership of the domain is not verified.', '0018-00000115'],
  NoNeedCreateCnameToken: [403, 'The domain is bound already and needs no token.', '0018-00000113'],
  NoSuchBucket: [404, 'The specified bucket does not exist.', '0015-00000101'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist.', '0030-00000010'],
  NoSuchCORSConfiguration: [404, 'The CORS Configuration does not exist.', '0034-00000001'],
  NoSuchKey: [404, 'The specified key does not exist.', '0026-00000001'],
  NoSuchRegion: [404, 'The specified region does not exist.', '0005-00000404'],
  NoSuchServerSideEncryptionRule: [404, 'The server side encryption configuration was not found', '0015-00000601'],
  NoSuchTransferAccelerationConfiguration: [
    404,
    'The transfer acceleration configuration does not exist.',
    '0015-00000901',
  ],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    '0042-00000002',
  ],
  NoSuchVersion: [404, 'The specified version does not exist.', '0026-00000002'],
  NoSuchWebsiteConfiguration: [404, 'The specified bucket does not have a website configuration.', '0019-00000001'],
  NoSuchWORMConfiguration: [404, 'The WORM Configuration does not exist.', '0015-00000802'],
  NotImplemented: [400, 'A header you provided implies functionality that is not implemented.', '0016-00000501'],
  NotModified: [304, 'Not Modified', '0017-00000304'],
  NotSymlink: [400, 'The object you specified is not a symlink.', '0016-00000704'],
  ObjectAlreadyExists: [400, 'The object you specified already exists.', '0026-00000103'],
  ObjectNotAppendable: [409, 'The object is not appendable', '0026-00000201'],
  OperationNotImplemented: [501, 'The operation is not implemented.', '0037-00000501'],
  OperationNotSupported: [400, 'The operation is not supported for this resource', '0037-00000001'],
  PositionNotEqualToLength: [409, 'Position is not equal to file length', '0026-00000202'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold.', '0016-00000412'],
  RequestIsNotMultiPartContent: [
    400,
    'Bucket POST must be of the enclosure-type multipart/form-data.',
    '0006-00000101',
  ],
  RequestTimeout: [
    400,
    'Your socket connection to the server was not read from or written to within the timeout period.',
    '0016-00000408',
  ],
  RequestTimeTooSkewed: [
    403,
    'The difference between the request time and the current time is too large.',
    '0002-00000504',
  ],
  ResourceGroupIdPreCheckError: [400, 'The resource group id precheck error', '0039-00000003'],
  RestoreAlreadyInProgress: [409, 'The restore operation is in progress.', '0016-00000717'],
  SecurityTokenExpired: [403, 'The security token you provided has expired.', '0002-00000904'],
  SecurityTokenNotSupported: [403, 'The security token is not supported by this operation.', '0002-00000905'],
  ServiceUnavailable: [503, 'Please reduce your request rate.', '0001-00000503'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    '0002-00000040',
  ],
  SymlinkTargetNotExist: [404, 'The target of the symbolic link does not exist.', '0026-00000003'],
  TooManyBuckets: [400, 'You have attempted to create more buckets than allowed.', '0015-00000103'],
  TooManyCname: [400, 'The bucket has as many domains as it may have.', '0018-00000106'],
  TooManyCnameToken: [400, 'You have attempted to create more cname token than allowed.', '0018-00000114'],
  TransferAccelerationDisabled: [403, 'Transfer acceleration is disabled for this bucket.', '0015-00000902'],
  WORMConfigurationAlreadyExists: [409, 'The WORM configuration already exists.', '0015-00000803'],
  WORMConfigurationLocked: [403, 'The WORM configuration is locked.', '0015-00000804'],
} as const satisfies Record<string, readonly [status: number, message: string, ec: string]>;

export type ErrorCode = keyof typeof catalogue;

/** What an error may say beyond its row of the catalogue. */
export interface ErrorDetail {
  readonly message?: string;
  readonly ec?: string;
  /** Extra elements of the error document, in order. Values are text, or children. */
  readonly extra?: Readonly<Record<string, ExtraElement>>;
  /** Extra response headers, such as `x-oss-delete-marker`. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type ExtraElement = string | number | { readonly [name: string]: ExtraElement };

/** A refusal that a client is meant to see. Everything else that is thrown becomes `InternalError`. */
export class OssError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly ec: string;
  readonly extra: Readonly<Record<string, ExtraElement>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    const [status, message, ec] = catalogue[code];
    super(detail.message ?? message);
    this.name = 'OssError';
    this.code = code;
    this.status = status;
    this.ec = detail.ec ?? ec;
    this.extra = detail.extra ?? {};
    this.headers = detail.headers ?? {};
  }

  /** The code as the wire has it: an operation that has not been built yet is `NotImplemented`, with status 501. */
  get wireCode(): string {
    return this.code === 'OperationNotImplemented' ? 'NotImplemented' : this.code;
  }
}

/** 400 `InvalidArgument` on one named header, parameter or element ([Common-9]). */
export function invalidArgument(name: string, value: string, message?: string): OssError {
  return new OssError('InvalidArgument', {
    ...(message === undefined ? {} : { message }),
    extra: { ArgumentName: name, ArgumentValue: value },
  });
}
