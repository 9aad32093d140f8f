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

/** A role that the account may assume, for keys that live in pages. */
export const pageRole = 'page';

const roles = [
  {
    roleName: pageRole,
    trusted: ['1000000000000001'],
    policy: { Version: '1', Statement: [{ Effect: 'Allow', Action: ['oss:*'], Resource: ['*'] }] },
  },
];

let set: Promise<Stage> | undefined;

/** Sets the stage at the first call. */
export function stage(): Promise<Stage> {
  set ??= (async () => {
    const env = { ALLOW_PRIVATE_ORIGINS: 'true', ROLES: JSON.stringify(roles) };
    const [server, web] = await Promise.all([startServer({ env }), startWeb()]);
    for (const host of hosts) nameHost(host, web.port);
    nameHost(domain, server.port);
    return { server, client: new Client(server), web };
  })();
  return set;
}
