import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encryptionKey } from '../../../scripts/start/encryption-key.ts';
import { readMasterKeys } from '../../../src/blob/master-keys.ts';

const given = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

describe('the encryption key of npm start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ossgate-key-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const key = (encryptionKey_?: string) => encryptionKey({ encryptionKey: encryptionKey_ }, folder);

  it('is made once, kept for its owner alone, and one that the Worker takes', () => {
    const made = key();
    expect(readMasterKeys({ ENCRYPTION_KEY: made }).own).not.toBeNull();
    expect(key()).toBe(made);
    const file = join(folder, 'encryption-key');
    expect(readFileSync(file, 'utf8')).toBe(`${made}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is the one that is given, without a file', () => {
    expect(key(given)).toBe(given);
    expect(() => statSync(join(folder, 'encryption-key'))).toThrow('ENOENT');
  });

  it('still decrypts by the kept one where another is given', () => {
    const made = key();
    expect(key(given)).toBe(`${given},${made}`);
  });

  it('is not guessed where the file holds something else', () => {
    writeFileSync(join(folder, 'encryption-key'), 'something else');
    expect(() => key()).toThrow('does not hold the key');
    expect(() => key(given)).toThrow('does not hold the key');
  });
});
