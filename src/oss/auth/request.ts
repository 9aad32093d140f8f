import type { Credential, Identity } from '../../access/identity.ts';
import type { Query } from '../request/query.ts';

/** The parts of a request that a signature can cover, as received. */
export interface SignedRequest {
  readonly method: string;
  /** Values as workerd gives them: decoded as UTF-8, so that signing their text signs the bytes that were sent. */
  readonly headers: Headers;
  readonly query: Query;
  /** The addressed bucket (of a custom domain: the bound one), none for a service request. */
  readonly bucket?: string;
  /** The decoded key: the very value that the operation will use. */
  readonly key?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** As received; its host stands in where the runtime gives no `host` header. */
  readonly url: string;
}

/** What a security token stands for, once its issuer has been asked. */
export type TokenResult =
  | {
      readonly kind: 'temporary';
      readonly accessKeySecret: string;
      readonly identity: Identity;
      /** Milliseconds since the epoch; from then on the credential is refused. */
      readonly expires: number;
    }
  /** Unknown, garbled, or tampered with. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'expired' }
  /** Genuine, but issued together with another access key id. */
  | { readonly kind: 'other-key' };

export interface AuthSettings {
  /** The long-lived key of this id. Must not know temporary ones: those need their token. */
  credential(accessKeyId: string): Credential | undefined;
  /** Those that a V4 signature may be for, without the `oss-` prefix, e.g. `cn-hangzhou`. */
  readonly regions: readonly string[];
  /** Resolves a security token. Absent: every token is invalid. */
  readonly token?: (accessKeyId: string, token: string, now: number) => TokenResult;
  readonly tolerant: {
    /**
     * Accept V1 signatures that leave `x-oss-process`, `x-oss-async-process` and `x-oss-traffic-limit` out, as Python
     * SDK v2 makes them. The price: whoever holds any V1-signed request can add those to it.
     */
    readonly unsignedProcess: boolean;
    /** Accept V4 signatures that leave empty list filters such as `prefix=` out, as ali-oss does for `undefined`. */
    readonly droppedEmpties: boolean;
  };
}

export type Scheme = 'V1' | 'V2' | 'V4';
export type Place = 'header' | 'query';

/** A text that a signature is made over. V4 signs a digest: what went into it is the canonical request. */
export interface SignedText {
  readonly stringToSign: string;
  readonly canonicalRequest?: string;
}

/** Who a request says it is from, well-formed and in time, with nothing proved yet. */
export interface Claim {
  readonly accessKeyId: string;
  readonly signature: string;
  /** Empty: none was given. */
  readonly token: string;
  /** The text that the signature should cover. */
  text(): SignedText;
  /** Other texts that known clients sign for the same request (protocol/oss.md 1.3, 1.6). Made only after a mismatch. */
  tolerated(): Iterable<SignedText>;
  sign(accessKeySecret: string, stringToSign: string): string;
}

/** One way to sign a request: everything the verifier must know about it. */
export interface SignatureForm {
  readonly scheme: Scheme;
  readonly place: Place;
  /** `EC` of a mismatch. */
  readonly mismatch: string;
  /** @throws {OssError} where the claim is malformed, out of time or for somewhere else */
  read(request: SignedRequest, settings: AuthSettings): Claim;
}
