/**
 * Writes the table of operations in docs/compatibility.md from the operation table; with `--check` only says whether it
 * is current.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Operation } from '../src/oss/operation.ts';

const page = fileURLToPath(new URL('../docs/compatibility.md', import.meta.url).href);
const begin = '<!-- operations: written by scripts/compatibility.ts -->';
const end = '<!-- /operations -->';

/** The table as Node can load it: the runtime's own modules are stood in for, nothing of them is called. */
async function loadOperations(): Promise<readonly Operation[]> {
  const bundle = await build({
    stdin: {
      contents: "export { built } from './index.ts'; export { planned } from './planned.ts';",
      resolveDir: fileURLToPath(new URL('../src/oss/operations', import.meta.url).href),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    plugins: [
      {
        name: 'stand-ins',
        setup(plugin) {
          plugin.onResolve({ filter: /^cloudflare:|\.wasm$/ }, ({ path }) => ({ path, namespace: 'stand-in' }));
          plugin.onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path }) => ({
            contents: path.endsWith('.wasm')
              ? 'export default new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));'
              : 'export class DurableObject {}',
          }));
          // Instances of a module without exports are of no use, but nothing here computes.
          plugin.onLoad({ filter: /crc64\.ts$/ }, () => ({
            contents: 'export class Crc64 {} export function crc64() {}',
          }));
        },
      },
    ],
  });
  const code = Buffer.from(bundle.outputFiles[0]!.contents).toString('base64');
  const table = (await import(`data:text/javascript;base64,${code}`)) as Record<'built' | 'planned', Operation[]>;
  return [...table.built, ...table.planned];
}

function rowOf(operation: Operation): string {
  const query = operation.select?.length ? `?${operation.select.join('&')}` : '';
  const path = { service: '/', bucket: '/{bucket}', object: '/{bucket}/{key}' }[operation.target];
  const header = operation.selectHeader === undefined ? '' : ` with \`${operation.selectHeader}\``;
  const permission = operation.access === 'none' ? 'none' : `\`oss:${operation.action}\``;
  const state = operation.run === undefined ? 'answers 501 `NotImplemented`' : 'supported';
  return `| ${operation.name} | \`${operation.method} ${path}${query}\`${header} | ${permission} | ${operation.hierarchical ? 'yes' : 'no'} | ${state} |`;
}

async function main(): Promise<void> {
  const operations = await loadOperations();
  const table = [
    begin,
    '| operation | request | permission | in a hierarchical bucket | state |',
    '| --- | --- | --- | --- | --- |',
    ...operations.map(rowOf),
    end,
  ].join('\n');
  const text = String(await readFile(page));
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error('docs/compatibility.md has lost the marks of its table');
  const current = text.slice(0, from) + table + text.slice(to + end.length);
  if (current === text) return;
  if (process.argv.includes('--check')) {
    console.error('docs/compatibility.md is not current: run "npm run docs"');
    process.exitCode = 1;
    return;
  }
  await writeFile(page, current);
}

await main();
