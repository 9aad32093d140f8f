import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { readSecretFile, writeSecretFile } from './secret-file.ts';
import type { Settings } from './settings.ts';

/** The root credentials of a run. */
export interface RootCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly accountId: string;
  /** Whether the secret was given in the environment, which knows it already: it is then not printed. */
  readonly given: boolean;
}

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const digits = '0123456789';

/**
 * The root credentials: what the environment gives, and for the rest what the data folder keeps, made at first start.
 * There is no default secret, and the file is readable by its owner alone.
 * @throws {Error} when the file is there but is not what this function wrote
 */
export function rootCredentials(settings: Settings, dataDir: string): RootCredentials {
  const { accessKeyId, accessKeySecret, accountId } = settings;
  if (accessKeyId !== undefined && accessKeySecret !== undefined && accountId !== undefined) {
    return { accessKeyId, accessKeySecret, accountId, given: true };
  }
  const kept = readOrMake(join(dataDir, 'credentials.json'));
  return {
    accessKeyId: accessKeyId ?? kept.accessKeyId,
    accessKeySecret: accessKeySecret ?? kept.accessKeySecret,
    accountId: accountId ?? kept.accountId,
    given: accessKeySecret !== undefined,
  };
}

type Kept = Omit<RootCredentials, 'given'>;

function readOrMake(path: string): Kept {
  const text = readSecretFile(path);
  if (text === undefined) {
    const made: Kept = {
      accessKeyId: `OG${random(alphanumerics, 22)}`,
      accessKeySecret: random(alphanumerics, 30),
      accountId: `1${random(digits, 15)}`,
    };
    writeSecretFile(path, `${JSON.stringify(made, null, 2)}\n`);
    return made;
  }
  const kept = parse(text);
  if (kept === undefined) throw new Error(`${path} does not hold the credentials that ossgate wrote there`);
  return kept;
}

function parse(text: string): Kept | undefined {
  try {
    const { accessKeyId, accessKeySecret, accountId } = JSON.parse(text) as Record<string, unknown>;
    if (typeof accessKeyId !== 'string' || typeof accessKeySecret !== 'string' || typeof accountId !== 'string') {
      return undefined;
    }
    return { accessKeyId, accessKeySecret, accountId };
  } catch {
    return undefined;
  }
}

function random(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
