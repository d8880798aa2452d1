/**
 * Bounded loops: each loop of the core is a `for` whose variable steps by a constant towards a compile-time constant
 * and isn't assigned in the body. Checked on the syntax tree, so that the bound is there in the source.
 */

import {
  type BinaryExpression,
  type CallExpression,
  type Expression,
  type ForStatement,
  type IdentifierExpression,
  type NamedTypeNode,
  type Node,
  NodeKind,
  type ParameterNode,
  type ParenthesizedExpression,
  type Source,
  Token,
  type UnaryPostfixExpression,
  type UnaryPrefixExpression,
  type VariableDeclaration,
  type VariableStatement,
} from "assemblyscript";
import { ConstantScope, NotConstant } from "./constants.js";
import type { SourceProblem } from "./problems.js";
import { lineOf } from "./source.js";
import { walk } from "./walk.js";

const EXPECTED = "for (let i: u32 = …; i < CONSTANT; i++) with a constant step and no assignment to i in the body";
const PROFILE_COUNT = 3;
/** No row class is larger: what `offsetof<T>()` is taken for where T is a type parameter. */
const ROW_BYTES_MAX = 65536;

/** What names mean in the bounds of one source's loops. */
export interface LoopContext {
  /** All sources of the core: their exported constants may be imported. */
  sources: readonly Source[];
  /** Constants that the transform adds. */
  injected: ReadonlyMap<string, number>;
}

interface Names {
  constants: ConstantScope;
  /** Parameters and local variables of the source: never a compile-time constant, whatever their name. */
  locals: ReadonlySet<string>;
}

interface Loop {
  variable: VariableDeclaration;
  body: Node;
  step: number;
  /** Comparison of the condition, the variable on its left. */
  operator: Token;
  bound: Expression;
}

/** Every loop of a source that breaks the rule, with file, line and function. */
export function checkLoops(source: Source, context: LoopContext): SourceProblem[] {
  const problems: SourceProblem[] = [];
  const names = { constants: constantsOf(source, context), locals: localsOf(source) };
  for (const statement of source.statements) {
    walk(statement, (node, owner) => {
      const fault = loopFault(node, names);
      if (fault === undefined) return;
      const message = `loop in ${owner}: ${fault}`;
      problems.push({ file: source.normalizedPath, line: lineOf(node), message, expected: EXPECTED });
    });
  }
  return problems;
}

/** Constants as the source sees them: its own first, then those of the other sources. */
function constantsOf(source: Source, context: LoopContext): ConstantScope {
  const others = context.sources.filter((other) => other !== source);
  const scope = new ConstantScope([], (node) => {
    const identifier = node.kind === NodeKind.Identifier ? (node as IdentifierExpression).text : undefined;
    if (identifier !== undefined) return context.injected.get(identifier);
    return isTypeSize(node) ? ROW_BYTES_MAX : undefined;
  });
  for (const each of [source, ...others]) scope.addSource(each);
  return scope;
}

function localsOf(source: Source): Set<string> {
  const names = new Set<string>();
  for (const statement of source.statements) {
    if (statement.kind === NodeKind.Variable) continue;
    walk(statement, (node) => {
      if (node.kind === NodeKind.VariableDeclaration) names.add((node as VariableDeclaration).name.text);
      if (node.kind === NodeKind.Parameter) names.add((node as ParameterNode).name.text);
    });
  }
  return names;
}

function isTypeSize(node: Expression): boolean {
  if (node.kind !== NodeKind.Call) return false;
  const call = node as CallExpression;
  const callee = call.expression.kind === NodeKind.Identifier ? (call.expression as IdentifierExpression).text : "";
  return (callee === "offsetof" || callee === "sizeof") && call.args.length === 0;
}

function loopFault(node: Node, names: Names): string | undefined {
  if (node.kind === NodeKind.While) return "a while loop";
  if (node.kind === NodeKind.Do) return "a do loop";
  if (node.kind === NodeKind.ForOf) return "a for-of loop";
  if (node.kind !== NodeKind.For) return undefined;
  const loop = readLoop(node as ForStatement, names);
  if (typeof loop === "string") return loop;
  return boundFault(loop, names) ?? assignmentFault(loop);
}

function readLoop(node: ForStatement, names: Names): Loop | string {
  const variable = loopVariable(node);
  if (variable === undefined) return "it doesn't declare one variable of its own";
  const condition = node.condition === null ? undefined : bare(node.condition);
  if (condition?.kind !== NodeKind.Binary) return "its condition is no comparison with a constant";
  const { left, operator, right } = condition as BinaryExpression;
  if (!isName(left, variable.name.text)) return "its condition doesn't compare its variable";
  const step = stepOf(node.incrementor, variable.name.text, names);
  if (step === undefined) return "its variable doesn't step by a constant";
  return { variable, body: node.body, step, operator, bound: right };
}

function loopVariable(node: ForStatement): VariableDeclaration | undefined {
  if (node.initializer?.kind !== NodeKind.Variable) return undefined;
  const { declarations } = node.initializer as VariableStatement;
  return declarations.length === 1 ? declarations[0] : undefined;
}

/** Signed step of `i++`, `i--`, `i += c` and `i -= c`; undefined for anything else. */
function stepOf(node: Expression | null, name: string, names: Names): number | undefined {
  if (node?.kind === NodeKind.UnaryPostfix || node?.kind === NodeKind.UnaryPrefix) {
    const { operator, operand } = node as UnaryPostfixExpression | UnaryPrefixExpression;
    if (!isName(operand, name)) return undefined;
    return operator === Token.Plus_Plus ? 1 : operator === Token.Minus_Minus ? -1 : undefined;
  }
  if (node?.kind !== NodeKind.Binary) return undefined;
  const { operator, left, right } = node as BinaryExpression;
  const sign = operator === Token.Plus_Equals ? 1 : operator === Token.Minus_Equals ? -1 : 0;
  const size = valueIn(right, names, 0);
  return sign === 0 || !isName(left, name) || !size ? undefined : sign * size;
}

/** The bound must be reached before the variable goes round, in every profile. */
function boundFault(loop: Loop, names: Names): string | undefined {
  const { operator, step } = loop;
  const up = operator === Token.LessThan || operator === Token.LessThan_Equals;
  const down = operator === Token.GreaterThan || operator === Token.GreaterThan_Equals;
  if (!up && !down) return "its condition is none of < <= > >=";
  if (up !== step > 0) return "its variable steps away from the bound";
  const inclusive = operator === Token.LessThan_Equals || operator === Token.GreaterThan_Equals;
  for (let profile = 0; profile < PROFILE_COUNT; profile++) {
    const bound = valueIn(loop.bound, names, profile);
    if (bound === undefined) return "its bound is no compile-time constant";
    // The last value that passes the condition, one step on, must still fit the variable's type.
    const last = bound + (inclusive ? 0 : up ? -1 : 1) + step;
    const { least, largest } = rangeOfType(loop.variable);
    if (last > largest || last < least) return `its variable goes round before it passes ${bound}`;
  }
  return undefined;
}

function rangeOfType(variable: VariableDeclaration): { least: number; largest: number } {
  const named = variable.type?.kind === NodeKind.NamedType ? (variable.type as NamedTypeNode) : undefined;
  const type = named?.name.identifier.text ?? "i32";
  const bits = Number(/\d+$/.exec(type)?.[0] ?? 32);
  if (type.startsWith("u")) return { least: 0, largest: 2 ** bits - 1 };
  return { least: -(2 ** (bits - 1)), largest: 2 ** (bits - 1) - 1 };
}

function assignmentFault(loop: Loop): string | undefined {
  const name = loop.variable.name.text;
  let fault: string | undefined;
  walk(loop.body, (node) => {
    if (assigns(node, name)) fault = `its variable ${name} is assigned in the body, line ${lineOf(node)}`;
  });
  return fault;
}

function assigns(node: Node, name: string): boolean {
  if (node.kind === NodeKind.UnaryPostfix || node.kind === NodeKind.UnaryPrefix) {
    const { operator, operand } = node as UnaryPostfixExpression | UnaryPrefixExpression;
    return (operator === Token.Plus_Plus || operator === Token.Minus_Minus) && isName(operand, name);
  }
  if (node.kind !== NodeKind.Binary) return false;
  const { operator, left } = node as BinaryExpression;
  return ASSIGNMENTS.has(operator) && isName(left, name);
}

const ASSIGNMENTS: ReadonlySet<Token> = new Set([
  Token.Equals,
  Token.Plus_Equals,
  Token.Minus_Equals,
  Token.Asterisk_Equals,
  Token.Asterisk_Asterisk_Equals,
  Token.Slash_Equals,
  Token.Percent_Equals,
  Token.LessThan_LessThan_Equals,
  Token.GreaterThan_GreaterThan_Equals,
  Token.GreaterThan_GreaterThan_GreaterThan_Equals,
  Token.Ampersand_Equals,
  Token.Bar_Equals,
  Token.Caret_Equals,
]);

function valueIn(node: Expression, names: Names, profile: number): number | undefined {
  let local = false;
  walk(node, (part) => {
    local ||= part.kind === NodeKind.Identifier && names.locals.has((part as IdentifierExpression).text);
  });
  if (local) return undefined;
  try {
    return names.constants.evaluate(node, profile);
  } catch (error) {
    if (error instanceof NotConstant) return undefined;
    throw error;
  }
}

function isName(node: Expression, name: string): boolean {
  const inner = bare(node);
  return inner.kind === NodeKind.Identifier && (inner as IdentifierExpression).text === name;
}

function bare(node: Expression): Expression {
  return node.kind === NodeKind.Parenthesized ? bare((node as ParenthesizedExpression).expression) : node;
}
