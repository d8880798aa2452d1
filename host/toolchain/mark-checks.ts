/** Checks on the marks of one row class. */

import type { ConstantScope } from "./constants.js";
import type { Field, RowClass } from "./model.js";
import { capacityOfReference, RESERVED_NAMES, ROLES } from "./roles.js";

type Report = (line: number, message: string, expected: string) => void;

/** Reports everything that is wrong in a row class, by itself and against the classes before it. */
export function checkRowClass(row: RowClass, earlier: readonly RowClass[], scope: ConstantScope, report: Report): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(row.tableName)) {
    report(row.line, `table name '${row.tableName}' of ${row.name}`, "a name in kebab-case");
  }
  if (earlier.some((other) => other.tableName === row.tableName || other.name === row.name)) {
    report(row.line, `table '${row.tableName}' or class ${row.name} stands twice`, "names of their own");
  }
  if (row.changed && row.kind !== "state") {
    report(row.line, `@changed on the ${row.kind} table ${row.name}`, "a state table: others have changed bits anyway");
  }
  if (row.fields.length === 0) report(row.line, `row class ${row.name} has no field`, "at least one field");
  for (const field of row.fields) checkField(row, field, scope, report);
  checkStride(row, report);
  checkNames(row, report);
}

/** Directory and lists of checks name a field by one byte. */
const ROW_BYTES_MAX = 256;

function checkStride(row: RowClass, report: Report): void {
  if (row.stride > ROW_BYTES_MAX) {
    report(row.line, `${row.name} is ${row.stride} bytes long`, `at most ${ROW_BYTES_MAX} bytes`);
  }
  // Check words are summed over 64-bit words.
  const isSealed = row.fields.some((field) => field.role === "check");
  const widest = row.fields.reduce((size, field) => Math.max(size, field.size), isSealed ? 8 : 1);
  if (row.stride % widest === 0) return;
  const missing = widest - (row.stride % widest);
  const message = `${row.name} is ${row.stride} bytes long, no multiple of ${widest}, its widest field or the word of its check`;
  report(row.line, message, `${missing} more bytes of role "pad" at its end`);
}

function checkNames(row: RowClass, report: Report): void {
  const seen = new Set<string>();
  for (const field of row.fields) {
    if (seen.has(field.name)) report(field.line, `field ${field.name} stands twice`, "names of their own");
    seen.add(field.name);
    if (!RESERVED_NAMES.has(field.name)) continue;
    report(field.line, `field name ${field.name} of ${row.name}`, "a name that neither the views nor C reserve");
  }
  if (row.kind === "latched" && row.fields[0]?.role !== "sequenceWord") {
    report(row.line, `latched row ${row.name} begins without a sequence word`, 'first field @field("sequenceWord")');
  }
}

function checkField(row: RowClass, field: Field, scope: ConstantScope, report: Report): void {
  const rule = ROLES[field.role];
  if (rule === undefined) {
    report(field.line, `field ${field.name} has the unknown role '${field.role}'`, Object.keys(ROLES).join(", "));
    return;
  }
  if (!rule.types.includes(field.type)) {
    report(field.line, `field ${field.name} of role ${field.role} has type ${field.type}`, rule.types.join(" or "));
  }
  if (field.knob !== undefined) checkKnob(row, field, report);
  if (rule.reference === "none" && field.reference !== undefined) {
    report(field.line, `role ${field.role} of ${field.name} takes no reference`, `@field("${field.role}")`);
  }
  if (rule.reference === "enum") checkEnum(field, scope, report);
  if (rule.reference === "rows") checkRows(field, scope, report);
}

function checkKnob(row: RowClass, field: Field, report: Report): void {
  const knob = field.knob;
  if (knob === undefined) return;
  if (row.kind !== "configuration") {
    report(field.line, `knob ${field.name} in the ${row.kind} table ${row.name}`, "knobs in configuration tables only");
  }
  const largest = 2 ** (field.size * 8) - 1;
  if (knob.max > largest) report(field.line, `largest value ${knob.max} of ${field.name}`, `at most ${largest}`);
  if (knob.min > knob.max) report(field.line, `range ${knob.min} to ${knob.max} of ${field.name}`, "least value first");
  if (knob.default < knob.min || knob.default > knob.max) {
    report(field.line, `default ${knob.default} of ${field.name}`, `a value from ${knob.min} to ${knob.max}`);
  }
}

function checkEnum(field: Field, scope: ConstantScope, report: Report): void {
  const model = scope.enums.get(field.reference ?? "");
  if (model === undefined) {
    const known = [...scope.enums.keys()].join(", ");
    report(field.line, `field ${field.name} refers to the unknown enum '${field.reference ?? ""}'`, `one of ${known}`);
    return;
  }
  const largest = Math.max(0, ...model.members.map((member) => member.value));
  if (largest >= 2 ** (field.size * 8)) {
    report(field.line, `${model.name} has the value ${largest}, ${field.name} is ${field.type}`, "a wider field");
  }
  if (field.role !== "flags") return;
  model.flags = true;
  for (const member of model.members) {
    if (member.value !== 0 && (member.value & (member.value - 1)) === 0) continue;
    report(field.line, `flag ${model.name}.${member.name} is ${member.value}`, "a power of two");
  }
}

function checkRows(field: Field, scope: ConstantScope, report: Report): void {
  const reference = field.reference;
  if (reference !== undefined && scope.declarations.has(capacityOfReference(reference))) return;
  const known = [...scope.declarations.keys()]
    .filter((name) => name.endsWith("_MAX"))
    .map((name) => name.slice(0, -4).replaceAll("_", "-").toLowerCase());
  const message = `field ${field.name} refers to unknown rows '${reference ?? ""}'`;
  report(field.line, message, `controller, subject or one of ${known.join(", ")}`);
}
