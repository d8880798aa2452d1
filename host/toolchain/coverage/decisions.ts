/** Conditions of the source: what an `if`, a `for`, `?:`, `&&` or `||` decides by, down to the parts between `&&` and `||`. */

import {
  type BinaryExpression,
  type Expression,
  type ForStatement,
  type IfStatement,
  type Node,
  NodeKind,
  type ParenthesizedExpression,
  type Source,
  type TernaryExpression,
  Token,
  type UnaryPrefixExpression,
} from "assemblyscript";
import { walk } from "../walk.js";
import type { Location } from "./places.js";

export interface Condition {
  /** 1-based. */
  line: number;
  text: string;
  start: number;
  end: number;
}

/** A statement or expression that decides, and the conditions that it is made of. */
interface Decision {
  start: number;
  conditions: Condition[];
}

/** The conditions of one source, and which of them a location belongs to. */
export class Decisions {
  readonly conditions: Condition[] = [];
  private readonly decisions: Decision[] = [];

  constructor(private readonly source: Source) {
    for (const statement of source.statements) walk(statement, (node) => this.visit(node));
  }

  /** Offset of a location in the text. */
  offsetOf(location: Location): number {
    const lines = this.source.text.split("\n").slice(0, location.line - 1);
    return lines.reduce((offset, line) => offset + line.length + 1, location.column);
  }

  /** The decision that begins right here. */
  decisionAt(offset: number): Decision | undefined {
    return this.decisions.find((decision) => decision.start === offset);
  }

  /** The smallest condition around an offset. */
  conditionAround(offset: number): Condition | undefined {
    const around = this.conditions.filter((condition) => condition.start <= offset && offset < condition.end);
    return around.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
  }

  private visit(node: Node): void {
    if (node.kind === NodeKind.If) this.decide(node, (node as IfStatement).condition);
    if (node.kind === NodeKind.Ternary) this.decide(node, (node as TernaryExpression).condition);
    if (node.kind === NodeKind.For) this.decide(node, (node as ForStatement).condition);
    if (isLogical(node)) this.decide(node, node);
  }

  private decide(node: Node, condition: Expression | null): void {
    if (condition === null) return;
    const conditions = partsOf(condition, condition.range.start).map(({ part, start }) =>
      this.conditionOf(part, start),
    );
    this.decisions.push({ start: node.range.start, conditions });
  }

  private conditionOf(part: Expression, start: number): Condition {
    const { end } = part.range;
    const known = this.conditions.find((each) => each.end === end && each.start <= part.range.start);
    if (known !== undefined && this.source.text.slice(known.start, part.range.start).match(/^[!(\s]*$/)) return known;
    const text = this.source.text.slice(part.range.start, end).replace(/\s+/g, " ");
    const condition = { line: this.source.lineAt(start), text, start, end };
    this.conditions.push(condition);
    return condition;
  }
}

function isLogical(node: Node): node is BinaryExpression {
  if (node.kind !== NodeKind.Binary) return false;
  const { operator } = node as BinaryExpression;
  return operator === Token.Ampersand_Ampersand || operator === Token.Bar_Bar;
}

/** What stands between `&&` and `||`; each part begins at its own `!` and parentheses, where the compiler locates it. */
function partsOf(node: Expression, start: number): { part: Expression; start: number }[] {
  if (node.kind === NodeKind.Parenthesized) return partsOf((node as ParenthesizedExpression).expression, start);
  if (node.kind === NodeKind.UnaryPrefix && (node as UnaryPrefixExpression).operator === Token.Exclamation) {
    return partsOf((node as UnaryPrefixExpression).operand, start);
  }
  if (!isLogical(node)) return [{ part: node, start }];
  return [...partsOf(node.left, start), ...partsOf(node.right, node.right.range.start)];
}
