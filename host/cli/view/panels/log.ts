/** Decisions and events as they happen, the latest last. */

import { Line, type Style } from "../line.js";
import type { LogEntry, ViewModel } from "../model.js";
import type { Palette } from "../palette.js";

const TIME_COLUMNS = 7;

/** @param rows lines that there are, the header among them */
export function logLines(model: ViewModel, columns: number, rows: number, palette: Palette): string[] {
  if (rows < 1) return [];
  const lines = [new Line(columns).add("decisions and what came of them", palette.dim).toString()];
  const entries = rows > 1 ? model.log.slice(-(rows - 1)) : [];
  for (const entry of entries) {
    const line = new Line(columns).column((entry.timeMs / 1000).toFixed(1), TIME_COLUMNS, "right", palette.dim);
    lines.push(line.add(entry.words, style(entry, palette)).toString());
  }
  while (lines.length < rows) lines.push("");
  return lines;
}

function style(entry: LogEntry, palette: Palette): Style | undefined {
  if (entry.kind === "decision") return palette.decision;
  if (entry.kind === "trouble") return palette.bad;
  return entry.kind === "note" ? palette.warning : undefined;
}
