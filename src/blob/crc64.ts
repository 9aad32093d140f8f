import wasm from './crc64.wasm';

interface Kernel {
  memory: WebAssembly.Memory;
  input: WebAssembly.Global;
  capacity: WebAssembly.Global;
  update(register: bigint, length: number): bigint;
}

const kernel = new WebAssembly.Instance(wasm).exports as unknown as Kernel;
const input = new Uint8Array(kernel.memory.buffer, kernel.input.value as number, kernel.capacity.value as number);

/**
 * A running CRC-64/XZ, the checksum that OSS calls crc64ecma [ObjCommon-23]. Its state lives here and not in the
 * WebAssembly instance, so any number of them may run interleaved.
 */
export class Crc64 {
  #register = -1n;

  /** Takes the next bytes into account. */
  update(bytes: Uint8Array): this {
    for (let at = 0; at < bytes.length; at += input.length) {
      const step = bytes.subarray(at, at + input.length);
      input.set(step);
      this.#register = kernel.update(this.#register, step.length);
    }
    return this;
  }

  /** The checksum of everything so far, 0 to 2^64 - 1; its decimal text is the form on the wire. */
  get value(): bigint {
    return BigInt.asUintN(64, ~this.#register);
  }
}

/** The CRC-64/XZ of some bytes. */
export function crc64(bytes: Uint8Array): bigint {
  return new Crc64().update(bytes).value;
}
