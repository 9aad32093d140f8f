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
  readonly policy?: unknown;
}

/** The identity that a proof of this key proves. */
export function identityOf(credential: Credential): Identity {
  const { accountId, accessKeyId, userName, userId, policy } = credential;
  if (userName === undefined) return { kind: 'root', accountId, accessKeyId };
  const policies = policy === undefined ? [] : [policy];
  return { kind: 'user', accountId, accessKeyId, userId: userId ?? userName, userName, policies };
}
