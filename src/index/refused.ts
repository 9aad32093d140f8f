import type { Refusal } from './records.ts';

/** Thrown inside a transaction, which is rolled back and answers this refusal. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refused: Refusal;

  constructor(refused: Refusal) {
    super(refused);
    this.refused = refused;
  }
}
