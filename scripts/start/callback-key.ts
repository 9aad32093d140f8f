import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { readSecretFile, writeSecretFile } from './secret-file.ts';
import type { Settings } from './settings.ts';

/**
 * The RSA key that signs callbacks, PKCS #8 in PEM: what the environment gives, or what the data folder keeps, made at
 * first start and readable by its owner alone.
 * @throws {Error} when the file is there but holds no such key
 */
export function callbackKey({ callbackPrivateKey }: Settings, dataDir: string): string {
  if (callbackPrivateKey !== undefined) return callbackPrivateKey;
  const path = join(dataDir, 'callback-key.pem');
  const pem = readSecretFile(path);
  if (pem === undefined) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const made = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    writeSecretFile(path, made);
    return made;
  }
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
