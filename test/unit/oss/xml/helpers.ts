import { expect } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';

const encoder = new TextEncoder();

export function bytes(source: string): Uint8Array {
  return encoder.encode(source);
}

/** Runs what must be refused. @returns the refusal */
export function refused(action: () => unknown): OssError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(OssError);
    return error as OssError;
  }
  throw new Error('it was accepted');
}
