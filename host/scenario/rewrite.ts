/** Writes what was seen into the expectations of a scenario file; comments and everything else stay. */

import { type Document, isCollection, isMap, isSeq, parseDocument, type YAMLSeq } from "yaml";
import { align } from "./compare.js";
import type { DecisionExpectation, ScenarioCase } from "./description.js";
import type { CaseResult, SeenDecision, SeenState } from "./result.js";

type Path = readonly (string | number)[];

/** The text of the file with the expectations of these cases rewritten; those that hold are not touched. */
export function rewriteScenario(text: string, results: ReadonlyMap<ScenarioCase, CaseResult>): string {
  const document = parseDocument(text);
  let touched = false;
  for (const [scenario, result] of results) {
    if (result.differences.length === 0 && scenario.expect !== undefined) continue;
    rewriteCase(document, scenario, result);
    touched = true;
  }
  return touched ? document.toString({ lineWidth: 120, flowCollectionPadding: false }) : text;
}

function rewriteCase(document: Document, scenario: ScenarioCase, result: CaseResult): void {
  const path = ["cases", scenario.index, "expect"];
  const { expect } = scenario;
  if (expect === undefined) {
    document.setIn(path, document.createNode({ exactly: [], end: {} }));
    const list = document.getIn([...path, "exactly"]) as YAMLSeq;
    list.flow = false;
    for (const decision of result.decisions) list.add(decisionNode(document, decision, undefined));
    document.setIn([...path, "end", "sessions"], flow(document, result.end.sessions));
    return;
  }
  if (expect.exactly !== undefined) rewriteExactly(document, [...path, "exactly"], expect.exactly, scenario, result);
  if (expect.end !== undefined) rewriteState(document, [...path, "end"], result.end);
}

function flow(document: Document, value: unknown): unknown {
  const node = document.createNode(value);
  if (isCollection(node)) node.flow = true;
  return node;
}

/** The fields that other expectations of the list give: `at` only where it was given. */
function fieldsOf(expected: readonly DecisionExpectation[]): Set<string> {
  const fields = new Set<string>(["kind", "subject", "from", "to", "reason"]);
  for (const decision of expected) {
    if (decision.atMs !== undefined) fields.add("at");
    if (decision.detail !== undefined) fields.add("detail");
    if (decision.epoch !== undefined) fields.add("epoch");
  }
  return fields;
}

function decisionNode(document: Document, seen: SeenDecision, fields: ReadonlySet<string> | undefined): unknown {
  const { time, kind, subject, from, to, reason, detail, epoch } = seen;
  const value: Record<string, unknown> = {};
  if (fields?.has("at")) value.at = `${time / 1000}s`;
  value.kind = kind;
  if (subject !== "") value.subject = subject;
  if (from !== "") value.from = from;
  if (to !== "") value.to = to;
  value.reason = reason;
  if (fields?.has("detail")) value.detail = detail;
  if (fields?.has("epoch")) value.epoch = epoch;
  return flow(document, value);
}

/** Decisions that fit keep their node, with its comments; the others are taken out and put in. */
function rewriteExactly(
  document: Document,
  path: Path,
  expected: readonly DecisionExpectation[],
  scenario: ScenarioCase,
  result: CaseResult,
): void {
  const list = document.getIn(path);
  if (!isSeq(list)) return;
  const fields = fieldsOf(expected);
  const before = [...list.items];
  const lines = align(expected, result.decisions, scenario.toleranceMs);
  list.items = lines
    .filter((line) => line.seen !== undefined)
    .map((line) => {
      if (line.expected !== undefined) return before[line.expected];
      return decisionNode(document, result.decisions[line.seen as number] as SeenDecision, fields);
    });
  // An empty list was written as `[]`; decisions read better one a line.
  if (list.items.length > 0) list.flow = false;
}

/** Values of a state that are given are set to what was seen; names that are not given are not added. */
function rewriteState(document: Document, path: Path, seen: SeenState): void {
  const node = document.getIn(path);
  if (isMap(node)) rewriteMap(document, path, seen as unknown as Record<string, unknown>);
}

function rewriteMap(document: Document, path: Path, seen: Record<string, unknown>): void {
  const node = document.getIn(path);
  if (!isMap(node)) return;
  for (const pair of node.items) {
    const name = String((pair.key as { value?: unknown } | null)?.value ?? "");
    const at = [...path, name];
    const value = seen[name];
    if (isMap(pair.value)) {
      rewriteMap(document, at, (value ?? {}) as Record<string, unknown>);
    } else {
      rewriteValue(document, at, value);
    }
  }
}

function rewriteValue(document: Document, path: Path, seen: unknown): void {
  const node = document.getIn(path, true);
  const written = isCollection(node) ? node.toJSON() : document.getIn(path);
  const list = Array.isArray(seen) ? [...seen].sort() : seen;
  const given = Array.isArray(written) ? [...written].sort() : written;
  const alone = Array.isArray(list) && list.length === 1 ? list[0] : undefined;
  if (JSON.stringify(list) === JSON.stringify(given) || (alone !== undefined && alone === given)) return;
  document.setIn(path, flow(document, alone !== undefined && !Array.isArray(given) ? alone : (seen ?? null)));
}
