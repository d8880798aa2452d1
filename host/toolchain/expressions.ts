/** Walks expressions of a binaryen module: the compiler's own one and the npm package's are two instances. */

/** What both instances of binaryen offer for it. */
export interface Binaryen {
  getExpressionId(expression: number): number;
  getExpressionInfo(expression: number): object;
}

/** Expressions that each kind holds. Kinds that aren't named here are none of the core's: nothing descends into them. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  Block: ["children"],
  If: ["condition", "ifTrue", "ifFalse"],
  Loop: ["body"],
  Break: ["value", "condition"],
  Switch: ["value", "condition"],
  Call: ["operands"],
  CallIndirect: ["operands", "target"],
  LocalGet: [],
  LocalSet: ["value"],
  GlobalGet: [],
  GlobalSet: ["value"],
  Load: ["ptr"],
  Store: ["ptr", "value"],
  Const: [],
  Unary: ["value"],
  Binary: ["left", "right"],
  Select: ["ifTrue", "ifFalse", "condition"],
  Drop: ["value"],
  Return: ["value"],
  MemorySize: [],
  MemoryGrow: ["delta"],
  Nop: [],
  Unreachable: [],
  AtomicCmpxchg: ["ptr", "expected", "replacement"],
  AtomicRMW: ["ptr", "value"],
  AtomicWait: ["ptr", "expected", "timeout"],
  AtomicNotify: ["ptr", "notifyCount"],
  AtomicFence: [],
  MemoryCopy: ["dest", "source", "size"],
  MemoryFill: ["dest", "value", "size"],
};

export interface VisitedExpression {
  ref: number;
  /** Name of its kind in binaryen: "Load", "Call" …; "kind N" for one that binaryen doesn't name. */
  kind: string;
  /** What binaryen tells of it; empty for kinds that aren't walked. */
  info: Readonly<Record<string, unknown>>;
}

/** Name of an expression's kind, as `walkExpressions` gives it. */
export function kindOf(binaryen: Binaryen, ref: number): string {
  const id = binaryen.getExpressionId(ref);
  return kindNames(binaryen).get(id) ?? `kind ${id}`;
}

/** Calls `visit` on an expression and everything beneath it, outer ones first. */
export function walkExpressions(
  binaryen: Binaryen,
  root: number,
  visit: (expression: VisitedExpression) => void,
): void {
  const names = kindNames(binaryen);
  const stack = [root];
  for (let ref = stack.pop(); ref !== undefined; ref = stack.pop()) {
    if (ref === 0) continue;
    const id = binaryen.getExpressionId(ref);
    const kind = names.get(id) ?? `kind ${id}`;
    const children = CHILDREN[kind];
    // binaryen throws where a kind has nothing to tell.
    const silent = children === undefined || kind === "Nop" || kind === "Unreachable";
    const info = silent ? {} : (binaryen.getExpressionInfo(ref) as Record<string, unknown>);
    visit({ ref, kind, info });
    for (const name of [...(children ?? [])].reverse()) {
      const child = info[name];
      if (Array.isArray(child)) stack.push(...child.slice().reverse());
      else if (typeof child === "number") stack.push(child);
    }
  }
}

function kindNames(binaryen: Binaryen): Map<number, string> {
  const ids = (binaryen as Binaryen & { ExpressionIds: Record<string, number> }).ExpressionIds;
  return new Map(Object.entries(ids).map(([name, id]) => [id, name]));
}
