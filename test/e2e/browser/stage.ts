import { nameHost } from '../support/browser.ts';
import { Client } from '../support/client.ts';
import { type Server, startServer } from '../support/server.ts';
import { startWeb, type Web } from '../support/web.ts';

/** What the tests in a browser share. */
export interface Stage {
  readonly server: Server;
  readonly client: Client;
  /** Other people's sites: {@link hosts}, and every other name below `.test` with the port. */
  readonly web: Web;
}

/** Sites of others that are found by their name alone. */
export const hosts = ['app.test', 'sub.app.test', 'good.test', 'evil.test', 'shop.test'] as const;
/** A domain that leads to the gateway. */
export const domain = 'www.example.test';

let set: Promise<Stage> | undefined;

/** Sets the stage at the first call. */
export function stage(): Promise<Stage> {
  set ??= (async () => {
    const [server, web] = await Promise.all([startServer({ env: { ALLOW_PRIVATE_ORIGINS: 'true' } }), startWeb()]);
    for (const host of hosts) nameHost(host, web.port);
    nameHost(domain, server.port);
    return { server, client: new Client(server), web };
  })();
  return set;
}
