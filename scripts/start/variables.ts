import type { RootCredentials } from './credentials.ts';
import type { Settings } from './settings.ts';

/**
 * The Worker's variables for a run on this machine: those that a deployment takes from `[vars]` and secrets, and
 * `LOCAL`, which only this launcher sets.
 * @param encryptionKey what objects are encrypted with at rest
 * @param port the port that is listened on
 */
export function workerVariables(
  settings: Settings,
  credentials: RootCredentials,
  encryptionKey: string,
  port: number,
): Readonly<Record<string, string>> {
  const own = port === 80 ? settings.serviceDomains[0]! : `${settings.serviceDomains[0]}:${port}`;
  return {
    LOCAL: 'true',
    OSS_REGION: settings.region,
    SERVICE_DOMAIN: settings.serviceDomains.join(','),
    EXTRANET_ENDPOINT: settings.extranetEndpoint ?? own,
    INTRANET_ENDPOINT: settings.intranetEndpoint ?? own,
    OSS_ACCESS_KEY_ID: credentials.accessKeyId,
    OSS_ACCESS_KEY_SECRET: credentials.accessKeySecret,
    OSS_ACCOUNT_ID: credentials.accountId,
    ACCESS_KEYS: JSON.stringify(settings.accessKeys),
    ENCRYPTION_KEY: encryptionKey,
    KMS_KEYS: settings.kmsKeys,
    DAY_SECONDS: String(settings.daySeconds),
    ALLOW_PRIVATE_ORIGINS: String(settings.allowPrivateOrigins),
    STRICT_FORM_FIELDS: String(settings.strictFormFields),
  };
}
