/**
 * What is inlined beyond the compiler's own choice.
 *
 * `@hot` in the comment above a function says that a busy tick calls it for every row. The profiles for controllers
 * inline it, since V8 inlines no function of a module by itself; the small profile, where bytes count, calls it.
 */

import { type FunctionDeclaration, Node, NodeKind, type Source } from "assemblyscript";
import type { Transform } from "assemblyscript/asc";
import { docAbove } from "./source.js";

type AscBinaryen = Transform["binaryen"];
type AscModule = Parameters<NonNullable<Transform["afterCompile"]>>[0];

/** Gives the hot functions of a source the compiler's `@inline`, in all profiles but the small one. */
export function inlineHot(source: Source, profile: number): void {
  if (profile === 0) return;
  for (const statement of source.statements) {
    if (statement.kind !== NodeKind.FunctionDeclaration || !docAbove(source, statement).includes("@hot")) continue;
    const { range } = statement;
    const mark = Node.createDecorator(Node.createIdentifierExpression("inline", range), null, range);
    const declaration = statement as FunctionDeclaration;
    declaration.decorators = [...(declaration.decorators ?? []), mark];
  }
}

/** More than the largest function of the core. */
const NO_LIMIT = 1 << 20;

/** Inlines every function of one caller, too: the compiler leaves larger ones, at the cost of bytes and calls. */
export function inlineOneCallers(binaryen: AscBinaryen, module: AscModule): void {
  const run = module.runPasses.bind(module);
  // The compiler runs further passes, here none, after each round of its own, in which it sets limits of its own.
  module.runPasses = (passes) => {
    binaryen.setOneCallerInlineMaxSize(NO_LIMIT);
    run([...passes, "inlining-optimizing"]);
  };
}
