/** Numbers that were used once, and are remembered as long as they could be used again. */
export class Nonces {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec('CREATE TABLE IF NOT EXISTS nonce (name TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID');
    sql.exec('CREATE INDEX IF NOT EXISTS nonce_until ON nonce (until)');
  }

  /** @param until ms since the epoch: when it needs to be remembered no longer. @returns whether it is new */
  spend(name: string, until: number, now: number): boolean {
    this.#sql.exec('DELETE FROM nonce WHERE until < ?', now);
    return this.#sql.exec('INSERT OR IGNORE INTO nonce (name, until) VALUES (?, ?)', name, until).rowsWritten > 0;
  }
}
