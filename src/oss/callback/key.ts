import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Settings, SettingsError } from '../../settings.ts';

/** The key that callbacks are signed with. */
export interface CallbackKey {
  /** The public half as PEM, for receivers. */
  readonly publicPem: string;
  /** RSA with MD5, PKCS #1 v1.5, which is what receivers verify ([Callback-20]). Base64. */
  sign(bytes: Uint8Array): string;
}

const known = new WeakMap<Settings, CallbackKey>();

/**
 * The deployment's callback key.
 * @returns undefined where none is configured
 * @throws {SettingsError} where `CALLBACK_PRIVATE_KEY` is not an RSA key in PKCS #8
 */
export function callbackKey(settings: Settings): CallbackKey | undefined {
  let key = known.get(settings);
  if (key === undefined && settings.callbackPrivateKey !== undefined) {
    key = readKey(settings.callbackPrivateKey);
    known.set(settings, key);
  }
  return key;
}

function readKey(pem: string): CallbackKey {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw unusable();
  }
  if (privateKey.asymmetricKeyType !== 'rsa') throw unusable();
  return {
    publicPem: createPublicKey(pem).export({ type: 'spki', format: 'pem' }) as string,
    sign: (bytes) => sign('md5', bytes, privateKey).toString('base64'),
  };
}

function unusable(): SettingsError {
  return new SettingsError('CALLBACK_PRIVATE_KEY is not an RSA private key in PEM (PKCS #8)');
}
