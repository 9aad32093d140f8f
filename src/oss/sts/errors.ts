/** Errors of the token service: code → status and message, as the vendor's service has them. */
const catalogue = {
  'EntityNotExist.Role': [404, 'The role does not exist.'],
  IncompleteSignature: [400, 'The request signature does not conform to the standards.'],
  'InvalidAccessKeyId.NotFound': [404, 'Specified access key is not found.'],
  'InvalidAction.NotFound': [404, 'Specified api is not found, please check your url and method.'],
  InvalidParameter: [400, 'The specified parameter is not valid.'],
  'InvalidParameter.DurationSeconds': [400, 'The parameter DurationSeconds is out of range.'],
  'InvalidParameter.PolicyGrammar': [400, 'The parameter Policy has not passed grammar check.'],
  'InvalidParameter.PolicySize': [400, 'The parameter Policy exceeds the maximum size.'],
  'InvalidParameter.RoleArn': [400, 'The parameter RoleArn is wrongly formed.'],
  'InvalidParameter.RoleSessionName': [400, 'The parameter RoleSessionName is wrongly formed.'],
  'InvalidTimeStamp.Expired': [400, 'Specified time stamp or date value is expired.'],
  'InvalidTimeStamp.Format': [400, 'Specified time stamp or date value is not well formatted.'],
  InvalidVersion: [400, 'Specified parameter Version is not valid.'],
  MissingParameter: [400, 'A mandatory parameter is missing.'],
  NoPermission: [403, 'You are not authorized to do this action. You should be authorized by RAM.'],
  RequestEntityTooLarge: [413, 'The request is too large.'],
  SignatureDoesNotMatch: [400, 'Specified signature is not matched with our calculation.'],
  SignatureNonceUsed: [400, 'Specified signature nonce was used already.'],
  UnsupportedHTTPMethod: [400, 'This http method is not supported.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type StsErrorCode = keyof typeof catalogue;

/** A refusal of the token service. */
export class StsError extends Error {
  readonly status: number;
  /** As the wire has it. */
  readonly code: string;

  constructor(code: StsErrorCode, message?: string) {
    const [status, standard] = catalogue[code];
    super(message ?? standard);
    this.name = 'StsError';
    this.status = status;
    this.code = code;
  }
}

/** The refusal of a request without this parameter, which has a code of its own. */
export class MissingParameter extends StsError {
  override readonly code: string;

  constructor(name: string) {
    super('MissingParameter', `${name} is mandatory for this action.`);
    this.code = `Missing${name}`;
  }
}
