/** Adds one active data segment to a module of the compiler's own binaryen, whose JavaScript API has no call for it. */

import type { Transform } from "assemblyscript/asc";

type AscBinaryen = Transform["binaryen"];
type AscModule = Parameters<NonNullable<Transform["afterCompile"]>>[0];

/** The C API beneath the JavaScript one. */
interface RawBinaryen {
  __i32_store8(address: number, value: number): void;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _BinaryenAddDataSegment(
    module: number,
    name: number,
    memory: number,
    passive: boolean,
    offset: number,
    data: number,
    bytes: number,
  ): void;
}

/** Name that the compiler gives its only memory. */
const MEMORY_NAME = "0";

/** Puts `bytes` at `address` of the module's memory. */
export function addDataSegment(
  binaryen: AscBinaryen,
  module: AscModule,
  name: string,
  address: number,
  bytes: Uint8Array,
): void {
  const raw = binaryen as unknown as RawBinaryen;
  const held = [cString(name), cString(MEMORY_NAME), bytes].map((part) => copyIn(raw, part));
  const [nameAt = 0, memoryAt = 0, dataAt = 0] = held;
  const ref = (module as unknown as { ptr: number }).ptr;
  raw._BinaryenAddDataSegment(ref, nameAt, memoryAt, false, module.i32.const(address), dataAt, bytes.length);
  for (const at of held) raw._free(at);
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function copyIn(raw: RawBinaryen, bytes: Uint8Array): number {
  const at = raw._malloc(bytes.length);
  bytes.forEach((byte, index) => {
    raw.__i32_store8(at + index, byte);
  });
  return at;
}
