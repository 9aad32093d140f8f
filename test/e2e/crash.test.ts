import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { sign } from '../support/sign.ts';
import { type Server, startServer } from './support/server.ts';

/** Promise 1: what was acknowledged is there, whatever happens to the process. */

const BUCKET = 'crash';
const WRITERS = 8;
const KILL_AFTER_MS = 1_500;

function request(server: Server, method: string, key: string, body?: Uint8Array): Promise<Response> {
  const { url, headers } = sign({
    method,
    url: `${server.endpoint}/${BUCKET}${key === '' ? '' : `/${key}`}`,
    bucket: BUCKET,
    ...(key === '' ? {} : { key }),
    accessKeyId: server.accessKeyId,
    accessKeySecret: server.accessKeySecret,
    region: 'cn-hangzhou',
    scheme: 'V4',
    place: 'header',
  });
  return fetch(url, { method, headers, ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }) });
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex').toUpperCase();
}

it('Promise 1: SIGKILL under load loses nothing that was acknowledged, and shows nothing half', {
  timeout: 120_000,
}, async () => {
  const server = await startServer();
  expect((await request(server, 'PUT', '')).status).toBe(200);
  /** Keys and the MD5 of each version that was sent; the last one acknowledged is the least that must be there. */
  const sent = new Map<string, string[]>();
  const acknowledged = new Map<string, number>();
  let running = true;
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let n = 0; running; n++) {
      const key = `w${writer}-${n % 7}`;
      const bytes = randomBytes([100, 5_000, 200_000][n % 3]!);
      const versions = sent.get(key) ?? [];
      sent.set(key, versions);
      versions.push(md5(bytes));
      const answer = await request(server, 'PUT', key, bytes).catch(() => undefined);
      if (answer?.status !== 200) return;
      acknowledged.set(key, versions.length - 1);
    }
  });
  await new Promise((resolve) => setTimeout(resolve, KILL_AFTER_MS));
  await server.kill();
  running = false;
  await Promise.all(writers);
  expect(acknowledged.size).toBeGreaterThan(WRITERS);

  await server.restart();
  for (const [key, versions] of sent) {
    const answer = await request(server, 'GET', key);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const least = acknowledged.get(key);
    if (answer.status === 404) {
      expect(least, `${key} was acknowledged and is gone`).toBeUndefined();
      continue;
    }
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe(`"${md5(bytes)}"`);
    const found = versions.indexOf(md5(bytes));
    expect(found, `${key} has bytes that nobody sent, or older ones than acknowledged`).toBeGreaterThanOrEqual(
      least ?? 0,
    );
  }
});
