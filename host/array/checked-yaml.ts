/** Reads YAML against a JSON Schema, and tells every problem with its line, column and field. */

import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { Problem } from "./description.js";
import { quantity, unitHelp } from "./units.js";

/** A step into a document: name of a field, or place in a list. */
export type Path = readonly (string | number)[];

export interface CheckedYaml {
  value: unknown;
  document: Document;
  problems: Problem[];
  /** A problem at a place of the document. `atKey`: at the name of the field rather than at its value. */
  problem(path: Path, message: string, expected: string, atKey?: boolean): Problem;
}

/** `["ports", 2, "name"]` → `ports[2].name`. */
export function fieldPath(path: Path): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : text === "" ? step : `.${step}`;
  return text;
}

/** Compiles a schema with the keywords of this project: `x-unit` and `x-expected`. */
export function compileSchema(schema: object): ValidateFunction {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strictTypes: false,
    allowUnionTypes: true,
    code: { optimize: false },
  });
  ajv.addKeyword({ keyword: "x-expected", schemaType: "string" });
  ajv.addKeyword({ keyword: "x-unit", schemaType: "string", validate: withinUnitRange });
  return ajv.compile(schema);
}

/** Texts with a suffix are held to the range of their numbers; the pattern has told other texts. */
function withinUnitRange(unit: string, data: unknown, parent?: { minimum?: number; maximum?: number }): boolean {
  const value = typeof data === "string" ? quantity(data, unit) : undefined;
  if (value === undefined || parent === undefined) return true;
  return value >= (parent.minimum ?? 0) && value <= (parent.maximum ?? Number.POSITIVE_INFINITY);
}

/** Reads and checks a document; `value` is there also when there are problems, for further checks. */
export function readCheckedYaml(text: string, file: string, validate: ValidateFunction): CheckedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = [];
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problem: CheckedYaml["problem"] = (path, message, expected, atKey = false) => ({
    file,
    ...at(offsetOf(document, path, atKey)),
    field: fieldPath(path),
    message,
    expected,
  });
  for (const error of [...document.errors, ...document.warnings]) {
    problems.push({ file, ...at(error.pos[0]), field: "", message: error.message, expected: "valid YAML 1.2" });
  }
  if (document.errors.length > 0) return { value: undefined, document, problems, problem };
  const value = document.toJS({ maxAliasCount: 1000 }) as unknown;
  if (!validate(value)) {
    for (const error of validate.errors ?? []) {
      // The branches of an `if` tell their own problems.
      if (error.keyword !== "if") problems.push(problemOfError(error, value, problem));
    }
  }
  return { value, document, problems, problem };
}

/** Where a path's field or value begins; the nearest enclosing place for one that is not there. */
function offsetOf(document: Document, path: Path, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) return offset;
      const wantsKey = atKey && index === path.length - 1;
      const value = pair.value as Node | null;
      const key = pair.key as Node;
      offset = (wantsKey || value === null ? key.range?.[0] : value.range?.[0]) ?? offset;
      node = value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function pathOf(error: ErrorObject, value: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  let at: unknown = value;
  for (const raw of error.instancePath.split("/").slice(1)) {
    const step = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    const isList = Array.isArray(at);
    path.push(isList ? Number(step) : step);
    at = (at as Record<string, unknown>)[step];
  }
  return path;
}

interface SchemaNote {
  type?: string | string[];
  minimum?: number;
  maximum?: number;
  enum?: unknown[];
  description?: string;
  properties?: Record<string, SchemaNote>;
  "x-unit"?: string;
  "x-expected"?: string;
}

function problemOfError(error: ErrorObject, value: unknown, problem: CheckedYaml["problem"]): Problem {
  const path = pathOf(error, value);
  const schema = (error.parentSchema ?? {}) as SchemaNote;
  const shown = show(error.data);
  switch (error.keyword) {
    case "additionalProperties": {
      const name = String((error.params as { additionalProperty: string }).additionalProperty);
      const known = Object.keys(schema.properties ?? {});
      return problem([...path, name], `unknown field ${name}`, nearest(name, known), true);
    }
    case "required": {
      const name = String((error.params as { missingProperty: string }).missingProperty);
      const note = schema.properties?.[name];
      return problem([...path, name], `field ${name} is missing`, expectedOf(note ?? {}));
    }
    case "type":
      return problem(path, `${shown} is of the wrong type`, expectedOf(schema));
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "x-unit":
      return problem(path, `${shown} is out of range`, expectedOf(schema));
    case "minItems":
      return problem(
        path,
        "the list is empty or too short",
        schema["x-expected"] ?? `a list of at least ${error.params.limit}`,
      );
    case "minProperties":
    case "maxProperties":
    case "maxItems":
      return problem(path, `${error.message ?? error.keyword}`, expectedOf(schema));
    default:
      return problem(path, `${shown} is not right here`, expectedOf(schema));
  }
}

/** What a value of the schema would be, in words. */
function expectedOf(schema: SchemaNote): string {
  if (schema["x-expected"] !== undefined) return schema["x-expected"];
  if (schema.enum !== undefined) return `one of: ${schema.enum.map(String).join(", ")}`;
  if (schema["x-unit"] !== undefined && schema.minimum !== undefined && schema.maximum !== undefined) {
    return unitHelp(schema["x-unit"], schema.minimum, schema.maximum);
  }
  if (schema.minimum !== undefined && schema.maximum !== undefined) return `${schema.minimum} to ${schema.maximum}`;
  if (schema.minimum !== undefined) return `at least ${schema.minimum}`;
  const names: Record<string, string> = {
    object: "fields",
    array: "a list",
    string: "a text (in quotes if it looks like a number)",
    integer: "a whole number",
    number: "a number",
    boolean: "true or false",
  };
  const types = Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type];
  return types.map((type) => names[type] ?? type).join(" or ") || (schema.description ?? "");
}

function show(data: unknown): string {
  const text = JSON.stringify(data) ?? String(data);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The known fields, the likeliest first where one is near. */
function nearest(name: string, known: readonly string[]): string {
  const ranked = known.map((candidate) => ({
    candidate,
    distance: editDistance(name.toLowerCase(), candidate.toLowerCase()),
  }));
  ranked.sort((left, right) => left.distance - right.distance);
  const best = ranked[0];
  const all = `one of: ${known.join(", ")}`;
  return best !== undefined && best.distance <= Math.max(2, name.length / 3) ? `${best.candidate}? (${all})` : all;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let at = 1; at <= left.length; at++) {
    const next = [at];
    for (let to = 1; to <= right.length; to++) {
      const same = left[at - 1] === right[to - 1] ? 0 : 1;
      next.push(Math.min((row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1, (row[to - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** One line a problem: `file:line:column: field: message; expected …`. */
export function formatProblem(problem: Problem): string {
  const place =
    problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}: ` : problem.file && `${problem.file}: `;
  const field = problem.field === "" ? "" : `${problem.field}: `;
  return `${place}${field}${problem.message}; expected ${problem.expected}`;
}
