/** Compares what was seen with what a scenario expects. */

import type { DecisionExpectation, Expectation, ScenarioCase, StateExpectation } from "./description.js";
import type { Difference, SeenDecision, SeenState } from "./result.js";
import type { TableState } from "./state.js";

/** A decision on one line. */
export function decisionLine(decision: SeenDecision): string {
  const { time, kind, subject, from, to, reason } = decision;
  const path = `${from === "" ? "" : ` from ${from}`}${to === "" ? "" : ` to ${to}`}`;
  return `${(time / 1000).toFixed(3)}s ${kind} ${subject}${path} (${reason})`;
}

function expectationLine(expected: DecisionExpectation): string {
  const { atMs, kind = "any", subject = "", from, to, reason, detail, epoch } = expected;
  const parts = [atMs === undefined ? "any time" : `${(atMs / 1000).toFixed(3)}s`, kind, subject];
  if (from !== undefined) parts.push(`from ${from}`);
  if (to !== undefined) parts.push(`to ${to}`);
  if (reason !== undefined) parts.push(`(${reason})`);
  if (detail !== undefined) parts.push(`detail ${detail}`);
  if (epoch !== undefined) parts.push(`epoch ${epoch}`);
  return parts.filter((part) => part !== "").join(" ");
}

/** Whether a decision is as expected in all that the expectation gives. */
export function fits(expected: DecisionExpectation, seen: SeenDecision, toleranceMs: number): boolean {
  if (expected.atMs !== undefined) {
    if (Math.abs(seen.time - expected.atMs) > (expected.withinMs ?? toleranceMs)) return false;
  }
  for (const name of ["kind", "subject", "from", "to", "reason", "detail", "epoch"] as const) {
    if (expected[name] !== undefined && expected[name] !== seen[name]) return false;
  }
  return true;
}

/** One line of a comparison in order: both sides alike, one only expected, or one only seen. */
export interface AlignedDecision {
  expected?: number;
  seen?: number;
}

/** Longest common order of two lists, as a diff. */
export function align(
  expected: readonly DecisionExpectation[],
  seen: readonly SeenDecision[],
  toleranceMs: number,
): AlignedDecision[] {
  const width = seen.length + 1;
  const common = new Uint32Array((expected.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] as number;
  for (let row = expected.length - 1; row >= 0; row--) {
    for (let column = seen.length - 1; column >= 0; column--) {
      const alike = fits(expected[row] as DecisionExpectation, seen[column] as SeenDecision, toleranceMs);
      common[row * width + column] = alike
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: AlignedDecision[] = [];
  let row = 0;
  let column = 0;
  while (row < expected.length || column < seen.length) {
    const inBoth = row < expected.length && column < seen.length;
    if (inBoth && fits(expected[row] as DecisionExpectation, seen[column] as SeenDecision, toleranceMs)) {
      lines.push({ expected: row++, seen: column++ });
    } else if (column >= seen.length || (row < expected.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ expected: row++ });
    } else {
      lines.push({ seen: column++ });
    }
  }
  return lines;
}

function compareExactly(
  expected: readonly DecisionExpectation[],
  seen: readonly SeenDecision[],
  toleranceMs: number,
): Difference[] {
  const lines = align(expected, seen, toleranceMs);
  if (lines.every((line) => line.expected !== undefined && line.seen !== undefined)) return [];
  const diff = lines.map((line) => {
    if (line.expected === undefined) return `+ ${decisionLine(seen[line.seen as number] as SeenDecision)}`;
    const mark = line.seen === undefined ? "-" : " ";
    return `${mark} ${expectationLine(expected[line.expected] as DecisionExpectation)}`;
  });
  return [{ what: "exactly these decisions (- only expected, + only seen)", expected: "", seen: diff.join("\n") }];
}

function compareIncludes(
  expected: readonly DecisionExpectation[],
  seen: readonly SeenDecision[],
  toleranceMs: number,
): Difference[] {
  let from = 0;
  for (const [index, decision] of expected.entries()) {
    const found = seen.findIndex((candidate, at) => at >= from && fits(decision, candidate, toleranceMs));
    if (found < 0) {
      const rest = seen.slice(from).map(decisionLine);
      const what = `includes[${index}]${from === 0 ? "" : " after those before it"}`;
      return [{ what, expected: expectationLine(decision), seen: rest.join("\n") || "no further decision" }];
    }
    from = found + 1;
  }
  return [];
}

function compareNone(
  unwanted: readonly DecisionExpectation[],
  seen: readonly SeenDecision[],
  toleranceMs: number,
): Difference[] {
  return unwanted.flatMap((decision, index) =>
    seen
      .filter((candidate) => fits(decision, candidate, toleranceMs))
      .map((candidate) => ({
        what: `none[${index}]`,
        expected: `no ${expectationLine(decision)}`,
        seen: decisionLine(candidate),
      })),
  );
}

/** All differences of a case's end from its expectation. */
export function compare(
  expected: Expectation | undefined,
  decisions: readonly SeenDecision[],
  end: SeenState,
  { toleranceMs }: Pick<ScenarioCase, "toleranceMs">,
): Difference[] {
  if (expected === undefined) return [];
  return [
    ...(expected.exactly === undefined ? [] : compareExactly(expected.exactly, decisions, toleranceMs)),
    ...(expected.includes === undefined ? [] : compareIncludes(expected.includes, decisions, toleranceMs)),
    ...(expected.none === undefined ? [] : compareNone(expected.none, decisions, toleranceMs)),
    ...(expected.end === undefined ? [] : compareState(expected.end, end, "end")),
  ];
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}

function differ(what: string, expected: unknown, seen: unknown): Difference[] {
  return text(expected) === text(seen) ? [] : [{ what, expected: text(expected), seen: text(seen) }];
}

function sorted(names: readonly string[]): string[] {
  return [...names].sort();
}

/** Differences of a state from what is given of it. */
export function compareState(expected: StateExpectation, seen: SeenState, where: string): Difference[] {
  const differences: Difference[] = [];
  for (const [target, ports] of Object.entries(expected.registrations ?? {})) {
    const listed = sorted(seen.registrations[target] ?? []);
    differences.push(...differ(`${where}.registrations.${target}`, sorted(ports), listed));
  }
  for (const [port, count] of Object.entries(expected.sessions ?? {})) {
    differences.push(...differ(`${where}.sessions.${port}`, count, seen.sessions[port] ?? 0));
  }
  for (const [initiator, ports] of Object.entries(expected.logins ?? {})) {
    const expectedPorts = sorted(typeof ports === "string" ? [ports] : ports);
    differences.push(...differ(`${where}.logins.${initiator}`, expectedPorts, sorted(seen.logins[initiator] ?? [])));
  }
  for (const part of ["interfaces", "units"] as const) {
    for (const [name, place] of Object.entries(expected[part] ?? {})) {
      differences.push(...differ(`${where}.${part}.${name}`, place, seen[part][name]));
    }
  }
  for (const [group, ports] of Object.entries(expected.groups ?? {})) {
    differences.push(...differ(`${where}.groups.${group}`, sorted(ports), sorted(seen.groups[group] ?? [])));
  }
  for (const [table, rows] of Object.entries(expected.tables ?? {})) {
    differences.push(...compareRows(rows, seen.tables[table] ?? {}, `${where}.tables.${table}`));
  }
  return differences;
}

/** Rows, or the fields of a table that has one row: each given value must be the same. */
function compareRows(expected: unknown, seen: unknown, where: string): Difference[] {
  if (typeof expected !== "object" || expected === null || Array.isArray(expected))
    return differ(where, expected, seen);
  const there = (typeof seen === "object" && seen !== null ? seen : {}) as TableState;
  return Object.entries(expected).flatMap(([name, value]) =>
    compareRows(value, (there as Record<string, unknown>)[name], `${where}.${name}`),
  );
}
