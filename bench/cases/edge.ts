import { type Case, inTurn, type Side } from '../case.ts';
import type { Call } from '../load.ts';
import { keys, putObjects } from '../objects.ts';
import { KIB } from '../sizes.ts';
import type { Gateway } from '../targets.ts';

/** The bare Worker's plain GET of an object: what the edge is measured against, whatever it does. */
function bareGet(size: string, bytes: number): Side {
  return {
    name: 'bare',
    async ready(servers) {
      const target = await servers.bare();
      const names = keys(`edge-${size}/`);
      await putObjects(target, names, bytes);
      return { target, call: inTurn(names.map((key) => target.object('GET', key))) };
    },
  };
}

/** Anonymous visits to the pages of a website, at its own host. */
function website(size: string, bytes: number): Case {
  const bucket = `bench-site-${size.toLowerCase()}`;
  const names = keys('page-');
  return {
    name: `SITE ${size}`,
    unit: 'req/s',
    concurrency: 16,
    sides: [
      {
        name: 'ossgate',
        async ready(servers) {
          const target = await servers.gateway();
          await target.must(target.signed('PUT', '', { bucket, headers: { 'x-oss-acl': 'public-read' } }));
          const body = Buffer.from(
            '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>',
          );
          await target.must(target.signed('PUT', '', { bucket, query: '?website', body }));
          const headers = { 'content-type': 'text/html' };
          for (const key of names) await target.must(target.signed('PUT', key, { bucket, headers, body: bytes }));
          return { target, call: inTurn(names.map((name) => target.visit(bucket, `/${name}`))) };
        },
      },
      bareGet(size, bytes),
    ],
  };
}

const guarded = 'bench-guarded';

/** A bucket open to the world, with rules against some of it. */
async function guardedBucket(gateway: Gateway): Promise<void> {
  await gateway.must(gateway.signed('PUT', '', { bucket: guarded, headers: { 'x-oss-acl': 'public-read' } }));
  const documents = {
    cors: '<CORSConfiguration><CORSRule><AllowedOrigin>http://good.test</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    referer:
      '<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><RefererList><Referer>http://good.test</Referer></RefererList></RefererConfiguration>',
    policy: JSON.stringify({
      Version: '1',
      Statement: [
        {
          Effect: 'Deny',
          Principal: ['*'],
          Action: ['oss:GetObject'],
          Resource: [`acs:oss:*:*:${guarded}/secret/*`],
        },
      ],
    }),
  };
  for (const [name, document] of Object.entries(documents)) {
    await gateway.must(gateway.signed('PUT', '', { bucket: guarded, query: `?${name}`, body: Buffer.from(document) }));
  }
}

function refused(by: string, callsOf: (gateway: Gateway) => readonly Call[]): Case {
  return {
    name: `REFUSED ${by}`,
    unit: 'req/s',
    concurrency: 16,
    sides: [
      {
        name: 'ossgate',
        async ready(servers) {
          const target = await servers.gateway();
          await guardedBucket(target);
          return { target, call: inTurn(callsOf(target)), status: 403 };
        },
      },
      bareGet('1KiB', KIB),
    ],
  };
}

/** Visitors of websites, and those who are turned away. */
export const edgeCases: readonly Case[] = [
  website('1KiB', KIB),
  website('16KiB', 16 * KIB),
  refused('preflight', () => [
    {
      method: 'OPTIONS',
      path: `/${guarded}/key`,
      headers: { origin: 'http://evil.test', 'access-control-request-method': 'PUT' },
    },
  ]),
  refused('referer', () =>
    keys('').map((key) => ({ method: 'GET', path: `/${guarded}/${key}`, headers: { referer: 'http://evil.test/' } })),
  ),
  refused('signature', (gateway) =>
    keys('').map((key) => {
      const { path } = gateway.signed('GET', `other-${key}`, { bucket: guarded });
      return { method: 'GET', path: path.replace('/other-', '/') };
    }),
  ),
  refused('policy', () => keys('secret/').map((key) => ({ method: 'GET', path: `/${guarded}/${key}` }))),
];
