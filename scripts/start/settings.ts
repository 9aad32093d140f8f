import { parseRoles } from '../../src/access/roles.ts';
import { MasterKeyError, readMasterKeys } from '../../src/blob/master-keys.ts';
import { type AccessKey, parseAccessKeys } from './access-keys.ts';
import { isRsaKey } from './callback-key.ts';
import { StartError } from './errors.ts';

/** A setting that cannot be used; the message names it and says what it should be. */
export class SettingsError extends StartError {
  constructor(message: string) {
    super(`${message}; npm start -- --help lists the settings`, 2);
  }
}

/** What one environment variable of `npm start` means. */
interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly fallback: string;
}

/** Every variable that the launcher reads, in the order in which `--help` shows them. */
export const variables: readonly Variable[] = [
  { name: 'PORT', meaning: 'port to listen on; 0 takes any free one', fallback: '9000' },
  { name: 'HOST', meaning: 'address to listen on; 0.0.0.0 opens it to the network', fallback: '127.0.0.1' },
  { name: 'DATA_DIR', meaning: 'folder that keeps all data and the credentials between runs', fallback: '.data' },
  { name: 'OSS_REGION', meaning: 'region that the gateway calls itself', fallback: 'oss-cn-hangzhou' },
  {
    name: 'SERVICE_DOMAIN',
    meaning: 'service domains, separated by commas; <bucket>.<domain> is virtual-hosted',
    fallback: 'localhost,<region>.aliyuncs.com,<region>-internal.aliyuncs.com',
  },
  {
    name: 'EXTRANET_ENDPOINT',
    meaning: 'public endpoint that bucket answers name',
    fallback: 'first service domain, with the port',
  },
  {
    name: 'INTRANET_ENDPOINT',
    meaning: 'internal endpoint that bucket answers name',
    fallback: 'first service domain, with the port',
  },
  { name: 'OSS_ACCESS_KEY_ID', meaning: 'root access key', fallback: 'made at first start' },
  { name: 'OSS_ACCESS_KEY_SECRET', meaning: 'its secret', fallback: 'made at first start' },
  { name: 'OSS_ACCOUNT_ID', meaning: 'account that the root key belongs to', fallback: 'made at first start' },
  {
    name: 'ACCESS_KEYS',
    meaning: 'more keys, JSON: [{"accessKeyId","accessKeySecret","accountId","userName"?,"userId"?,"policy"?}]',
    fallback: 'none',
  },
  {
    name: 'ENCRYPTION_KEY',
    meaning: 'encrypts objects at rest: 32 bytes in base64; older ones that still decrypt follow after commas',
    fallback: 'made at first start',
  },
  {
    name: 'KMS_KEYS',
    meaning: 'keys for KMS encryption, JSON: {"default": "<32 bytes in base64>", "<key id>": ...}',
    fallback: 'one named default',
  },
  {
    name: 'ROLES',
    meaning: 'roles of temporary credentials, JSON: [{"roleName","accountId"?,"policy"?,"maxSeconds"?,"trusted"?}]',
    fallback: 'none',
  },
  { name: 'TOKEN_SECRET', meaning: 'secret of the tokens of temporary credentials', fallback: 'the root secret' },
  { name: 'DAY_SECONDS', meaning: 'length of a "day" of lifecycle, retention and schedules', fallback: '86400' },
  {
    name: 'ALLOW_PRIVATE_ORIGINS',
    meaning: 'true: mirrors and callbacks may reach private addresses',
    fallback: 'false',
  },
  {
    name: 'CNAME_VERIFY',
    meaning: 'off: bind custom domains without proof by DNS; *.test never needs it',
    fallback: 'dns',
  },
  {
    name: 'DNS_RESOLVER',
    meaning: 'resolver for that proof (DNS over HTTPS, JSON)',
    fallback: 'https://cloudflare-dns.com/dns-query',
  },
  {
    name: 'CALLBACK_PRIVATE_KEY',
    meaning: 'RSA key that signs callbacks, PEM (PKCS #8); line breaks may be written \\n',
    fallback: 'made at first start',
  },
  {
    name: 'CALLBACK_PUBLIC_KEY_URL',
    meaning: 'where receivers of callbacks find its public half',
    fallback: '/-/callback-key.pem at the public endpoint',
  },
  { name: 'STRICT_FORM_FIELDS', meaning: 'true: refuse form fields that no policy names', fallback: 'false' },
  {
    name: 'COMPACTION',
    meaning: 'off: leave objects of many segments as they are, to measure that',
    fallback: 'on',
  },
  { name: 'LOG', meaning: 'info: print what the Worker logs; error: only its errors', fallback: 'error' },
];

/** The settings of one run, checked. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly region: string;
  readonly serviceDomains: readonly string[];
  readonly extranetEndpoint: string | undefined;
  readonly intranetEndpoint: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly accessKeySecret: string | undefined;
  readonly accountId: string | undefined;
  readonly accessKeys: readonly AccessKey[];
  readonly encryptionKey: string | undefined;
  readonly kmsKeys: string;
  /** JSON, checked. */
  readonly roles: string | undefined;
  readonly tokenSecret: string | undefined;
  readonly daySeconds: number;
  readonly allowPrivateOrigins: boolean;
  readonly callbackPrivateKey: string | undefined;
  readonly callbackPublicKeyUrl: string | undefined;
  readonly strictFormFields: boolean;
  readonly compaction: 'on' | 'off';
  readonly log: 'info' | 'error';
}

type Environment = Readonly<Record<string, string | undefined>>;

const hostname = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Reads and checks the settings; an empty variable counts as unset.
 * @throws {SettingsError} naming the first variable that cannot be used
 */
export function readSettings(environment: Environment): Settings {
  const text = (name: string) => environment[name]?.trim() || undefined;
  const region = text('OSS_REGION') ?? 'oss-cn-hangzhou';
  if (!/^oss-[a-z0-9]+(-[a-z0-9]+)*$/.test(region)) {
    throw new SettingsError(`OSS_REGION must look like oss-cn-hangzhou, not "${region}"`);
  }
  const accessKeyId = text('OSS_ACCESS_KEY_ID');
  const accessKeySecret = text('OSS_ACCESS_KEY_SECRET');
  if ((accessKeyId === undefined) !== (accessKeySecret === undefined)) {
    throw new SettingsError('OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET go together: set both or neither');
  }
  if (accessKeyId !== undefined && !/^[A-Za-z0-9._-]{1,128}$/.test(accessKeyId)) {
    throw new SettingsError('OSS_ACCESS_KEY_ID must be 1 to 128 letters, digits, dots, dashes or underscores');
  }
  const accountId = text('OSS_ACCOUNT_ID');
  if (accountId !== undefined && !/^[0-9]{1,32}$/.test(accountId)) {
    throw new SettingsError('OSS_ACCOUNT_ID must be 1 to 32 digits');
  }
  return {
    port: wholeNumber('PORT', text('PORT') ?? '9000', 0, 65_535),
    host: text('HOST') ?? '127.0.0.1',
    dataDir: text('DATA_DIR') ?? '.data',
    region,
    serviceDomains: readDomains(
      text('SERVICE_DOMAIN') ?? `localhost,${region}.aliyuncs.com,${region}-internal.aliyuncs.com`,
    ),
    extranetEndpoint: readEndpoint('EXTRANET_ENDPOINT', text('EXTRANET_ENDPOINT')),
    intranetEndpoint: readEndpoint('INTRANET_ENDPOINT', text('INTRANET_ENDPOINT')),
    accessKeyId,
    accessKeySecret,
    accountId,
    accessKeys: readAccessKeys(text('ACCESS_KEYS'), accessKeyId),
    ...readEncryption(text('ENCRYPTION_KEY'), text('KMS_KEYS') ?? ''),
    roles: readRoles(text('ROLES')),
    tokenSecret: text('TOKEN_SECRET'),
    daySeconds: wholeNumber('DAY_SECONDS', text('DAY_SECONDS') ?? '86400', 1, 86_400),
    allowPrivateOrigins:
      choice('ALLOW_PRIVATE_ORIGINS', text('ALLOW_PRIVATE_ORIGINS') ?? 'false', ['true', 'false']) === 'true',
    callbackPrivateKey: readCallbackKey(text('CALLBACK_PRIVATE_KEY')),
    callbackPublicKeyUrl: readUrl('CALLBACK_PUBLIC_KEY_URL', text('CALLBACK_PUBLIC_KEY_URL')),
    strictFormFields: choice('STRICT_FORM_FIELDS', text('STRICT_FORM_FIELDS') ?? 'false', ['true', 'false']) === 'true',
    compaction: choice('COMPACTION', text('COMPACTION') ?? 'on', ['on', 'off']),
    log: choice('LOG', text('LOG') ?? 'error', ['info', 'error']),
  };
}

/** Checked by what the Worker itself reads them with. */
function readEncryption(encryptionKey: string | undefined, kmsKeys: string) {
  try {
    readMasterKeys({ ENCRYPTION_KEY: encryptionKey, KMS_KEYS: kmsKeys });
  } catch (error) {
    throw error instanceof MasterKeyError ? new SettingsError(error.message) : error;
  }
  return { encryptionKey, kmsKeys };
}

function readAccessKeys(json: string | undefined, rootKeyId: string | undefined): readonly AccessKey[] {
  if (json === undefined) return [];
  const keys = parseAccessKeys(json);
  if (typeof keys === 'string') throw new SettingsError(`ACCESS_KEYS ${keys}`);
  if (keys.some((key) => key.accessKeyId === rootKeyId)) {
    throw new SettingsError(`ACCESS_KEYS names ${rootKeyId}, which is the root key already`);
  }
  return keys;
}

function readRoles(json: string | undefined): string | undefined {
  try {
    parseRoles(json ?? '', '1');
    return json;
  } catch (error) {
    throw new SettingsError(`ROLES ${(error as Error).message}`);
  }
}

function readCallbackKey(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const pem = value.replaceAll('\\n', '\n');
  if (!isRsaKey(pem)) throw new SettingsError('CALLBACK_PRIVATE_KEY must be an RSA private key in PEM (PKCS #8)');
  return pem;
}

function readUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined || (/^https?:\/\//i.test(value) && URL.canParse(value))) return value;
  throw new SettingsError(`${name} must be an http or https URL, not "${value}"`);
}

function readDomains(list: string): readonly string[] {
  const domains = list
    .split(',')
    .map((domain) => domain.trim().toLowerCase())
    .filter((domain) => domain !== '');
  for (const domain of domains) {
    if (!hostname.test(domain)) {
      throw new SettingsError(`SERVICE_DOMAIN must list host names without scheme and port, not "${domain}"`);
    }
  }
  if (domains.length === 0) throw new SettingsError('SERVICE_DOMAIN must name at least one domain');
  return [...new Set(domains)];
}

function readEndpoint(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [host, port, ...rest] = value.split(':');
  if (!hostname.test(host!.toLowerCase()) || rest.length > 0 || (port !== undefined && !/^[0-9]{1,5}$/.test(port))) {
    throw new SettingsError(`${name} must be a host name with an optional port, without scheme, not "${value}"`);
  }
  return value.toLowerCase();
}

function wholeNumber(name: string, value: string, least: number, most: number): number {
  const number = /^[0-9]{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least && number <= most)) {
    throw new SettingsError(`${name} must be a whole number from ${least} to ${most}, not "${value}"`);
  }
  return number;
}

function choice<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new SettingsError(`${name} must be ${allowed.join(' or ')}, not "${value}"`);
  return found;
}

/** The text of `npm start -- --help`. */
export function helpText(): string {
  const width = Math.max(...variables.map(({ name }) => name.length));
  const rows = variables.map(
    ({ name, meaning, fallback }) => `  ${name.padEnd(width)}  ${meaning}\n  ${''.padEnd(width)}  default: ${fallback}`,
  );
  return [
    'Usage: npm start [-- --help]',
    '',
    'Runs ossgate on this machine. It takes its settings from environment variables:',
    '',
    ...rows,
    '',
    'Any other variable that wrangler.toml sets can be given another value in the same way.',
    '',
    'Example: PORT=9100 DATA_DIR=/tmp/oss npm start',
    '',
  ].join('\n');
}
