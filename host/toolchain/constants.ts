/** Compile-time constants and enums of the core, evaluated per profile. Unsigned 32-bit: what doesn't fit is an error. */

import {
  type AssertionExpression,
  type BinaryExpression,
  CommonFlags,
  type EnumDeclaration,
  type Expression,
  type IdentifierExpression,
  type IntegerLiteralExpression,
  LiteralKind,
  type LiteralExpression,
  NodeKind,
  type ParenthesizedExpression,
  type PropertyAccessExpression,
  type Source,
  type TernaryExpression,
  Token,
  type UnaryPrefixExpression,
  type VariableDeclaration,
  type VariableStatement,
} from "assemblyscript";
import type { SourceProblem } from "./problems.js";
import { docAbove, lineOf } from "./source.js";

const U32_MAX = 0xffffffff;

export interface ConstantDeclaration {
  name: string;
  doc: string;
  file: string;
  line: number;
  initializer: Expression;
}

export interface EnumMember {
  name: string;
  value: number;
  doc: string;
}

export interface EnumModel {
  name: string;
  doc: string;
  file: string;
  line: number;
  members: EnumMember[];
  /** Its members are single bits that a `flags` field combines. */
  flags: boolean;
}

/** Thrown by the evaluator where an expression has no compile-time value. */
export class NotConstant extends Error {
  constructor(
    readonly node: Expression,
    message: string,
  ) {
    super(message);
  }
}

/** The constants of a set of sources, each evaluated at most once per profile. */
export class ConstantScope {
  readonly declarations = new Map<string, ConstantDeclaration>();
  readonly enums = new Map<string, EnumModel>();
  private readonly values = new Map<string, number>();
  private readonly underWay = new Set<string>();

  /** `extra` gives values to names and calls that no source declares. */
  constructor(
    readonly problems: SourceProblem[],
    private readonly extra: (node: Expression) => number | undefined = () => undefined,
  ) {}

  /** Takes in the constants and enums of one source. */
  addSource(source: Source): void {
    for (const statement of source.statements) {
      if (statement.kind === NodeKind.Variable) this.addVariables(source, statement as VariableStatement);
      if (statement.kind === NodeKind.EnumDeclaration) this.addEnum(source, statement as EnumDeclaration);
    }
  }

  /** Value of a named constant in a profile; throws `NotConstant` where there is none. */
  value(name: string, profile: number, from: Expression): number {
    if (name === "PROFILE") return profile;
    const declaration = this.declarations.get(name);
    if (declaration === undefined) {
      const value = this.extra(from);
      if (value === undefined) throw new NotConstant(from, `unknown constant '${name}'`);
      return value;
    }
    const key = `${profile}:${name}`;
    const known = this.values.get(key);
    if (known !== undefined) return known;
    if (this.underWay.has(key)) throw new NotConstant(from, `constant '${name}' depends on itself`);
    this.underWay.add(key);
    const value = this.evaluate(declaration.initializer, profile);
    this.underWay.delete(key);
    this.values.set(key, value);
    return value;
  }

  /** Value of an expression in a profile; throws `NotConstant` with the node at fault. */
  evaluate(node: Expression, profile: number): number {
    switch (node.kind) {
      case NodeKind.Literal:
        return literalValue(node as LiteralExpression);
      case NodeKind.True:
        return 1;
      case NodeKind.False:
        return 0;
      case NodeKind.Identifier:
        return this.value((node as IdentifierExpression).text, profile, node);
      case NodeKind.Parenthesized:
        return this.evaluate((node as ParenthesizedExpression).expression, profile);
      case NodeKind.Assertion:
        return this.evaluate((node as AssertionExpression).expression, profile);
      case NodeKind.Ternary: {
        const ternary = node as TernaryExpression;
        const chosen = this.evaluate(ternary.condition, profile) !== 0 ? ternary.ifThen : ternary.ifElse;
        return this.evaluate(chosen, profile);
      }
      case NodeKind.Binary: {
        const binary = node as BinaryExpression;
        const left = this.evaluate(binary.left, profile);
        return inRange(node, applyBinary(binary, left, this.evaluate(binary.right, profile)));
      }
      case NodeKind.UnaryPrefix: {
        const unary = node as UnaryPrefixExpression;
        return inRange(node, applyUnary(unary, this.evaluate(unary.operand, profile)));
      }
      case NodeKind.PropertyAccess:
        return this.enumValue(node as PropertyAccessExpression);
      default: {
        const value = this.extra(node);
        if (value === undefined) throw new NotConstant(node, "not a compile-time constant");
        return value;
      }
    }
  }

  private enumValue(node: PropertyAccessExpression): number {
    const owner = node.expression.kind === NodeKind.Identifier ? (node.expression as IdentifierExpression).text : "";
    const member = this.enums.get(owner)?.members.find((candidate) => candidate.name === node.property.text);
    if (member === undefined) throw new NotConstant(node, `unknown enum member '${owner}.${node.property.text}'`);
    return member.value;
  }

  private addVariables(source: Source, statement: VariableStatement): void {
    for (const declaration of statement.declarations) {
      if (!declaration.is(CommonFlags.Const) || declaration.initializer === null) continue;
      this.addConstant(source, declaration, declaration.initializer, docAbove(source, statement));
    }
  }

  private addConstant(source: Source, node: VariableDeclaration, initializer: Expression, doc: string): void {
    const name = node.name.text;
    const earlier = this.declarations.get(name);
    if (earlier !== undefined) {
      const message = `constant '${name}' stands also in ${earlier.file}:${earlier.line}`;
      this.problems.push({ file: source.normalizedPath, line: lineOf(node), message, expected: "a name of its own" });
      return;
    }
    this.declarations.set(name, { name, doc, file: source.normalizedPath, line: lineOf(node), initializer });
  }

  private addEnum(source: Source, node: EnumDeclaration): void {
    const name = node.name.text;
    const file = source.normalizedPath;
    const members: EnumMember[] = [];
    const model: EnumModel = { name, doc: docAbove(source, node), file, line: lineOf(node), members, flags: false };
    if (this.enums.has(name)) {
      this.problems.push({ file, line: model.line, message: `enum '${name}' twice`, expected: "a name of its own" });
      return;
    }
    this.enums.set(name, model);
    for (const member of node.values) {
      const last = members[members.length - 1];
      const value =
        member.initializer === null ? (last?.value ?? -1) + 1 : this.enumInitializer(file, member.initializer);
      members.push({ name: member.name.text, value, doc: docAbove(source, member) });
    }
  }

  private enumInitializer(file: string, node: Expression): number {
    try {
      return this.evaluate(node, 0);
    } catch (error) {
      if (!(error instanceof NotConstant)) throw error;
      const expected = "a number, the same in every profile";
      this.problems.push({ file, line: lineOf(error.node), message: error.message, expected });
      return 0;
    }
  }
}

function literalValue(node: LiteralExpression): number {
  if (node.literalKind !== LiteralKind.Integer) throw new NotConstant(node, "not an integer");
  // The compiler keeps the literal as a 64-bit `Long`; its declared type says `i64`.
  const value = Number(String((node as IntegerLiteralExpression).value));
  return inRange(node, value);
}

function inRange(node: Expression, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= U32_MAX) return value;
  throw new NotConstant(node, `${value} is no unsigned 32-bit number`);
}

function applyUnary(node: UnaryPrefixExpression, operand: number): number {
  if (node.operator === Token.Plus) return operand;
  if (node.operator === Token.Minus) return -operand;
  if (node.operator === Token.Tilde) return ~operand >>> 0;
  if (node.operator === Token.Exclamation) return operand === 0 ? 1 : 0;
  throw new NotConstant(node, "an operator that the layout doesn't know");
}

const BINARY = new Map<Token, (left: number, right: number) => number>([
  [Token.Plus, (left, right) => left + right],
  [Token.Minus, (left, right) => left - right],
  [Token.Asterisk, (left, right) => left * right],
  [Token.Slash, (left, right) => (right === 0 ? Number.NaN : Math.floor(left / right))],
  [Token.Percent, (left, right) => (right === 0 ? Number.NaN : left % right)],
  [Token.LessThan_LessThan, (left, right) => left * 2 ** (right & 31)],
  [Token.GreaterThan_GreaterThan, (left, right) => left >>> (right & 31)],
  [Token.GreaterThan_GreaterThan_GreaterThan, (left, right) => left >>> (right & 31)],
  [Token.Ampersand, (left, right) => (left & right) >>> 0],
  [Token.Bar, (left, right) => (left | right) >>> 0],
  [Token.Caret, (left, right) => (left ^ right) >>> 0],
  [Token.Equals_Equals, (left, right) => Number(left === right)],
  [Token.Exclamation_Equals, (left, right) => Number(left !== right)],
  [Token.LessThan, (left, right) => Number(left < right)],
  [Token.LessThan_Equals, (left, right) => Number(left <= right)],
  [Token.GreaterThan, (left, right) => Number(left > right)],
  [Token.GreaterThan_Equals, (left, right) => Number(left >= right)],
  [Token.Ampersand_Ampersand, (left, right) => (left === 0 ? 0 : right)],
  [Token.Bar_Bar, (left, right) => (left === 0 ? right : left)],
]);

function applyBinary(node: BinaryExpression, left: number, right: number): number {
  const apply = BINARY.get(node.operator);
  if (apply === undefined) throw new NotConstant(node, "an operator that the layout doesn't know");
  return apply(left, right);
}
