import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * An application that lets browsers upload straight to the gateway. It holds the access key and signs, for each upload,
 * a policy that says what may be uploaded; the file itself never passes through here.
 */

const {
  OSS_ENDPOINT = 'http://127.0.0.1:9000',
  OSS_REGION = 'oss-cn-hangzhou',
  OSS_BUCKET = 'browser-upload',
  OSS_ACCESS_KEY_ID = '',
  OSS_ACCESS_KEY_SECRET = '',
  PORT = '8080',
  CALLBACK = 'false',
} = process.env;

const FILE_BYTES_MAX = 20 * 1024 * 1024;
const SIGNATURE_MS = 10 * 60 * 1000;
const CALLBACK_BYTES_MAX = 64 * 1024;

interface OssClient {
  putBucket(name: string): Promise<unknown>;
  putBucketCORS(name: string, rules: object[]): Promise<unknown>;
  signPostObjectPolicyV4(policy: object, date: Date): string;
}

const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => OssClient;
const client = new OSS({
  endpoint: OSS_ENDPOINT,
  region: OSS_REGION,
  accessKeyId: OSS_ACCESS_KEY_ID,
  accessKeySecret: OSS_ACCESS_KEY_SECRET,
  bucket: OSS_BUCKET,
});
const self = `http://localhost:${PORT}`;

/** Everything that the browser must send beside its file. */
function signedForm(user: string): { url: string; fields: Record<string, string> } {
  const now = new Date();
  const date = `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const region = OSS_REGION.replace(/^oss-/, '');
  const fields: Record<string, string> = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${OSS_ACCESS_KEY_ID}/${date.slice(0, 8)}/${region}/oss/aliyun_v4_request`,
    'x-oss-date': date,
    success_action_status: '201',
    // A name that nobody has yet: otherwise a user could replace what is there.
    key: `uploads/${user}/${randomUUID()}-\${filename}`,
    'x-oss-forbid-overwrite': 'true',
    ...(CALLBACK === 'true' ? { callback: callbackParameter() } : {}),
  };
  const policy = {
    expiration: new Date(now.getTime() + SIGNATURE_MS).toISOString(),
    conditions: [
      { bucket: OSS_BUCKET },
      ['content-length-range', 1, FILE_BYTES_MAX],
      ['in', '$content-type', ['image/png', 'image/jpeg', 'image/gif', 'image/webp']],
      // Each field as it was handed out, and no other key than this one.
      ...Object.entries(fields).map(([name, value]) => ['eq', `$${name}`, value]),
    ],
  };
  return {
    url: `${OSS_ENDPOINT}/${OSS_BUCKET}`,
    fields: {
      ...fields,
      policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
      'x-oss-signature': client.signPostObjectPolicyV4(policy, now),
    },
  };
}

/** Has the gateway tell this application of each upload; its answer goes to the browser. */
function callbackParameter(): string {
  const callback = {
    callbackUrl: `${self}/uploaded`,
    callbackBodyType: 'application/json',
    callbackBody:
      '{"key":${object},"size":${size},"type":${mimeType},"width":${imageInfo.width},"height":${imageInfo.height}}',
  };
  return Buffer.from(JSON.stringify(callback)).toString('base64');
}

/** Whether a callback is from the gateway: its signature covers path, query and body. */
async function isGenuine(request: IncomingMessage, body: Buffer): Promise<boolean> {
  const keyUrl = `${OSS_ENDPOINT}/-/callback-key.pem`; // Never the URL that the request itself names.
  const key = createPublicKey(await (await fetch(keyUrl)).text());
  const [path = '', query] = request.url!.split(/\?(.*)/s);
  const text = `${decodeURIComponent(path)}${query === undefined ? '' : `?${query}`}\n`;
  const signature = Buffer.from(request.headers.authorization ?? '', 'base64');
  return verify('md5', Buffer.concat([Buffer.from(text), body]), key, signature);
}

async function uploaded(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > CALLBACK_BYTES_MAX) return answer(response, 413, { error: 'too long' });
    chunks.push(chunk as Buffer);
  }
  const body = Buffer.concat(chunks);
  if (!(await isGenuine(request, body))) return answer(response, 403, { error: 'not from the gateway' });
  console.log('uploaded', body.toString());
  answer(response, 200, { welcome: JSON.parse(body.toString()) });
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const page = readFileSync(join(import.meta.dirname, 'index.html'));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const route = `${request.method} ${request.url!.split('?')[0]}`;
  if (route === 'GET /') response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  // A real application knows here who is asking.
  else if (route === 'GET /form') answer(response, 200, signedForm('alice'));
  else if (route === 'POST /uploaded') await uploaded(request, response);
  else answer(response, 404, { error: 'not found' });
}

await client.putBucket(OSS_BUCKET);
await client.putBucketCORS(OSS_BUCKET, [
  {
    allowedOrigin: [self, `http://127.0.0.1:${PORT}`],
    allowedMethod: 'POST',
    allowedHeader: '*',
    exposeHeader: ['ETag'],
  },
]);
createServer((request, response) => {
  handle(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) answer(response, 500, { error: 'failed' });
  });
}).listen(Number(PORT), '127.0.0.1', () => console.log(`open ${self}`));
