import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** Length of a master key's secret, and of a data key. */
const KEY_BYTES = 32;
const ID_BYTES = 7;
/** A wrapped data key: AES key wrap adds 8 bytes (RFC 3394). */
const WRAPPED_BYTES = KEY_BYTES + 8;
const TOKEN_VERSION = 1;

/** Bytes of a key token. A multiple of three, so that its base64url has one form only. */
export const TOKEN_BYTES = 1 + ID_BYTES + WRAPPED_BYTES;

/** Sealed content cannot be opened: it is not what was written. */
export class SealBroken extends Error {
  override readonly name: string = 'SealBroken';
}

/** Sealed content cannot be opened by this deployment: its master key is not configured (any more). */
export class KeyMissing extends SealBroken {
  override readonly name = 'KeyMissing';
}

/**
 * A key that wraps data keys and encrypts nothing else. AES key wrap takes no nonce, so it may wrap any number of them.
 */
export class MasterKey {
  /** Tells this key from others, lower-case hex. It follows from the secret and tells nothing about it. */
  readonly id: string;
  readonly #secret: Uint8Array<ArrayBuffer>;
  #imported: CryptoKey | undefined;

  /** @throws {RangeError} where the secret has not 32 bytes */
  constructor(secret: Uint8Array<ArrayBuffer>) {
    if (secret.length !== KEY_BYTES) throw new RangeError(`a master key has ${KEY_BYTES} bytes, not ${secret.length}`);
    const digest = createHash('sha256').update('ossgate master key id\n').update(secret).digest('hex');
    this.id = digest.slice(0, 2 * ID_BYTES);
    this.#secret = secret;
  }

  /** For wrapping and unwrapping. */
  async wrapping(): Promise<CryptoKey> {
    this.#imported ??= await crypto.subtle.importKey('raw', this.#secret, 'AES-KW', false, ['wrapKey', 'unwrapKey']);
    return this.#imported;
  }
}

/** The master keys by which content may be sealed: those in use, and older ones that still open what they sealed. */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, MasterKey>;

  constructor(keys: Iterable<MasterKey>) {
    this.#keys = new Map(Array.from(keys, (key) => [key.id, key]));
  }

  /** @throws {KeyMissing} */
  get(id: string): MasterKey {
    const key = this.#keys.get(id);
    if (key === undefined) throw new KeyMissing(`no master key ${id} is configured`);
    return key;
  }
}

/** A new data key, and the token that stands for it where its content is named: the key, wrapped by a master key. */
export async function newDataKey(master: MasterKey): Promise<{ key: CryptoKey; token: Uint8Array<ArrayBuffer> }> {
  const key = (await crypto.subtle.generateKey({ name: 'AES-GCM', length: 8 * KEY_BYTES }, true, [
    'encrypt',
    'decrypt',
  ])) as CryptoKey;
  const wrapped = await crypto.subtle.wrapKey('raw', key, await master.wrapping(), 'AES-KW');
  const token = new Uint8Array(TOKEN_BYTES);
  token[0] = TOKEN_VERSION;
  token.set(Buffer.from(master.id, 'hex'), 1);
  token.set(new Uint8Array(wrapped as ArrayBuffer), 1 + ID_BYTES);
  return { key, token };
}

/** The id of the master key that wrapped a token's data key. */
export function masterIdOf(token: Uint8Array): string {
  return Buffer.from(token.subarray(1, 1 + ID_BYTES)).toString('hex');
}

/** @throws {SealBroken} where the token was changed; {KeyMissing} where its master key is not there */
export async function dataKeyOf(ring: KeyRing, token: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  if (token.length !== TOKEN_BYTES || token[0] !== TOKEN_VERSION) throw new SealBroken('not a key token');
  const master = ring.get(masterIdOf(token));
  const wrapped = token.subarray(1 + ID_BYTES);
  try {
    const uses = ['encrypt', 'decrypt'] as const;
    return await crypto.subtle.unwrapKey('raw', wrapped, await master.wrapping(), 'AES-KW', 'AES-GCM', false, [
      ...uses,
    ]);
  } catch (cause) {
    throw new SealBroken(`a data key cannot be unwrapped by master key ${master.id}`, { cause });
  }
}

/** All keys of a deployment. */
export interface MasterKeys {
  /** The gateway's own key, if there is one. */
  readonly own: MasterKey | null;
  /** Keys that clients choose by name. Empty, or with one that is named `default`. */
  readonly named: ReadonlyMap<string, MasterKey>;
  readonly ring: KeyRing;
}

/** The key that is used where a client names none. */
export const DEFAULT_NAME = 'default';

/** A variable holds no keys. The message begins with its name and says what is wrong, and nothing of its value. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

/**
 * Reads `ENCRYPTION_KEY` and `KMS_KEYS`. The first is a list of secrets, separated by commas: the first of them seals,
 * all of them open. The second is a JSON object of such lists by key name.
 * @throws {MasterKeyError}
 */
export function readMasterKeys(variables: Readonly<Record<string, unknown>>): MasterKeys {
  const own = readList('ENCRYPTION_KEY', variables.ENCRYPTION_KEY);
  const named = readNamed(variables.KMS_KEYS);
  const all = [...own, ...[...named.values()].flat()];
  return {
    own: own[0] ?? null,
    named: new Map(Array.from(named, ([name, [first]]) => [name, first!])),
    ring: new KeyRing(all),
  };
}

function readNamed(json: unknown): ReadonlyMap<string, readonly MasterKey[]> {
  if (json === undefined || json === '') return new Map();
  let map: unknown;
  try {
    map = JSON.parse(String(json));
  } catch {
    throw new MasterKeyError('KMS_KEYS is not JSON');
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw new MasterKeyError('KMS_KEYS must be a JSON object of secrets by key id');
  const named = new Map<string, readonly MasterKey[]>();
  for (const [name, list] of Object.entries(map)) {
    if (!/^[\x21-\x7e]{1,128}$/.test(name))
      throw new MasterKeyError('KMS_KEYS has a key id that is not 1 to 128 printable characters without blanks');
    const keys = readList(`KMS_KEYS["${name}"]`, list);
    if (keys.length === 0) throw new MasterKeyError(`KMS_KEYS["${name}"] is empty`);
    named.set(name, keys);
  }
  if (named.size > 0 && !named.has(DEFAULT_NAME))
    throw new MasterKeyError(`KMS_KEYS must have a key "${DEFAULT_NAME}", for requests that name none`);
  return named;
}

function readList(variable: string, list: unknown): MasterKey[] {
  if (list === undefined || list === '') return [];
  return String(list)
    .split(',')
    .map((secret) => {
      // Exactly what 32 bytes become: a shorter or mistyped secret must not pass for another one.
      if (!/^[A-Za-z0-9+/]{43}=$/.test(secret.trim()))
        throw new MasterKeyError(`${variable} must hold 32 random bytes in base64 ("openssl rand -base64 32")`);
      return new MasterKey(new Uint8Array(Buffer.from(secret.trim(), 'base64')));
    });
}
