import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, URL } from 'node:url';
import wabt from 'wabt';

const source = new URL('../src/blob/crc64.wat', import.meta.url);
const target = new URL('../src/blob/crc64.wasm', import.meta.url);

/**
 * Assembles the CRC-64 module. The result depends on the source text and the pinned `wabt` alone, so a test can
 * prove that the committed binary is what the committed source says.
 */
export async function assembleCrc64(): Promise<Uint8Array> {
  const module = (await wabt()).parseWat('crc64.wat', await readFile(source, 'ascii'));
  try {
    module.validate();
    return module.toBinary({ write_debug_names: false }).buffer;
  } finally {
    module.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(target, await assembleCrc64());
