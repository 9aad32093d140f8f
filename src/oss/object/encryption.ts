import { DEFAULT_NAME, type MasterKey } from '../../blob/master-keys.ts';
import type { ObjectCipher } from '../../index/records.ts';
import { invalidArgument, OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

const ALGORITHM = 'x-oss-server-side-encryption';
const KEY_ID = 'x-oss-server-side-encryption-key-id';
const DATA_ALGORITHM = 'x-oss-server-side-data-encryption';

/** How content is to be encrypted at rest: what is said of it, and the key that wraps its data keys. */
export interface Sealing {
  readonly cipher: ObjectCipher;
  readonly key: MasterKey;
}

/**
 * How a new object is to be encrypted: as the request says, else as its bucket says ([PutObject-13],
 * [PutBucketEncryption-8]). Encryption that cannot be honoured is refused, never ignored ([Sec-47]).
 * @returns null where nobody asks for it
 * @throws {OssError} InvalidEncryptionAlgorithmError, InvalidDataEncryptionAlgorithmError, InvalidArgument,
 * KmsServiceNotEnabled, NotImplemented where the gateway has no key
 */
export function requestSealing(exchange: Exchange, headers: Headers): Sealing | null {
  const algorithm = headers.get(ALGORITHM);
  const keyId = headers.get(KEY_ID) || undefined;
  if (headers.has(DATA_ALGORITHM)) throw new OssError('InvalidDataEncryptionAlgorithmError');
  if (keyId !== undefined && algorithm !== 'KMS') {
    throw invalidArgument(KEY_ID, keyId.slice(0, 256), 'A key id can only be given for KMS encryption.');
  }
  if (algorithm !== null) return sealingBy(exchange, algorithm, keyId);
  const { encryption } = exchange.bucket.documents;
  if (encryption === undefined) return null;
  if (encryption.dataAlgorithm !== undefined) throw new OssError('InvalidDataEncryptionAlgorithmError');
  return sealingBy(exchange, encryption.algorithm, encryption.keyId);
}

/**
 * Whether the gateway can encrypt in this way at all.
 * @throws {OssError} KmsServiceNotEnabled, NotImplemented where it has no key
 */
export function mustBeAvailable(exchange: Exchange, algorithm: 'AES256' | 'KMS'): void {
  if (algorithm === 'AES256') byOwnKey(exchange);
  else mustHaveKms(exchange);
}

function sealingBy(exchange: Exchange, algorithm: string, keyId: string | undefined): Sealing {
  switch (algorithm) {
    case 'AES256':
      return byOwnKey(exchange);
    case 'KMS':
      return byNamedKey(exchange, keyId ?? DEFAULT_NAME);
    default:
      throw new OssError('InvalidEncryptionAlgorithmError');
  }
}

function byOwnKey({ settings }: Exchange): Sealing {
  const key = settings.encryption.own;
  if (key !== null) return { cipher: { algorithm: 'AES256' }, key };
  throw new OssError('NotImplemented', {
    message: 'Server-side encryption is not available: this gateway has no encryption key.',
    extra: { Header: ALGORITHM },
  });
}

function mustHaveKms({ settings }: Exchange): void {
  if (settings.encryption.named.size === 0) throw new OssError('KmsServiceNotEnabled');
}

function byNamedKey(exchange: Exchange, keyId: string): Sealing {
  mustHaveKms(exchange);
  const { named } = exchange.settings.encryption;
  const key = named.get(keyId);
  if (key !== undefined) return { cipher: { algorithm: 'KMS', keyId }, key };
  throw new OssError('InvalidArgument', {
    message: 'The key id does not exist.',
    ec: '0005-00000208',
    extra: { ArgumentName: KEY_ID, ArgumentValue: keyId.slice(0, 256) },
  });
}

/**
 * How an object is encrypted that exists, or whose upload has begun: what is added to it is encrypted so too.
 * @throws {OssError} KmsServiceNotEnabled, NotImplemented, InvalidArgument where its key is there no more
 */
export function sealingOf(exchange: Exchange, cipher: ObjectCipher | null): Sealing | null {
  return cipher === null ? null : sealingBy(exchange, cipher.algorithm, cipher.keyId);
}

/**
 * For the moment of the commit: the bucket's default may have changed since the body was stored, before this request
 * even began. Then it is stored in a way that is not in force, and the client has to send it again.
 * @param now what {@link requestSealing} says by the configuration that the commit is judged by
 * @param stored how the body is stored
 * @throws {OssError} ServiceUnavailable
 */
export function sealingInForce(now: Sealing | null, stored: Sealing | null): ObjectCipher | null {
  if (now?.key !== stored?.key) throw new OssError('ServiceUnavailable', { headers: { 'retry-after': '1' } });
  return stored?.cipher ?? null;
}

/** What answers say of an object's encryption ([ObjCommon-32], [HeadObject-10]). */
export function encryptionHeaders(cipher: ObjectCipher | null): Record<string, string> {
  if (cipher === null) return {};
  return { [ALGORITHM]: cipher.algorithm, ...(cipher.keyId === undefined ? {} : { [KEY_ID]: cipher.keyId }) };
}
