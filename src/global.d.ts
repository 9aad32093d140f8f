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
  /** `true` under `npm start` alone: the client's address is then that of the connection, in `request.cf.clientIp`. */
  LOCAL?: string;
}
