import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkStructure } from './structure/rules.ts';

const folder = join(import.meta.dirname, '..', 'src');
const sources = globSync('**/*.ts', { cwd: folder })
  .filter((path) => !path.endsWith('.d.ts'))
  .sort()
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(folder, path), 'utf8') }));

const offences = checkStructure(sources);
for (const { path, line, message, severity } of offences) console.log(`src/${path}:${line}: ${severity}: ${message}`);
const errors = offences.filter(({ severity }) => severity === 'error').length;
console.log(`structure: ${sources.length} files, ${errors} errors, ${offences.length - errors} warnings`);
process.exitCode = errors > 0 ? 1 : 0;
