/**
 * - `incomplete-body` the body ended, or broke, before its announced length
 * - `too-large` it is, or announces to be, longer than allowed
 * - `timeout` its sender paused too long
 * - `md5-mismatch` it is not what its Content-MD5 promised
 * - `busy` too many bodies of unknown length are being buffered right now; trying again later helps
 */
export type BodyFailureReason = 'incomplete-body' | 'too-large' | 'timeout' | 'md5-mismatch' | 'busy';

/** A body could not be taken, and nothing of it was kept. */
export class BodyFailure extends Error {
  override readonly name = 'BodyFailure';
  readonly reason: BodyFailureReason;

  constructor(reason: BodyFailureReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

export function tooLarge(limit: number): BodyFailure {
  return new BodyFailure('too-large', `the body exceeds ${limit} bytes`);
}

export function incomplete(have: number, length: number): BodyFailure {
  return new BodyFailure('incomplete-body', `the body ended after ${have} of ${length} bytes`);
}

export function md5Mismatch(cause?: unknown): BodyFailure {
  return new BodyFailure('md5-mismatch', 'the body is not what its MD5 promised', cause);
}
