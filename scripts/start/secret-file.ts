import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What a file with secrets holds, from now on for its owner alone; undefined where there is none. */
export function readSecretFile(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  chmodSync(path, 0o600);
  return text;
}

/** Written aside and renamed: a process that dies here leaves either no file or a whole one. */
export function writeSecretFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
