/** Puts the panels onto a screen of any size. */

import { Line } from "./line.js";
import type { ViewModel } from "./model.js";
import type { Palette } from "./palette.js";
import { hostedLines, hostedRows } from "./panels/hosted.js";
import { logLines } from "./panels/log.js";
import { moveLines } from "./panels/moves.js";
import { portLines } from "./panels/ports.js";
import { scopeLines, scopeRows } from "./panels/scopes.js";
import { titleLine } from "./panels/title.js";

export interface FrameState {
  columns: number;
  rows: number;
  paused: boolean;
  /** Index of the selected port. */
  selected: number;
  /** Whether the world takes orders: surges, links, the server. */
  simulated: boolean;
}

/** Lines kept for the log, header and all, before ports are left out. */
const LOG_MIN = 4;
const MOVES_MIN = 3;
const MOVES_MAX = 8;
/** Screens lower than this have no moves panel. */
const MOVES_SCREEN_MIN = 18;

/** The lines of the screen, each at most as wide as it. */
export function composeFrame(model: ViewModel, state: FrameState, palette: Palette): string[] {
  const { columns, rows } = state;
  // Title, footer.
  const belowScopes = Math.max(0, rows - 2 - scopeRows(model));
  const hostedLinesMost = Math.min(hostedRows(model), Math.floor(belowScopes / 2));
  const room = belowScopes - hostedLinesMost;
  const wantsMoves = rows >= MOVES_SCREEN_MIN;
  const portRows = Math.min(model.ports.length + 1, Math.max(2, room - LOG_MIN - (wantsMoves ? MOVES_MIN : 0)));
  const afterPorts = Math.max(0, room - portRows);
  const moveRows = wantsMoves ? Math.max(MOVES_MIN, Math.min(MOVES_MAX, Math.floor(afterPorts / 3))) : 0;
  const lines = [
    titleLine(model, columns, state.paused, palette),
    ...scopeLines(model, columns, palette),
    ...hostedLines(model, columns, hostedLinesMost, palette),
    ...portLines(model, columns, portRows, state.selected, palette),
    ...moveLines(model, columns, moveRows, palette),
    ...logLines(model, columns, afterPorts - moveRows, palette),
    footer(state, palette),
  ];
  return lines.slice(0, rows);
}

function footer(state: FrameState, palette: Palette): string {
  const keys = ["q quit", state.paused ? "p go on" : "p pause", "up/down port", "m maintenance"];
  if (state.simulated) keys.push("s surge", "l link", "r restart iSNS");
  const legend = `${palette.both} registered ${palette.listed} going ${palette.wanted} coming ${palette.neither} withdrawn`;
  return new Line(state.columns).add(keys.join("  "), palette.dim).right(legend, palette.dim).toString();
}
