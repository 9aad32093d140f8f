import { hkdfSync } from 'node:crypto';
import { type Credential, markSharedIds } from './access/identity.ts';
import { checkRamPolicy } from './access/ram.ts';
import { parseRoles, Roles } from './access/roles.ts';
import { type SessionKeys, sessionKeys } from './access/sessions.ts';
import { MasterKeyError, type MasterKeys, readMasterKeys } from './blob/master-keys.ts';

/** The deployment's settings, read once from its variables and secrets. The names are those of the run contract. */
export interface Settings {
  /** With the `oss-` prefix. */
  readonly region: string;
  /** Lower case, without port. */
  readonly serviceDomains: readonly string[];
  /** Those of them, and of their siblings, by which buckets are reached that are open to acceleration. */
  readonly accelerateDomains: readonly string[];
  readonly extranetEndpoint: string;
  readonly intranetEndpoint: string;
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly roles: Roles;
  /** Keys of the tokens of temporary credentials. */
  readonly sessions: SessionKeys;
  /** Index shards of a new bucket, a power of two from 1 to 64. */
  readonly indexShards: number;
  /** Length of a "day" in seconds, for lifecycle, retention and restore. */
  readonly daySeconds: number;
  readonly allowPrivateOrigins: boolean;
  /** What objects can be encrypted with at rest. */
  readonly encryption: MasterKeys;
  /** Whether who binds a domain must prove to have it. */
  readonly cnameVerify: 'dns' | 'off';
  /** URL of a resolver for DNS over HTTPS, JSON form. */
  readonly dnsResolver: string;
  /** Whether blobs are kept in the cache of the data centre: on one machine it is no nearer than R2. */
  readonly edgeCache: boolean;
  /** Whether the policy of a form must name every field that does something. */
  readonly strictFormFields: boolean;
  /** The RSA key that callbacks are signed with, PKCS #8 in PEM. Without one there are no callbacks. */
  readonly callbackPrivateKey: string | undefined;
  /** Where receivers of callbacks find the public half. */
  readonly callbackPublicKeyUrl: string;
  /** How this deployment calls itself to whom it sends requests; others cannot know it before. */
  readonly gatewayName: string;
  /** Hosts that requests of the gateway's own must never reach: its own. */
  readonly ownHosts: readonly string[];
  /** The port listened on, under `npm start`. */
  readonly localPort: string | undefined;
  /** Under `npm start`, where no edge stands in front and the runtime itself knows the client's address. */
  readonly local: boolean;
  /** Whether to read on what a refused request still sends, as nothing in front of this Worker does it. */
  readonly linger: boolean;
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
    const weak = settings.local ? [] : weakKeys(settings);
    if (weak.length > 0) console.warn(JSON.stringify({ event: 'weak-secret', accessKeyIds: weak }));
  }
  return settings;
}

/** Shortest secret that is not a word somebody may guess; those of the platform have 30 characters. */
const SECRET_MIN = 16;

/** Ids of the keys whose secret should be a longer one. */
export function weakKeys({ credentials }: Pick<Settings, 'credentials'>): readonly string[] {
  return [...credentials.values()].filter(isWeak).map(({ accessKeyId }) => accessKeyId);
}

function isWeak({ accessKeyId, accessKeySecret }: Credential): boolean {
  return accessKeySecret.length < SECRET_MIN || accessKeySecret === accessKeyId || new Set(accessKeySecret).size < 6;
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
  const extranetEndpoint = text('EXTRANET_ENDPOINT', endpoint);
  const intranetEndpoint = text('INTRANET_ENDPOINT', extranetEndpoint);
  const secret = text('TOKEN_SECRET', text('OSS_ACCESS_KEY_SECRET'));
  return {
    region,
    serviceDomains,
    accelerateDomains: accelerateDomains(serviceDomains),
    extranetEndpoint,
    intranetEndpoint,
    credentials: readCredentials(text),
    roles: readRoles(text('ROLES'), text('OSS_ACCOUNT_ID')),
    sessions: sessionKeys(secret),
    gatewayName: `ossgate-${Buffer.from(hkdfSync('sha256', secret, '', 'name of the gateway', 8)).toString('hex')}`,
    indexShards: readShards(text('INDEX_SHARDS', '1')),
    daySeconds: readDay(text('DAY_SECONDS', '86400'), local || text('ALLOW_SHORT_DAYS') === 'true'),
    allowPrivateOrigins: text('ALLOW_PRIVATE_ORIGINS') === 'true',
    encryption: readEncryption(variables),
    cnameVerify: readVerify(text('CNAME_VERIFY', 'dns')),
    dnsResolver: readResolver(text('DNS_RESOLVER', 'https://cloudflare-dns.com/dns-query')),
    edgeCache: text('EDGE_CACHE', String(!local)) === 'true',
    strictFormFields: text('STRICT_FORM_FIELDS') === 'true',
    ...readCallback(text, `${local ? 'http' : 'https'}://${extranetEndpoint}`),
    ownHosts: ownHosts([...serviceDomains, extranetEndpoint, intranetEndpoint]),
    localPort: text('LOCAL_PORT') || undefined,
    local,
    linger: text('LINGER') === 'true',
  };
}

/** @param endpoint what clients reach this deployment by */
function readCallback(text: (name: string, fallback?: string) => string, endpoint: string) {
  // A secret that is typed into one line has its line breaks written out.
  const callbackPrivateKey = text('CALLBACK_PRIVATE_KEY').replaceAll('\\n', '\n') || undefined;
  return {
    callbackPrivateKey,
    callbackPublicKeyUrl: text('CALLBACK_PUBLIC_KEY_URL', `${endpoint}/-/callback-key.pem`),
  };
}

/** Beside `oss-<region>.<base>` there are the acceleration endpoints, which are of no region. */
function accelerateDomains(serviceDomains: readonly string[]): readonly string[] {
  const bases = serviceDomains.flatMap((domain) => /^oss-[a-z0-9-]+\.(.+)$/.exec(domain)?.[1] ?? []);
  return [...new Set(bases)].flatMap((base) => [`oss-accelerate.${base}`, `oss-accelerate-overseas.${base}`]);
}

/** @param endpoints names by which this deployment is reached, some with a port */
function ownHosts(endpoints: readonly string[]): readonly string[] {
  const hosts = endpoints.map((endpoint) => endpoint.toLowerCase().replace(/:\d+$/, ''));
  return [...new Set(hosts)].filter((host) => !isOfficial(host));
}

/** Some SDKs put these into the Host header whatever they connect to; whoever connects to them reaches somebody else. */
function isOfficial(domain: string): boolean {
  return domain === 'aliyuncs.com' || domain.endsWith('.aliyuncs.com');
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
  for (const more of markSharedIds(readAccessKeys(text('ACCESS_KEYS')))) {
    if (credentials.has(more.accessKeyId))
      throw new SettingsError(`ACCESS_KEYS repeats the key id ${more.accessKeyId}`);
    credentials.set(more.accessKeyId, more);
  }
  return credentials;
}

function readRoles(json: string, accountId: string): Roles {
  try {
    return new Roles(parseRoles(json, accountId));
  } catch (error) {
    throw new SettingsError(`ROLES ${(error as Error).message}`);
  }
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
  return list.map(readAccessKey);
}

function readAccessKey(item: Record<string, unknown>, i: number): Credential {
  const member = (name: string, required: boolean): string | undefined => {
    const value = item?.[name];
    if (typeof value === 'string' && value !== '') return value;
    if (value === undefined && !required) return undefined;
    throw new SettingsError(`ACCESS_KEYS[${i}].${name} must be a text that is not empty`);
  };
  const key = {
    accessKeyId: member('accessKeyId', true)!,
    accessKeySecret: member('accessKeySecret', true)!,
    accountId: member('accountId', true)!,
  };
  const userName = member('userName', false);
  const userId = member('userId', false);
  // One letter wrong in "userName" would make a user the root of the account.
  const unknown = Object.keys(item).find((name) => !keyMembers.has(name));
  if (unknown !== undefined) throw new SettingsError(`ACCESS_KEYS[${i}] has an unknown field "${unknown}"`);
  const { policy } = item;
  if (policy !== undefined) checkPolicy(policy, i, userName);
  return {
    ...key,
    ...(userName === undefined ? {} : { userName }),
    ...(userId === undefined ? {} : { userId }),
    ...(policy === undefined ? {} : { policy }),
  };
}

const keyMembers: ReadonlySet<string> = new Set([
  'accessKeyId',
  'accessKeySecret',
  'accountId',
  'userName',
  'userId',
  'policy',
]);

function checkPolicy(policy: unknown, i: number, userName: string | undefined): void {
  if (userName === undefined) {
    throw new SettingsError(`ACCESS_KEYS[${i}] has a "policy" without a "userName": only a RAM user has one`);
  }
  try {
    checkRamPolicy(policy);
  } catch (error) {
    throw new SettingsError(`ACCESS_KEYS[${i}] has a "policy" that cannot be used: ${(error as Error).message}`);
  }
}

function readEncryption(variables: Variables): MasterKeys {
  try {
    return readMasterKeys(variables);
  } catch (error) {
    throw error instanceof MasterKeyError ? new SettingsError(error.message) : error;
  }
}

function readVerify(word: string): 'dns' | 'off' {
  if (word === 'dns' || word === 'off') return word;
  throw new SettingsError('CNAME_VERIFY must be dns or off');
}

function readResolver(url: string): string {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw new SettingsError('DNS_RESOLVER must be a URL, such as https://cloudflare-dns.com/dns-query');
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
