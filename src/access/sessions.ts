import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** What temporary credentials stand for. All of it is in their token: nothing is stored. */
export interface Session {
  readonly accessKeyId: string;
  /** Account of the role. */
  readonly accountId: string;
  readonly roleName: string;
  readonly sessionName: string;
  /** JSON text that narrows what the role may do. */
  readonly policy?: string;
  /** ms since the epoch. */
  readonly expires: number;
}

/** Keys of this deployment's tokens. Whoever has them can issue and read tokens. */
export interface SessionKeys {
  readonly seal: Uint8Array;
  readonly secret: Uint8Array;
}

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** First byte of a token: how the rest of it is to be read. */
const FORMAT = 1;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Longer ones are not ours; UTF-16 units. */
const TOKEN_MAX = 8_192;

/** Derives the keys from a secret of the deployment. */
export function sessionKeys(secret: string): SessionKeys {
  const derive = (use: string) => new Uint8Array(hkdfSync('sha256', secret, '', `temporary credentials: ${use}`, 32));
  return { seal: derive('token'), secret: derive('secret') };
}

/** Issues credentials for a new session. */
export function issueSession(keys: SessionKeys, session: Omit<Session, 'accessKeyId'>): TemporaryCredentials {
  const accessKeyId = `STS.${randomText(24)}`;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keys.seal, nonce, { authTagLength: TAG_BYTES });
  const sealed = [cipher.update(JSON.stringify({ ...session, accessKeyId }), 'utf8'), cipher.final()];
  const token = Buffer.concat([Uint8Array.of(FORMAT), nonce, ...sealed, cipher.getAuthTag()]);
  return { accessKeyId, accessKeySecret: secretOf(keys, accessKeyId), securityToken: token.toString('base64url') };
}

/** The session that a token stands for; undefined where this deployment did not issue it. It may have expired. */
export function openSession(keys: SessionKeys, token: string): Session | undefined {
  if (token.length > TOKEN_MAX || !/^[\w-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  // One session has one token: base64 would let its last character vary.
  if (bytes[0] !== FORMAT || bytes.toString('base64url') !== token) return undefined;
  const body = bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES);
  if (body.length === 0 || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, keys.seal, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')) as Session;
  } catch {
    return undefined;
  }
}

/** The secret that belongs to a temporary access key. */
export function secretOf(keys: SessionKeys, accessKeyId: string): string {
  return createHmac('sha256', keys.secret).update(accessKeyId, 'utf8').digest('base64url');
}

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789';

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    // Bytes beyond the last whole multiple would make the first letters likelier.
    for (const byte of randomBytes(length)) {
      if (byte < 4 * LETTERS.length && text.length < length) text += LETTERS[byte % LETTERS.length];
    }
  }
  return text;
}
