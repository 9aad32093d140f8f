import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from './errors.ts';

/** How long a predecessor that was just told to stop may take to let go. */
const patienceMs = 2_000;

/**
 * Takes the data folder for this process; two writers would corrupt it.
 *
 * The lock is SQLite's own lock on an empty database file: the system drops it when the process ends, however it
 * ends, so that no lock is ever stale and no process id is ever taken for another's. The id is kept for people only.
 * @returns gives the folder back
 * @throws {StartError} while another process has it
 */
export function lockDataDir(dataDir: string): () => void {
  const pidFile = join(dataDir, 'ossgate.pid');
  const database = new DatabaseSync(join(dataDir, 'ossgate.lock'), { timeout: patienceMs });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== 5 /* SQLITE_BUSY */) throw error;
    throw new StartError(`the data folder ${dataDir} is in use by another ossgate${readPid(pidFile)}`);
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return () => {
    rmSync(pidFile, { force: true });
    database.close();
  };
}

function readPid(pidFile: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(pidFile, 'utf8'), 10)})`;
  } catch {
    return '';
  }
}
