import { isChargedToRequester, payerRefusal } from '../../access/payer.ts';
import { isRefererChecked, refererRefusal } from '../../access/referer.ts';
import { type RefusalReason, refusal } from '../../access/refusal.ts';
import { hasCname } from '../../bucket/cnames.ts';
import type { BucketConfig } from '../../bucket/config.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';

/** A refusal of the request whatever it is about: no page of a website is shown instead ([RefererEnforcement-9]). */
export class GateRefusal extends OssError {}

/**
 * What a bucket's configuration asks of a request whoever sends it, before any policy or ACL is looked at and before
 * anything stored is touched. Judged anew with each newer copy of the configuration.
 * @throws {GateRefusal} AccessDenied, NoSuchBucket, TransferAccelerationDisabled
 */
export function passGates(exchange: Exchange): void {
  checkDomain(exchange);
  if (!exchange.hasBucket) return;
  checkAcceleration(exchange);
  if (exchange.operation.access === 'none') return;
  checkReferer(exchange);
  checkPayer(exchange, exchange.bucket);
}

/** A request to a custom domain is served only while its bucket has the domain ([DeleteCname-3]). */
function checkDomain(exchange: Exchange): void {
  const { domain, host } = exchange.address;
  if (domain === undefined || (exchange.hasBucket && hasCname(exchange.bucket, domain))) return;
  exchange.lostDomain = true;
  throw new GateRefusal('NoSuchBucket', { extra: { BucketName: host } });
}

/** The acceleration endpoint serves only buckets that are open to it ([PutBucketTransferAcceleration-5]). */
function checkAcceleration({ address, bucket }: Exchange): void {
  if (!address.accelerated || bucket.documents.accelerated === true) return;
  throw new GateRefusal('TransferAccelerationDisabled', { extra: { BucketName: bucket.name } });
}

/** Hotlink protection is about objects and their listings; a bucket can always be managed ([RefererEnforcement-1]). */
function checkReferer(exchange: Exchange): void {
  const { operation, authentication, bucket } = exchange;
  const rules = bucket.documents.referer;
  if (rules === undefined || (operation.target !== 'object' && !dataAccess.has(operation.access))) return;
  const { place } = authentication;
  if (!isRefererChecked(place === 'query' ? 'url' : place)) return;
  const reason = refererRefusal(rules, exchange.header('referer') ?? undefined);
  if (reason !== undefined) throw refused(reason, bucket.name);
}

const dataAccess: ReadonlySet<string> = new Set(['read', 'write', 'list']);

/**
 * Whether the request is charged to its sender, who must then have accepted that: by a header or, as SDKs do in signed
 * URLs, by a parameter. Signatures of all kinds cover both.
 * @param bucket the request's own, or another one that it reads from
 * @throws {GateRefusal} AccessDenied
 */
export function checkPayer(exchange: Exchange, bucket: BucketConfig): void {
  const { identity, authentication } = exchange;
  const { payer = 'BucketOwner' } = bucket.documents;
  // Of a form only its fields are signed.
  const declared = exchange.wishes.get(PAYER) ?? (authentication.place === 'form' ? undefined : exchange.query(PAYER));
  const reason = payerRefusal(payer, bucket.owner, identity, declared);
  if (reason !== undefined) throw refused(reason, bucket.name);
  if (isChargedToRequester(payer, bucket.owner, identity)) exchange.chargedBy.add(bucket.name);
  else exchange.chargedBy.delete(bucket.name);
}

const PAYER = 'x-oss-request-payer';

function refused(reason: RefusalReason, bucket: string): GateRefusal {
  const { message, ec } = refusal(reason);
  return new GateRefusal('AccessDenied', { message, ec, extra: { BucketName: bucket } });
}
