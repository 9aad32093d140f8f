import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.ts';

/**
 * The RSA key that signs callbacks, PKCS #8 in PEM: what the environment gives, or what the data folder keeps, made at
 * first start and readable by its owner alone.
 * @throws {Error} when the file is there but holds no such key
 */
export function callbackKey({ callbackPrivateKey }: Settings, dataDir: string): string {
  if (callbackPrivateKey !== undefined) return callbackPrivateKey;
  const path = join(dataDir, 'callback-key.pem');
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    // Written aside and renamed: a process that dies here leaves either no file or a whole one.
    writeFileSync(`${path}.new`, pem, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return pem;
  }
  chmodSync(path, 0o600);
  if (!isRsaKey(pem)) throw new Error(`${path} does not hold the RSA key that ossgate wrote there`);
  return pem;
}

/** Whether a text is an RSA private key in PEM. */
export function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
