/** Reads row classes and the marks on them: `@table`, `@field`, `@knob`, `@deadlines`, `@changed`, `@planned`. */

import {
  type ClassDeclaration,
  CommonFlags,
  type DecoratorNode,
  type Expression,
  type FieldDeclaration,
  type IdentifierExpression,
  LiteralKind,
  type LiteralExpression,
  type NamedTypeNode,
  NodeKind,
  type Source,
  type StringLiteralExpression,
} from "assemblyscript";
import type { ConstantScope } from "./constants.js";
import { evaluateOr } from "./evaluate.js";
import { checkRowClass } from "./mark-checks.js";
import { CLASS_KINDS, type ClassKind, type Field, type Knob, PROFILES, type RowClass } from "./model.js";
import type { SourceProblem } from "./problems.js";
import { FIELD_SIZES, type FieldType, ROLES } from "./roles.js";
import { docAbove, docOfFile, lineOf } from "./source.js";

/** Everything that reading one class needs. */
interface Reader {
  source: Source;
  scope: ConstantScope;
  /** A problem in this file. */
  report(line: number, message: string, expected: string): void;
  add(problem: SourceProblem): void;
}

/** All row classes, in the order of the files and of the text. */
export function readRowClasses(
  sources: readonly Source[],
  scope: ConstantScope,
  problems: SourceProblem[],
): RowClass[] {
  const classes: RowClass[] = [];
  for (const source of sources) {
    const file = source.normalizedPath;
    const report = (line: number, message: string, expected: string) => {
      problems.push({ file, line, message, expected });
    };
    const reader: Reader = { source, scope, report, add: (problem) => problems.push(problem) };
    for (const statement of source.statements) {
      if (statement.kind !== NodeKind.ClassDeclaration) continue;
      const row = readRowClass(reader, statement as ClassDeclaration, classes.length);
      if (row === undefined) continue;
      checkRowClass(row, classes, scope, report);
      classes.push(row);
    }
  }
  return classes;
}

function readRowClass(reader: Reader, node: ClassDeclaration, number: number): RowClass | undefined {
  const table = decoratorOf(node.decorators, "table");
  const line = lineOf(node.name);
  const name = node.name.text;
  if (table === undefined) {
    reader.report(line, `class ${name} has no @table`, '@table("name", kind, CAPACITY)');
    return undefined;
  }
  if (decoratorOf(node.decorators, "unmanaged") === undefined) {
    reader.report(line, `class ${name} has no @unmanaged`, "@unmanaged: its bytes are the table's own");
  }
  if (!node.is(CommonFlags.Export)) reader.report(line, `class ${name} isn't exported`, "export class");
  const [tableName, kind, capacity] = table.args ?? [];
  const fields = readFields(reader, node);
  const planned = decoratorOf(node.decorators, "planned")?.args?.[0];
  const row: RowClass = {
    name,
    number,
    tableName: textOf(tableName) ?? "",
    kind: readKind(reader, line, textOf(kind)),
    capacityName: capacity?.kind === NodeKind.Identifier ? (capacity as IdentifierExpression).text : "",
    capacities: PROFILES.map((_, profile) => readNumber(reader, line, "capacity of @table", capacity, profile)),
    deadlines: decoratorOf(node.decorators, "deadlines") !== undefined,
    changed: decoratorOf(node.decorators, "changed") !== undefined,
    doc: docAbove(reader.source, node) || docOfFile(reader.source),
    fields,
    stride: fields.reduce((end, field) => Math.max(end, field.offset + field.size), 0),
    file: reader.source.normalizedPath,
    line,
  };
  if (planned !== undefined) row.planned = textOf(planned) ?? "";
  return row;
}

function readKind(reader: Reader, line: number, kind: string | undefined): ClassKind {
  const known = CLASS_KINDS.find((candidate) => candidate === kind);
  if (known !== undefined) return known;
  reader.report(line, `unknown kind of table '${kind ?? ""}'`, CLASS_KINDS.join(", "));
  return "state";
}

function readFields(reader: Reader, node: ClassDeclaration): Field[] {
  const fields: Field[] = [];
  let end = 0;
  for (const member of node.members) {
    if (member.kind !== NodeKind.FieldDeclaration || member.is(CommonFlags.Static)) continue;
    const field = readField(reader, member as FieldDeclaration, end);
    if (field === undefined) continue;
    end = field.offset + field.size;
    fields.push(field);
  }
  return fields;
}

function readField(reader: Reader, node: FieldDeclaration, end: number): Field | undefined {
  const line = lineOf(node.name);
  const name = node.name.text;
  const typeName = node.type?.kind === NodeKind.NamedType ? (node.type as NamedTypeNode).name.identifier.text : "";
  if (!(typeName in FIELD_SIZES)) {
    reader.report(line, `field ${name} has type '${typeName}'`, Object.keys(FIELD_SIZES).join(", "));
    return undefined;
  }
  const type = typeName as FieldType;
  const size = FIELD_SIZES[type];
  // AssemblyScript aligns each field to its own size.
  const offset = Math.ceil(end / size) * size;
  if (offset !== end) {
    const message = `field ${name} leaves ${offset - end} unnamed bytes at ${end}`;
    reader.report(line, message, `a field before it of role "pad" that makes its offset a multiple of ${size}`);
  }
  const fieldMark = decoratorOf(node.decorators, "field");
  const knobMark = decoratorOf(node.decorators, "knob");
  if ((fieldMark === undefined) === (knobMark === undefined)) {
    reader.report(line, `field ${name} has ${fieldMark ? "both @field and @knob" : "no mark"}`, "@field or @knob");
    return undefined;
  }
  const role = fieldMark === undefined ? "knob" : (textOf(fieldMark.args?.[0]) ?? "");
  const doc = docAbove(reader.source, node) || (ROLES[role]?.doc ?? "");
  const field: Field = { name, type, size, offset, role, doc, line };
  const reference = textOf(fieldMark?.args?.[1]);
  if (reference !== undefined) field.reference = reference;
  if (knobMark !== undefined) field.knob = readKnob(reader, line, knobMark);
  return field;
}

function readKnob(reader: Reader, line: number, mark: DecoratorNode): Knob {
  const [unit, min, max, standard] = mark.args ?? [];
  const text = textOf(unit);
  if (text === undefined || standard === undefined || mark.args?.length !== 4) {
    reader.report(line, "@knob is incomplete", "@knob(unit, min, max, default)");
  }
  return {
    unit: text ?? "",
    min: readNumber(reader, line, "least value of @knob", min, 0),
    max: readNumber(reader, line, "largest value of @knob", max, 0),
    default: readNumber(reader, line, "default of @knob", standard, 0),
  };
}

function readNumber(reader: Reader, line: number, what: string, node: Expression | undefined, profile: number): number {
  if (node === undefined) {
    reader.report(line, `${what} is missing`, "a compile-time constant");
    return 0;
  }
  const problems: SourceProblem[] = [];
  const value = evaluateOr(reader.scope, node, profile, problems);
  // The fault may lie in a constant of another file.
  for (const problem of problems) reader.add({ ...problem, message: `${what}: ${problem.message}` });
  return value;
}

function decoratorOf(decorators: readonly DecoratorNode[] | null, name: string): DecoratorNode | undefined {
  return decorators?.find(
    (decorator) =>
      decorator.name.kind === NodeKind.Identifier && (decorator.name as IdentifierExpression).text === name,
  );
}

function textOf(node: Expression | undefined): string | undefined {
  if (node?.kind !== NodeKind.Literal || (node as LiteralExpression).literalKind !== LiteralKind.String)
    return undefined;
  return (node as StringLiteralExpression).value;
}
