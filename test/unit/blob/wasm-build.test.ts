import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { assembleCrc64 } from '../../../scripts/build-wasm.ts';
import { crc64Reference } from '../../support/crc64-reference.ts';

const fileOf = (name: string): string => fileURLToPath(import.meta.resolve(`../../../src/blob/${name}`));

it('builds the committed CRC-64 module from the committed source', async () => {
  const committed = await readFile(fileOf('crc64.wasm'));
  expect(Buffer.from(await assembleCrc64()).equals(committed)).toBe(true);
});

it('folds by distances at which a byte and its nine echoes cancel [ObjCommon-23]', async () => {
  const source = await readFile(fileOf('crc64.wat'), 'utf8');
  const distances = [...source.matchAll(/i32\.sub \(local\.get \$from\) \(i32\.const (\d+)\)/g)].map(([, text]) =>
    Number(text),
  );
  expect(distances).toEqual([83, 140, 217, 239, 555, 644, 646, 944, 1050]);
  const silence = new Uint8Array(1500);
  for (const byte of [0x01, 0x80, 0xff]) {
    const echoes = silence.slice();
    for (const distance of [0, ...distances]) echoes[100 + distance] = byte;
    expect(crc64Reference(echoes)).toBe(crc64Reference(silence));
  }
});
