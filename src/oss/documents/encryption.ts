import type { DefaultEncryption } from '../../bucket/config.ts';
import { invalidArgument, OssError } from '../answer/errors.ts';
import { document, named, optional, record } from '../xml/schema.ts';
import { choice, text } from '../xml/values.ts';

const rule = record(
  {
    algorithm: named('SSEAlgorithm', choice(['AES256', 'KMS'], { code: 'InvalidEncryptionAlgorithmError' })),
    keyId: named('KMSMasterKeyID', optional(text({ max: 256, code: 'InvalidArgument' }))),
    dataAlgorithm: named('KMSDataEncryption', optional(text())),
  },
  { tolerant: true },
);

/** As it is on the wire. */
export const serverSideEncryptionRule = document(
  'ServerSideEncryptionRule',
  record({ byDefault: named('ApplyServerSideEncryptionByDefault', rule) }, { tolerant: true }),
);

type OnWire = ReturnType<typeof serverSideEncryptionRule.schema.parse>;

/**
 * The default that a document asks for. What only KMS knows is passed over where it is empty or, but for a key, where
 * it is not KMS ([PutBucketEncryption-3], evidence for [PutBucketEncryption-5]).
 * @throws {OssError} InvalidArgument, InvalidDataEncryptionAlgorithmError
 */
export function defaultEncryptionOf({ byDefault }: OnWire): DefaultEncryption {
  const { algorithm, keyId = '', dataAlgorithm = '' } = byDefault;
  if (algorithm !== 'KMS') {
    if (keyId === '') return { algorithm };
    const message = 'KMSMasterKeyID is not applicable if the default encryption algorithm is not KMS.';
    throw invalidArgument('KMSMasterKeyID', keyId, message);
  }
  if (dataAlgorithm !== '' && dataAlgorithm !== 'SM4') throw new OssError('InvalidDataEncryptionAlgorithmError');
  return {
    algorithm,
    ...(keyId === '' ? {} : { keyId }),
    ...(dataAlgorithm === '' ? {} : { dataAlgorithm }),
  };
}
