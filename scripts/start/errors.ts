/** Why a start is refused, in one line for the person who started it. */
export class StartError extends Error {
  readonly exitCode: number;

  /** @param exitCode 2 for what was asked for, 1 for what was found on the machine */
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
