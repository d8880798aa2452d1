/**
 * Keeps `atomic.fence()` through compilation. Two faults stand against it: the compiler passes the name of the memory
 * where its binaryen wants the order of a fence, so that the fence is invalid; and binaryen's `precompute` evaluates
 * a fence as if it did nothing and drops it. So each fence becomes a call of an imported function, which no pass may
 * drop or move memory accesses across; right before the module is written the import becomes a function that holds
 * the fence, and is inlined.
 */

import type { Transform } from "assemblyscript/asc";
import { walkExpressions } from "./expressions.js";

type AscBinaryen = Transform["binaryen"];
type AscModule = Parameters<NonNullable<Transform["afterCompile"]>>[0];

interface RawBinaryen {
  _BinaryenMemoryOrderSeqCst(): number;
  _BinaryenAtomicFenceSetOrder(fence: number, order: number): void;
  _BinaryenBlockSetChildAt(block: number, index: number, child: number): void;
  _BinaryenIfSetIfTrue(expression: number, child: number): void;
  _BinaryenIfSetIfFalse(expression: number, child: number): void;
  _BinaryenLoopSetBody(expression: number, child: number): void;
  _BinaryenFunctionSetBody(func: number, body: number): void;
}

const STAND_IN = "fairlead.fence";

/** Puts a call in the place of every fence, and the fences back when the module is written. */
export function keepFences(binaryen: AscBinaryen, module: AscModule): void {
  const raw = binaryen as unknown as RawBinaryen;
  let found = 0;
  for (let index = 0; index < module.getNumFunctions(); index++) {
    found += replaceFences(binaryen, raw, module, module.getFunctionByIndex(index));
  }
  if (found === 0) return;
  module.addFunctionImport(STAND_IN, "fairlead", "fence", binaryen.none, binaryen.none);
  restoreAtEmission(binaryen, raw, module);
}

function replaceFences(binaryen: AscBinaryen, raw: RawBinaryen, module: AscModule, func: number): number {
  const { body, name } = binaryen.getFunctionInfo(func);
  const fences = new Set<unknown>();
  walkExpressions(binaryen, body, ({ ref, kind }) => {
    if (kind === "AtomicFence") fences.add(ref);
  });
  const found = fences.size;
  const place = (child: unknown, set: (call: number) => void) => {
    if (fences.delete(child)) set(module.call(STAND_IN, [], binaryen.none));
  };
  walkExpressions(binaryen, body, ({ ref, kind, info }) => {
    const children = kind === "Block" ? (info.children as number[]) : [];
    for (const [index, child] of children.entries()) {
      place(child, (call) => raw._BinaryenBlockSetChildAt(ref, index, call));
    }
    if (kind === "If") place(info.ifTrue, (call) => raw._BinaryenIfSetIfTrue(ref, call));
    if (kind === "If") place(info.ifFalse, (call) => raw._BinaryenIfSetIfFalse(ref, call));
    if (kind === "Loop") place(info.body, (call) => raw._BinaryenLoopSetBody(ref, call));
  });
  place(body, (call) => raw._BinaryenFunctionSetBody(func, call));
  if (fences.size > 0) throw new Error(`function ${name}: a fence stands in an expression, not as a statement`);
  return found;
}

/** The compiler emits without an argument while it converges, and with one when it writes the module. */
function restoreAtEmission(binaryen: AscBinaryen, raw: RawBinaryen, module: AscModule): void {
  const emit = module.emitBinary.bind(module) as (sourceMapUrl?: string | null) => never;
  module.emitBinary = ((sourceMapUrl?: string | null) => {
    if (sourceMapUrl === undefined) return emit();
    const fence = module.atomic.fence();
    raw._BinaryenAtomicFenceSetOrder(fence, raw._BinaryenMemoryOrderSeqCst());
    module.removeFunction(STAND_IN);
    module.addFunction(STAND_IN, binaryen.none, binaryen.none, [], fence);
    module.runPasses(["inlining"]);
    return emit(sourceMapUrl);
  }) as typeof module.emitBinary;
}
