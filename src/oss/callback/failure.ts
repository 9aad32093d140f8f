/** Why a callback came to nothing, in the words of the service. */
export class CallbackFailure extends Error {
  override readonly name = 'CallbackFailure';
  readonly ec: string;

  constructor(message: string, ec = '0007-00000203') {
    super(message);
    this.ec = ec;
  }
}

export function cannotConnect(): CallbackFailure {
  return new CallbackFailure('Error status : -1.OSS can not connect to your callbackUrl, please check it.');
}
