/**
 * Instruments a module by binaryen right before it is written: after all optimization, when the code is the one that
 * ships and binaryen still knows the source of each expression. Each statement is preceded by a call of a function of
 * its own, each condition passes through one. These functions set bits in globals that the host gives: the module's
 * memory stays as it is, and a bit costs little.
 */

import type { Transform } from "assemblyscript/asc";
import { kindOf, walkExpressions } from "../expressions.js";
import { BRANCH_FUNCTION, bitOf, LINE_FUNCTION, type Places, readPlaces } from "./places.js";

type AscBinaryen = Transform["binaryen"];
type AscModule = Parameters<NonNullable<Transform["afterCompile"]>>[0];

interface RawBinaryen {
  _BinaryenBlockInsertChildAt(block: number, index: number, child: number): void;
  _BinaryenIfSetIfTrue(expression: number, child: number): void;
  _BinaryenIfSetIfFalse(expression: number, child: number): void;
  _BinaryenIfSetCondition(expression: number, child: number): void;
  _BinaryenBreakSetCondition(expression: number, child: number): void;
  _BinaryenSelectSetCondition(expression: number, child: number): void;
  _BinaryenLoopSetBody(expression: number, child: number): void;
  _BinaryenFunctionSetBody(func: number, body: number): void;
}

/** A transform for the compiler that hands over the places of its counters. It must be the last one. */
export function coverageTransform(take: (places: Places) => void): new () => object {
  return class {
    declare readonly binaryen: AscBinaryen;

    afterCompile(module: AscModule): void {
      const emit = module.emitBinary.bind(module) as (sourceMapUrl?: string | null) => never;
      module.emitBinary = ((sourceMapUrl?: string | null) => {
        if (sourceMapUrl === undefined) return emit();
        const instrumenter = new Instrumenter(this.binaryen, module);
        instrumenter.run();
        take(readPlaces(module.emitText()));
        instrumenter.defineCounters();
        return emit(sourceMapUrl);
      }) as typeof module.emitBinary;
    }
  };
}

class Instrumenter {
  private readonly raw: RawBinaryen;
  private lines = 0;
  private branches = 0;

  constructor(
    private readonly binaryen: AscBinaryen,
    private readonly module: AscModule,
  ) {
    this.raw = binaryen as unknown as RawBinaryen;
  }

  run(): void {
    const { binaryen, module } = this;
    const count = module.getNumFunctions();
    const functions = Array.from({ length: count }, (_, index) => module.getFunctionByIndex(index));
    for (const func of functions) this.instrument(func);
    // Imported for the time being: the text is read for what was put in, not for what the functions do.
    const [none, i32] = [binaryen.none, binaryen.i32];
    this.eachCounter((name, isBranch) => {
      module.addFunctionImport(name, "coverage", name, isBranch ? i32 : none, isBranch ? i32 : none);
    });
  }

  /** Gives every counter its body: line `n` sets one bit, branch `n` the first or the second of two. */
  defineCounters(): void {
    const { binaryen, module } = this;
    const words = new Set<number>();
    const set = (word: number, bits: number) => {
      if (!words.has(word)) module.addGlobalImport(`coverage.${word}`, "coverage", String(word), binaryen.i64, true);
      words.add(word);
      const before = module.global.get(`coverage.${word}`, binaryen.i64);
      return module.global.set(`coverage.${word}`, module.i64.or(before, bits));
    };
    this.eachCounter((name, isBranch, id) => {
      const { word, bit } = bitOf(isBranch, id, this.lines);
      // The package takes one bigint; its types still say two numbers.
      const one = (module.i64.const as unknown as (value: bigint) => number)(BigInt.asIntN(64, 1n << BigInt(bit)));
      module.removeFunction(name);
      if (!isBranch) {
        module.addFunction(name, binaryen.none, binaryen.none, [], set(word, one));
        return;
      }
      const condition = () => module.local.get(0, binaryen.i32);
      const outcome = module.i64.extend_u(module.i32.ne(condition(), module.i32.const(0)));
      const body = [set(word, module.i64.shl(one, outcome)), condition()];
      module.addFunction(name, binaryen.i32, binaryen.i32, [], module.block(null, body, binaryen.i32));
    });
  }

  private eachCounter(visit: (name: string, isBranch: boolean, id: number) => void): void {
    for (let id = 0; id < this.lines; id++) visit(`${LINE_FUNCTION}${id}`, false, id);
    for (let id = 0; id < this.branches; id++) visit(`${BRANCH_FUNCTION}${id}`, true, id);
  }

  private instrument(func: number): void {
    const { body } = this.binaryen.getFunctionInfo(func);
    if (body === 0) return;
    for (const { ref, kind } of this.expressionsOf(body)) this.watchCondition(ref, kind);
    // Walked anew: conditions have other parents now.
    const expressions = this.expressionsOf(body);
    this.raw._BinaryenFunctionSetBody(func, this.marked(body));
    for (const { ref, kind } of expressions) this.markParts(ref, kind);
  }

  private expressionsOf(body: number): { ref: number; kind: string }[] {
    const found: { ref: number; kind: string }[] = [];
    walkExpressions(this.binaryen, body, ({ ref, kind }) => found.push({ ref, kind }));
    return found;
  }

  /** What an expression holds now: earlier steps may have put others in the place of those first found. */
  private partOf(ref: number, name: string): number {
    const info = this.binaryen.getExpressionInfo(ref) as unknown as Record<string, number>;
    return info[name] ?? 0;
  }

  private watchCondition(ref: number, kind: string): void {
    if (!["If", "Break", "Select"].includes(kind)) return;
    const condition = this.partOf(ref, "condition");
    if (condition === 0) return;
    const watched = this.watched(condition);
    if (kind === "If") this.raw._BinaryenIfSetCondition(ref, watched);
    if (kind === "Break") this.raw._BinaryenBreakSetCondition(ref, watched);
    if (kind === "Select") this.raw._BinaryenSelectSetCondition(ref, watched);
  }

  /** The condition seen; of `a && b`, which is an `if` with a value, `b` is seen here and `a` as that one's condition. */
  private watched(condition: number): number {
    const kind = kindOf(this.binaryen, condition);
    if (kind === "Const") return condition;
    if (kind === "If") {
      this.raw._BinaryenIfSetIfTrue(condition, this.watched(this.partOf(condition, "ifTrue")));
      this.raw._BinaryenIfSetIfFalse(condition, this.watched(this.partOf(condition, "ifFalse")));
      return condition;
    }
    const { module, binaryen } = this;
    return module.call(`${BRANCH_FUNCTION}${this.branches++}`, [condition], binaryen.i32);
  }

  private markParts(ref: number, kind: string): void {
    if (kind === "Block") this.markChildren(ref);
    if (kind === "Loop") this.raw._BinaryenLoopSetBody(ref, this.marked(this.partOf(ref, "body")));
    if (kind !== "If") return;
    this.raw._BinaryenIfSetIfTrue(ref, this.marked(this.partOf(ref, "ifTrue")));
    const ifFalse = this.partOf(ref, "ifFalse");
    if (ifFalse !== 0) this.raw._BinaryenIfSetIfFalse(ref, this.marked(ifFalse));
  }

  private markChildren(block: number): void {
    const { children } = this.binaryen.getExpressionInfo(block) as unknown as { children: number[] };
    for (let index = children.length - 1; index >= 0; index--) {
      this.raw._BinaryenBlockInsertChildAt(block, index, this.mark());
    }
  }

  /** The expression behind a mark. A block marks its children itself. */
  private marked(ref: number): number {
    if (kindOf(this.binaryen, ref) === "Block") return ref;
    return this.module.block(null, [this.mark(), ref], this.binaryen.getExpressionType(ref));
  }

  private mark(): number {
    const { module, binaryen } = this;
    return module.call(`${LINE_FUNCTION}${this.lines++}`, [], binaryen.none);
  }
}
