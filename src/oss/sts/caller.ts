import { createHmac } from 'node:crypto';
import { type Identity, identityOf } from '../../access/identity.ts';
import { parseIsoDate } from '../../lib/dates.ts';
import { percentEncode } from '../../lib/percent.ts';
import { joinSorted } from '../auth/canonical.ts';
import { sameSignature } from '../auth/credentials.ts';
import { maxSkewMs } from '../auth/refusals.ts';
import type { Exchange } from '../exchange.ts';
import { StsError } from './errors.ts';
import type { Parameters } from './parameters.ts';

const NONCE_MAX = 128;

/**
 * Who makes a call, by its RPC signature version 1.0 (protocol/oss.md 7.4): HMAC-SHA1 over all parameters, good once
 * and for 15 minutes.
 * @throws {StsError}
 */
export async function verifiedCaller(exchange: Exchange, parameters: Parameters): Promise<Identity> {
  const accessKeyId = parameters.need('AccessKeyId');
  const signature = parameters.need('Signature');
  const nonce = parameters.need('SignatureNonce');
  const time = timestamp(parameters.need('Timestamp'), exchange.received);
  if (
    parameters.need('SignatureMethod').toUpperCase() !== 'HMAC-SHA1' ||
    parameters.get('SignatureVersion') !== '1.0'
  ) {
    throw new StsError('IncompleteSignature', 'Only SignatureMethod HMAC-SHA1 with SignatureVersion 1.0 is supported.');
  }
  const credential = exchange.settings.credentials.get(accessKeyId);
  if (credential === undefined) throw new StsError('InvalidAccessKeyId.NotFound');
  const expected = signRpc(exchange.request.method, parameters, credential.accessKeySecret);
  if (!sameSignature(expected, signature)) throw new StsError('SignatureDoesNotMatch');
  await spend(exchange, accessKeyId, credential.accountId, nonce, time);
  return identityOf(credential);
}

function signRpc(method: string, parameters: Parameters, accessKeySecret: string): string {
  const signed = parameters.pairs.filter(({ name }) => name !== 'Signature');
  const canonical = joinSorted(
    signed.map(({ name, value }) => [name, `${percentEncode(name)}=${percentEncode(value)}`]),
  );
  const text = `${method}&${percentEncode('/')}&${percentEncode(canonical)}`;
  return createHmac('sha1', `${accessKeySecret}&`).update(text, 'utf8').digest('base64');
}

function timestamp(text: string, now: number): number {
  const time = parseIsoDate(text);
  if (time === undefined) throw new StsError('InvalidTimeStamp.Format');
  if (Math.abs(now - time) > maxSkewMs) throw new StsError('InvalidTimeStamp.Expired');
  return time;
}

/** Who overhears a call, in a log for instance, must not get credentials of his own for it. */
async function spend(
  { env }: Exchange,
  accessKeyId: string,
  accountId: string,
  nonce: string,
  time: number,
): Promise<void> {
  if (nonce.length > NONCE_MAX) throw new StsError('InvalidParameter', 'The parameter SignatureNonce is too long.');
  const directory = env.DIRECTORY.get(env.DIRECTORY.idFromName(accountId));
  if (!(await directory.spend(`${accessKeyId}\n${nonce}`, time + maxSkewMs))) throw new StsError('SignatureNonceUsed');
}
