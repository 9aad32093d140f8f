/** Who makes a request, as far as its signature proves it. */
export type Identity =
  | { readonly kind: 'anonymous' }
  /** The account's own key: owns its buckets. */
  | { readonly kind: 'root'; readonly accountId: string; readonly accessKeyId: string }
  /** A RAM user: may do what `policies` and bucket policies allow, nothing else. */
  | {
      readonly kind: 'user';
      readonly accountId: string;
      readonly accessKeyId: string;
      readonly userId: string;
      /** Whether users of other accounts have this id too. */
      readonly sharedId?: true;
      readonly userName: string;
      /** RAM policy documents (JSON text or parsed), all in force. */
      readonly policies: readonly unknown[];
    }
  /** Temporary credentials of an assumed role. */
  | {
      readonly kind: 'role';
      readonly accountId: string;
      readonly accessKeyId: string;
      readonly roleName: string;
      readonly sessionName: string;
      readonly policies: readonly unknown[];
      readonly sessionPolicy?: unknown;
    };

export const anonymous: Identity = { kind: 'anonymous' };

/** One access key of the deployment (`OSS_ACCESS_KEY_ID`, `ACCESS_KEYS`). */
export interface Credential {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly accountId: string;
  /** With a user name the key belongs to a RAM user of the account, without to the account itself. */
  readonly userName?: string;
  readonly userId?: string;
  /** Whether users of other accounts have this user's id too. */
  readonly sharedId?: true;
  readonly policy?: unknown;
}

/** The identity that a proof of this key proves. */
export function identityOf(credential: Credential): Identity {
  const { accountId, accessKeyId, userName, userId, sharedId, policy } = credential;
  if (userName === undefined) return { kind: 'root', accountId, accessKeyId };
  const policies = policy === undefined ? [] : [policy];
  const shared = sharedId === undefined ? {} : { sharedId };
  return { kind: 'user', accountId, accessKeyId, userId: userId ?? userName, ...shared, userName, policies };
}

/** Tells which users have an id that users of another account have too, as it may where it is only a name. */
export function markSharedIds(credentials: readonly Credential[]): readonly Credential[] {
  const accounts = new Map<string, Set<string>>();
  for (const { userName, userId = userName, accountId } of credentials) {
    if (userId !== undefined) accounts.set(userId, (accounts.get(userId) ?? new Set()).add(accountId));
  }
  return credentials.map((one) => {
    const id = one.userId ?? one.userName;
    return id !== undefined && accounts.get(id)!.size > 1 ? { ...one, sharedId: true } : one;
  });
}

/**
 * Whether an id means this user. One that users of several accounts have means the one of whoever says it.
 * @param account that of the bucket or role that names the user
 */
export function isUser(identity: Identity, id: string, account: string): boolean {
  if (identity.kind !== 'user' || identity.userId !== id) return false;
  return identity.sharedId !== true || identity.accountId === account;
}
