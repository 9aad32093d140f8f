import { type ErrorCode, invalidArgument, OssError } from '../answer/errors.ts';

/**
 * 400 `MalformedXML` ([Common-17], [EdgeCommon-17]) with the standard message.
 * @param reason what was wrong, for logs and tests only: it stays in `cause` and never reaches the client
 */
export function malformed(reason: string): OssError {
  const error = new OssError('MalformedXML');
  error.cause = reason;
  return error;
}

const maxEchoLength = 256;

/**
 * The error for an element whose value or number is not allowed.
 * @param code MalformedXML if undefined; `InvalidArgument` tells the client which element it is and what it held
 * @param held the element's text, or how many there were; told shortened
 */
export function refusal(code: ErrorCode | undefined, name: string, held: string): OssError {
  if (code === undefined || code === 'MalformedXML') return malformed(`bad ${name}`);
  return code === 'InvalidArgument' ? invalidArgument(name, held.slice(0, maxEchoLength)) : new OssError(code);
}
