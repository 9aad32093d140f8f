import { networkInterfaces } from 'node:os';
import type { RootCredentials } from './credentials.ts';
import type { Settings } from './settings.ts';

/** The base URLs under which clients reach the gateway; the first is for this machine. */
export function endpoints(host: string, port: number): readonly string[] {
  const url = (address: string) => `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  if (host !== '0.0.0.0' && host !== '::') return [url(host)];
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => url(address));
  return [url('127.0.0.1'), ...outside];
}

/** What a person needs after the start: where, with which keys, and something to paste. */
export function banner(settings: Settings, credentials: RootCredentials, port: number): string {
  const [endpoint, ...others] = endpoints(settings.host, port);
  const domain = settings.serviceDomains[0];
  const secret = credentials.given ? '(as given in OSS_ACCESS_KEY_SECRET)' : credentials.accessKeySecret;
  const rows = [
    ['endpoint', `${endpoint}`],
    ...others.map((other) => ['', other]),
    ['', `http://<bucket>.${domain}:${port} where <bucket>.${domain} resolves to this machine`],
    ['region', settings.region],
    ['access key id', credentials.accessKeyId],
    ['access key secret', secret],
    ['account id', credentials.accountId],
    ['data', settings.dataDir],
  ];
  return [
    '',
    ...rows.map(([name, value]) => `  ${name!.padEnd(17)}  ${value}`),
    '',
    'Is it there?',
    `  curl ${endpoint}/-/health`,
    '',
    'First steps with ali-oss (in a folder with that package, as this one):',
    aliOssSnippet(settings, credentials, endpoint!),
    '',
  ].join('\n');
}

/**
 * With an IP endpoint ali-oss connects to it and names the bucket in the Host header, so that it works wherever
 * bucket host names do not resolve.
 */
function aliOssSnippet(settings: Settings, credentials: RootCredentials, endpoint: string): string {
  const secret = credentials.given ? 'process.env.OSS_ACCESS_KEY_SECRET' : `"${credentials.accessKeySecret}"`;
  return `  node --input-type=module <<'JS'
  import OSS from 'ali-oss';
  const client = new OSS({
    endpoint: "${endpoint}",
    region: "${settings.region}",
    authorizationV4: true,
    accessKeyId: "${credentials.accessKeyId}",
    accessKeySecret: ${secret},
    bucket: "first-bucket",
  });
  await client.putBucket("first-bucket");
  await client.put("hello.txt", Buffer.from("hello\\n"));
  console.log((await client.get("hello.txt")).content.toString());
JS`;
}
