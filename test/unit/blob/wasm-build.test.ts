import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { assembleCrc64 } from '../../../scripts/build-wasm.ts';

it('builds the committed CRC-64 module from the committed source', async () => {
  const committed = await readFile(fileURLToPath(import.meta.resolve('../../../src/blob/crc64.wasm')));
  expect(Buffer.from(await assembleCrc64()).equals(committed)).toBe(true);
});
