import { createHmac } from 'node:crypto';
import type { RootCredentials } from './credentials.ts';
import type { Settings } from './settings.ts';

/**
 * The Worker's variables for a run on this machine: those that a deployment takes from `[vars]` and secrets, and
 * `LOCAL` and `LINGER`, which only this launcher sets.
 * @param port the port that is listened on
 * @param keys what encrypts objects at rest; PEM of the key that signs callbacks
 */
export function workerVariables(
  settings: Settings,
  credentials: RootCredentials,
  port: number,
  keys: { readonly encryption: string; readonly callback: string },
): Readonly<Record<string, string>> {
  const own = port === 80 ? settings.serviceDomains[0]! : `${settings.serviceDomains[0]}:${port}`;
  return {
    LOCAL: 'true',
    // workerd closes the connection at once where a refused upload was not read; Cloudflare's front ends do not.
    LINGER: 'true',
    LOCAL_PORT: String(port),
    OSS_REGION: settings.region,
    SERVICE_DOMAIN: settings.serviceDomains.join(','),
    EXTRANET_ENDPOINT: settings.extranetEndpoint ?? own,
    INTRANET_ENDPOINT: settings.intranetEndpoint ?? own,
    OSS_ACCESS_KEY_ID: credentials.accessKeyId,
    OSS_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    OSS_ACCOUNT_ID: credentials.accountId,
    ACCESS_KEYS: JSON.stringify(settings.accessKeys),
    ENCRYPTION_KEY: keys.encryption,
    KMS_KEYS: settings.kmsKeys || defaultKmsKeys(keys.encryption),
    ...(settings.roles === undefined ? {} : { ROLES: settings.roles }),
    ...(settings.tokenSecret === undefined ? {} : { TOKEN_SECRET: settings.tokenSecret }),
    ...(settings.compaction === 'off' ? { COMPACTION: 'off' } : {}),
    DAY_SECONDS: String(settings.daySeconds),
    ALLOW_PRIVATE_ORIGINS: String(settings.allowPrivateOrigins),
    STRICT_FORM_FIELDS: String(settings.strictFormFields),
    CALLBACK_PRIVATE_KEY: keys.callback,
    CALLBACK_PUBLIC_KEY_URL: settings.callbackPublicKeyUrl ?? '',
  };
}

/**
 * A key `default` for KMS encryption, where the environment names no keys: on one's own machine KMS works like AES256.
 * It follows from each of the keys that encrypt objects, so that the older ones still decrypt.
 */
function defaultKmsKeys(encryptionKeys: string): string {
  const derive = (key: string) =>
    createHmac('sha256', Buffer.from(key.trim(), 'base64')).update('ossgate KMS key default').digest('base64');
  return JSON.stringify({ default: encryptionKeys.split(',').map(derive).join(',') });
}
