import type { Identity } from './identity.ts';
import type { RefusalReason } from './refusal.ts';

/** Who pays for requests to a bucket (ledger 2, chapter 5). */
export type Payer = 'BucketOwner' | 'Requester';

/** Whether the request is charged to its sender: one from outside the owner's account to a requester-pays bucket. */
export function isChargedToRequester(payer: Payer, owner: string, identity: Identity): boolean {
  return payer === 'Requester' && (identity.kind === 'anonymous' || identity.accountId !== owner);
}

/**
 * Why a requester-pays bucket refuses, if it does: nobody can be charged, or the sender did not accept the charge. Asked
 * of every method and operation but the preflight (evidence-2, RequestPaymentEnforcement-3). The owner's account, its
 * users and roles included, is never asked.
 * @param declared the value of the request's payer header or, with a signed URL, parameter; only `requester` accepts
 */
export function payerRefusal(
  payer: Payer,
  owner: string,
  identity: Identity,
  declared: string | undefined,
): Extract<RefusalReason, `payer-${string}`> | undefined {
  if (!isChargedToRequester(payer, owner, identity)) return undefined;
  if (identity.kind === 'anonymous') return 'payer-anonymous';
  return declared === 'requester' ? undefined : 'payer-undeclared';
}
