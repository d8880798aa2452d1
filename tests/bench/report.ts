/** The report of a run: a table on the terminal, ratios first, and the same as JSON. */

import { type Figure, isRatio, meetsTarget } from "./figures.js";
import type { Spread } from "./statistics.js";

/** Ratios first, otherwise as measured. */
export function inOrder(figures: readonly Figure[]): Figure[] {
  return [...figures.filter(isRatio), ...figures.filter((figure) => !isRatio(figure))];
}

function rounded(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function spreadText(name: string, { min, median, p99 }: Spread): string {
  return `${name} ${rounded(min)}/${rounded(median)}/${rounded(p99)}`;
}

function details({ spreads, spreadUnit, note }: Figure): string {
  const parts = Object.entries(spreads ?? {}).map(([name, values]) => spreadText(name, values));
  const measured = parts.length > 0 ? `${parts.join(", ")} ${spreadUnit ?? ""}`.trim() : "";
  return [measured, note ?? ""].filter((part) => part !== "").join("; ");
}

function cells(figure: Figure): string[] {
  const met = meetsTarget(figure);
  const unit = figure.unit === "×" || figure.unit === "" ? figure.unit : ` ${figure.unit}`;
  const mark = met === undefined ? "" : met ? "reached" : "missed";
  const target = figure.target === undefined ? "" : `≤ ${rounded(figure.target)}${unit}`;
  return [figure.name, figure.variant, `${rounded(figure.value)}${unit}`, target, mark, details(figure)];
}

/** Columns aligned; numbers of a spread are min/median/p99. */
export function table(figures: readonly Figure[]): string {
  const header = ["figure", "of", "value", "target", "", "min/median/p99"];
  const rows = [header, ...inOrder(figures).map(cells)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => [...(row[column] as string)].length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => pad(cell, widths[column] as number))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - [...cell].length));
}
