import type { Credential } from './access/identity.ts';
import { MasterKeyError, type MasterKeys, readMasterKeys } from './blob/master-keys.ts';

/** The deployment's settings, read once from its variables and secrets. The names are those of the run contract. */
export interface Settings {
  /** With the `oss-` prefix. */
  readonly region: string;
  /** Lower case, without port. */
  readonly serviceDomains: readonly string[];
  readonly extranetEndpoint: string;
  readonly intranetEndpoint: string;
  readonly credentials: ReadonlyMap<string, Credential>;
  /** Index shards of a new bucket, a power of two from 1 to 64. */
  readonly indexShards: number;
  /** Length of a "day" in seconds, for lifecycle, retention and restore. */
  readonly daySeconds: number;
  readonly allowPrivateOrigins: boolean;
  /** What objects can be encrypted with at rest. */
  readonly encryption: MasterKeys;
  /** Under `npm start`, where no edge stands in front and the runtime itself knows the client's address. */
  readonly local: boolean;
}

/** A deployment that cannot work as it is configured. The message says what to do. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Optional variables: those that wrangler's generated types do not know. */
type Variables = Readonly<Record<string, unknown>>;

const known = new WeakMap<object, Settings>();

/** @throws {SettingsError} where a variable is missing or makes no sense */
export function settingsOf(env: Env): Settings {
  let settings = known.get(env);
  if (settings === undefined) {
    settings = readSettings(env as unknown as Variables);
    known.set(env, settings);
  }
  return settings;
}

export function readSettings(variables: Variables): Settings {
  const text = (name: string, fallback = ''): string => {
    const value = variables[name];
    return typeof value === 'string' && value !== '' ? value : fallback;
  };
  const local = text('LOCAL') === 'true';
  const region = text('OSS_REGION', 'oss-cn-hangzhou');
  if (!/^oss-[a-z0-9-]+$/.test(region))
    throw new SettingsError(`OSS_REGION must start with oss-, such as oss-cn-hangzhou`);
  const serviceDomains = text('SERVICE_DOMAIN', `localhost,${region}.aliyuncs.com,${region}-internal.aliyuncs.com`)
    .split(',')
    .map((domain) => domain.trim().toLowerCase())
    .filter((domain) => domain !== '');
  const endpoint = serviceDomains[0] ?? 'localhost';
  return {
    region,
    serviceDomains,
    extranetEndpoint: text('EXTRANET_ENDPOINT', endpoint),
    intranetEndpoint: text('INTRANET_ENDPOINT', text('EXTRANET_ENDPOINT', endpoint)),
    credentials: readCredentials(text),
    indexShards: readShards(text('INDEX_SHARDS', '1')),
    daySeconds: readDay(text('DAY_SECONDS', '86400'), local || text('ALLOW_SHORT_DAYS') === 'true'),
    allowPrivateOrigins: text('ALLOW_PRIVATE_ORIGINS') === 'true',
    encryption: readEncryption(variables),
    local,
  };
}

function readCredentials(text: (name: string) => string): Map<string, Credential> {
  const accessKeyId = text('OSS_ACCESS_KEY_ID');
  const accessKeySecret = text('OSS_ACCESS_KEY_SECRET');
  const accountId = text('OSS_ACCOUNT_ID');
  for (const [name, value] of Object.entries({
    OSS_ACCESS_KEY_ID: accessKeyId,
    OSS_ACCESS_KEY_SECRET: accessKeySecret,
    OSS_ACCOUNT_ID: accountId,
  })) {
    if (value === '') throw new SettingsError(`${name} is not set: run "wrangler secret put ${name}"`);
  }
  const credentials = new Map<string, Credential>([[accessKeyId, { accessKeyId, accessKeySecret, accountId }]]);
  for (const more of readAccessKeys(text('ACCESS_KEYS'))) {
    if (credentials.has(more.accessKeyId))
      throw new SettingsError(`ACCESS_KEYS repeats the key id ${more.accessKeyId}`);
    credentials.set(more.accessKeyId, more);
  }
  return credentials;
}

function readAccessKeys(json: string): Credential[] {
  if (json === '') return [];
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    throw new SettingsError('ACCESS_KEYS is not JSON');
  }
  if (!Array.isArray(list)) throw new SettingsError('ACCESS_KEYS must be a JSON array');
  return list.map((item: Record<string, unknown>, i) => {
    const member = (name: string, required: boolean): string | undefined => {
      const value = item?.[name];
      if (typeof value === 'string' && value !== '') return value;
      if (value === undefined && !required) return undefined;
      throw new SettingsError(`ACCESS_KEYS[${i}].${name} must be a text that is not empty`);
    };
    const userName = member('userName', false);
    const userId = member('userId', false);
    return {
      accessKeyId: member('accessKeyId', true)!,
      accessKeySecret: member('accessKeySecret', true)!,
      accountId: member('accountId', true)!,
      ...(userName === undefined ? {} : { userName }),
      ...(userId === undefined ? {} : { userId }),
      ...(item.policy === undefined ? {} : { policy: item.policy }),
    };
  });
}

function readEncryption(variables: Variables): MasterKeys {
  try {
    return readMasterKeys(variables);
  } catch (error) {
    throw error instanceof MasterKeyError ? new SettingsError(error.message) : error;
  }
}

function readShards(text: string): number {
  const shards = Number(text);
  if (![1, 2, 4, 8, 16, 32, 64].includes(shards))
    throw new SettingsError('INDEX_SHARDS must be 1, 2, 4, 8, 16, 32 or 64');
  return shards;
}

function readDay(text: string, mayBeShort: boolean): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds <= 0) throw new SettingsError('DAY_SECONDS must be a positive number');
  if (seconds !== 86_400 && !mayBeShort) {
    throw new SettingsError(
      'DAY_SECONDS shortens retention on a deployed Worker: set ALLOW_SHORT_DAYS=true if that is meant',
    );
  }
  return seconds;
}
