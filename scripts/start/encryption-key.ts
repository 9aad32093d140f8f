import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readSecretFile, writeSecretFile } from './secret-file.ts';
import type { Settings } from './settings.ts';

/**
 * The value of `ENCRYPTION_KEY` for a run: what the environment gives, else what the data folder keeps, made at first
 * start. A key that was kept and is then given another one stays, as an older key, so that what it encrypted can be read.
 * @throws {Error} when the file is there but holds no key
 */
export function encryptionKey(settings: Pick<Settings, 'encryptionKey'>, dataDir: string): string {
  const path = join(dataDir, 'encryption-key');
  const kept = readSecretFile(path)?.trim();
  if (kept !== undefined && !/^[A-Za-z0-9+/]{43}=$/.test(kept))
    throw new Error(`${path} does not hold the key that ossgate wrote there`);
  if (settings.encryptionKey !== undefined) {
    return kept === undefined ? settings.encryptionKey : `${settings.encryptionKey},${kept}`;
  }
  if (kept !== undefined) return kept;
  const made = randomBytes(32).toString('base64');
  writeSecretFile(path, `${made}\n`);
  return made;
}
