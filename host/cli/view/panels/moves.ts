/** Moves under way, the oldest first. */

import { seconds } from "../../run/wording.js";
import { Line } from "../line.js";
import type { ViewModel } from "../model.js";
import type { Palette } from "../palette.js";

const SESSION_COLUMNS = 16;
const PORTS_COLUMNS = 12;
const STEP_COLUMNS = 16;

/** @param rows lines that there are, the header among them */
export function moveLines(model: ViewModel, columns: number, rows: number, palette: Palette): string[] {
  if (rows < 1) return [];
  const hidden = model.moves.length - (rows - 1);
  const more = hidden > 0 ? `, ${hidden} more` : "";
  const lines = [new Line(columns).add(`moves under way (${model.moves.length}${more})`, palette.dim).toString()];
  for (const move of model.moves.slice(0, rows - 1)) {
    const line = new Line(columns).add("  ").column(move.session, SESSION_COLUMNS);
    line.column(`${move.from} ${palette.arrow} ${move.to}`, PORTS_COLUMNS);
    lines.push(line.column(move.step, STEP_COLUMNS).add(seconds(move.ageMs), palette.dim).toString());
  }
  while (lines.length < rows) lines.push("");
  return lines;
}
