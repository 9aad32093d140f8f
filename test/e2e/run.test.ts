import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server as NetServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { workerdOf } from './support/process.ts';
import { runLauncher, type Server, startServer } from './support/server.ts';
import { isAlive, until } from './support/wait.ts';

const made = { OSS_ACCESS_KEY_ID: '', OSS_ACCESS_KEY_SECRET: '', OSS_ACCOUNT_ID: '' };

const health = async (endpoint: string) => (await fetch(`${endpoint}/-/health`)).status;
const refuses = (endpoint: string) =>
  health(endpoint).then(
    () => false,
    () => true,
  );

describe('npm start', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ env: made });
  });

  it('tells where it is and with which keys', async () => {
    expect(await health(server.endpoint)).toBe(200);
    expect(server.port).toBeGreaterThan(0);
    expect(server.accessKeyId).toMatch(/^OG[A-Za-z0-9]{22}$/);
    expect(server.accessKeySecret).toMatch(/^[A-Za-z0-9]{30}$/);
    expect(server.accountId).toMatch(/^1[0-9]{15}$/);
    expect(server.output()).toMatch(/^\[[0-9.]+ s\] starting workerd$/m);
    expect(server.output().trimEnd().split('\n').at(-1)).toBe(`ready ${server.endpoint}`);
  });

  it('prints a health check and first steps that work when they are pasted', async () => {
    const [, command] = /^ +(curl \S+)$/m.exec(server.output())!;
    expect(spawnSync('sh', ['-c', `${command} --silent --fail`]).status).toBe(0);
    const [snippet] = /^ {2}node --input-type=module <<'JS'\n(?:.*\n)*?JS$/m.exec(server.output())!;
    const { stdout, stderr } = spawnSync('sh', ['-c', snippet], { encoding: 'utf8', timeout: 20_000 });
    expect({ stdout, stderr }).toEqual({ stdout: 'hello\n\n', stderr: '' });
  });

  it('refuses a data folder that another one works on', async () => {
    const refused = await runLauncher({ DATA_DIR: server.dataDir });
    expect(refused.code).toBe(1);
    expect(refused.stderr.trim()).toMatch(new RegExp(`in use by another ossgate \\(process ${server.pid}\\)$`));
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(await health(server.endpoint)).toBe(200);
  });

  it('keeps the credentials it made, for its owner alone', async () => {
    const file = join(server.dataDir, 'credentials.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { accessKeyId, accessKeySecret, accountId } = server;
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ accessKeyId, accessKeySecret, accountId });
    await server.stop();
    await server.restart();
    expect(server.output()).toContain(accessKeyId);
    expect(server.output()).toContain(accessKeySecret);
  });

  it('takes given credentials and does not print their secret', async () => {
    const server = await startServer({ env: { OSS_ACCESS_KEY_ID: 'mine', OSS_ACCESS_KEY_SECRET: 'hush-hush' } });
    expect(server.accessKeyId).toBe('mine');
    expect(server.output()).not.toContain('hush-hush');
  });

  it('explains itself', async () => {
    const { code, stdout } = await runLauncher({}, ['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('DAY_SECONDS');
  });

  it.each([
    ['an argument it does not know', {}, ['--prot=1'], 2, /unknown argument "--prot=1".*--help/],
    ['a setting it cannot use', { DAY_SECONDS: 'soon' }, [], 2, /DAY_SECONDS must be a whole number/],
    ['access keys that are not JSON', { ACCESS_KEYS: '{' }, [], 2, /ACCESS_KEYS is not JSON/],
    ['an address that is not this machine’s', { HOST: '192.0.2.1' }, [], 1, /cannot listen on 192\.0\.2\.1/],
    ['a data folder it cannot make', { DATA_DIR: '/dev/null/data' }, [], 1, /\/dev\/null\/data/],
  ])('refuses %s in one line', async (_, env, args, code, message) => {
    const refused = await runLauncher(env as Record<string, string>, args);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('says so when the port is taken, and leaves nothing running', async () => {
    const other = await new Promise<NetServer>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
    });
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const refused = await runLauncher({ PORT: String(port) });
    expect(refused.code).toBe(1);
    expect(refused.stderr.trim()).toMatch(new RegExp(`^ossgate: port ${port} .* is in use`));
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('the end of a run', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('is clean at %s', async (signal) => {
    const server = await startServer();
    const workerd = workerdOf(server);
    expect(isAlive(workerd)).toBe(true);
    const began = performance.now();
    process.kill(server.pid, signal);
    expect(await server.stop()).toBe(0); // A second signal right after the first one changes nothing.
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(isAlive(workerd)).toBe(false);
    expect(await refuses(server.endpoint)).toBe(true);
    expect(server.output()).toMatch(/\nstopped\n$/);
  });

  it('leaves no workerd behind when the launcher is killed, and starts again on the same data and port', async () => {
    const server = await startServer({ env: made });
    const workerd = workerdOf(server);
    expect(isAlive(workerd)).toBe(true);
    await server.kill();
    await until('workerd ends', () => !isAlive(workerd), 3_000);
    expect(await refuses(server.endpoint)).toBe(true);
    await server.restart();
    expect(await health(server.endpoint)).toBe(200);
    expect(server.output()).toContain(server.accessKeySecret);
  });

  it('is not the end of workerd: that is started again', async () => {
    const server = await startServer();
    const workerd = workerdOf(server);
    process.kill(workerd, 'SIGKILL');
    await until(
      'the gateway serves again',
      async () => workerdOf(server) !== workerd && !(await refuses(server.endpoint)),
    );
    expect(await health(server.endpoint)).toBe(200);
    expect(server.output()).toContain('workerd ended (SIGKILL)');
    expect(await server.stop()).toBe(0);
  });
});
