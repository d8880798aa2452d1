/**
 * The compiler passes the name of the memory where its binaryen wants the order of a fence, so that every
 * `atomic.fence()` fails validation. This sets the order that the WebAssembly threads proposal gives it.
 */

import type { Transform } from "assemblyscript/asc";
import { walkExpressions } from "./expressions.js";

type AscModule = Parameters<NonNullable<Transform["afterCompile"]>>[0];

interface RawBinaryen {
  _BinaryenMemoryOrderSeqCst(): number;
  _BinaryenAtomicFenceSetOrder(fence: number, order: number): void;
}

/** Makes every fence of the module sequentially consistent. */
export function orderFences(binaryen: Transform["binaryen"], module: AscModule): void {
  const raw = binaryen as unknown as RawBinaryen;
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const { body } = binaryen.getFunctionInfo(module.getFunctionByIndex(index));
    walkExpressions(binaryen, body, ({ kind, ref }) => {
      if (kind === "AtomicFence") raw._BinaryenAtomicFenceSetOrder(ref, raw._BinaryenMemoryOrderSeqCst());
    });
  }
}
