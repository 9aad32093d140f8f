/** Settings that a deployment may leave out, which is why wrangler.toml does not declare them. */
interface __BaseEnv_Env {
  /** More credentials, JSON. */
  ACCESS_KEYS?: string;
  /** Roles that may be assumed, JSON. */
  ROLES?: string;
  /** Secret of the tokens of temporary credentials; the root key's, unless set. */
  TOKEN_SECRET?: string;
  /** Length of a "day" of lifecycle, retention, restore and inventory, in seconds. */
  DAY_SECONDS?: string;
  /** `false` turns off the copies of blobs at the edge; `true` turns them on under `npm start` too. */
  EDGE_CACHE?: string;
  /** RSA key in PKCS #8 PEM that callbacks are signed with. Without it, uploads that ask for a callback are refused. */
  CALLBACK_PRIVATE_KEY?: string;
  /** Where receivers find its public half, if not at this gateway's own `/-/callback-key.pem`. */
  CALLBACK_PUBLIC_KEY_URL?: string;
  /** `off`, under `npm start` alone: contents of many segments are not rewritten by themselves, so that can be measured. */
  COMPACTION?: string;
  /** The port listened on, under `npm start` alone. */
  LOCAL_PORT?: string;
  /** `true` under `npm start` alone: the client's address is then that of the connection, in `request.cf.clientIp`. */
  LOCAL?: string;
  /** `true` under `npm start` alone: what a refused request still sends is read, so that the client reads the answer. */
  LINGER?: string;
}
