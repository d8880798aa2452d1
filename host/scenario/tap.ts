/** Prints results of cases as TAP (version 14). */

import type { CaseResult, Difference } from "./result.js";

export interface NamedResult {
  file: string;
  name: string;
  line: number;
  /** Undefined where the case could not be run to its end. */
  result?: CaseResult;
  error?: string;
}

export function passed({ result }: NamedResult): boolean {
  return result !== undefined && result.differences.length === 0;
}

/** TAP forbids a bare `#` in a description: what follows would be a directive. */
function description(text: string): string {
  return text.replace(/[\\#]/g, "\\$&").replace(/\s+/g, " ");
}

function block(label: string, text: string): string[] {
  if (text === "") return [];
  if (!text.includes("\n")) return [`  ${label}: ${JSON.stringify(text)}`];
  return [`  ${label}: |`, ...text.split("\n").map((line) => `    ${line}`)];
}

function differenceLines({ what, expected, seen }: Difference): string[] {
  return [`  what: ${JSON.stringify(what)}`, ...block("expected", expected), ...block("seen", seen)];
}

/** Lines of one case. */
export function tapLines(entry: NamedResult, number: number): string[] {
  const lines = [`${passed(entry) ? "ok" : "not ok"} ${number} - ${description(`${entry.file}: ${entry.name}`)}`];
  const { result, error, line } = entry;
  const differences =
    error === undefined ? (result?.differences ?? []) : [{ what: "error", expected: "", seen: error }];
  for (const difference of differences) lines.push("  ---", `  line: ${line}`, ...differenceLines(difference), "  ...");
  return lines;
}

/** The closing lines. */
export function tapSummary(entries: readonly NamedResult[]): string[] {
  const good = entries.filter(passed).length;
  return [`# tests ${entries.length}`, `# pass ${good}`, `# fail ${entries.length - good}`];
}
