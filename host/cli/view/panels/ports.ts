/** The table of ports: load bar, sessions, state, and registrations wanted beside observed. */

import { percent } from "../../run/wording.js";
import type { PairState } from "../../run/registrations.js";
import { Line, type Style } from "../line.js";
import type { Level, PortModel, ViewModel } from "../model.js";
import type { Palette } from "../palette.js";

const NAME_MAX = 12;
const LOAD_COLUMNS = 5;
const SESSION_COLUMNS = 5;
const LATENCY_COLUMNS = 6;
const COUNT_COLUMNS = 7;
const STATE_COLUMNS = 10;
const BAR_MIN = 8;
const BAR_MAX = 40;
/** Fewer registrations than this are not worth their columns. */
const PAIRS_MIN = 4;

/** Widths of the columns that there is room for; 0: left out. */
interface Plan {
  name: number;
  bar: number;
  latency: number;
  counts: number;
  state: number;
  /** Targets shown in each matrix, and matrices: 2 shows wanted and listed apart. */
  pairs: number;
  matrices: 1 | 2;
}

function plan(model: ViewModel, columns: number): Plan {
  const name = Math.min(NAME_MAX, Math.max(4, ...model.ports.map((port) => port.name.length)));
  // Marker, name, bar, load, sessions, state: always there, as far as the screen goes.
  let left =
    columns - 2 - (name + 1) - (BAR_MIN + 1) - (LOAD_COLUMNS + 1) - (SESSION_COLUMNS + 1) - (STATE_COLUMNS + 1);
  const take = (wanted: number, minimum = wanted): number => {
    if (left < minimum) return 0;
    const taken = Math.min(wanted, left);
    left -= taken;
    return taken;
  };
  const counts = take(COUNT_COLUMNS + 1) > 0 ? COUNT_COLUMNS : 0;
  const count = model.targetCount;
  const both = left >= 2 * count + 3;
  const room = both ? take(2 * count + 3) && count : Math.max(0, take(count + 1, PAIRS_MIN + 1) - 1);
  const pairs = Math.min(room, model.targets.length);
  const latency = model.hosts !== undefined && take(LATENCY_COLUMNS + 1) > 0 ? LATENCY_COLUMNS : 0;
  const bar = Math.min(BAR_MAX, BAR_MIN + Math.max(0, left));
  return { name, bar, latency, counts, state: STATE_COLUMNS, pairs, matrices: both ? 2 : 1 };
}

/** @param rows lines that there are for header and ports; ports that find no room are counted in the header */
export function portLines(
  model: ViewModel,
  columns: number,
  rows: number,
  selected: number,
  palette: Palette,
): string[] {
  const widths = plan(model, columns);
  const shown = choose(model.ports, rows - 1, selected);
  const lines = [header(model, columns, widths, model.ports.length - shown.length, palette)];
  for (const port of shown) {
    lines.push(portLine(model, port, columns, widths, model.ports[selected] === port, palette));
  }
  return lines;
}

/** As many ports as there is room for, in their order: the selected one, then those most loaded. */
export function choose(ports: readonly PortModel[], room: number, selected: number): readonly PortModel[] {
  if (ports.length <= room) return ports;
  const urgency = (port: PortModel) =>
    (ports[selected] === port ? 1e9 : 0) + (port.level === "bad" ? 1e6 : 0) + port.loadPermille;
  const kept = new Set([...ports].sort((left, right) => urgency(right) - urgency(left)).slice(0, Math.max(0, room)));
  return ports.filter((port) => kept.has(port));
}

function header(model: ViewModel, columns: number, widths: Plan, hidden: number, palette: Palette): string {
  const { dim } = palette;
  const line = new Line(columns).add("  ");
  line.column("port", widths.name, "left", dim);
  line.column(hidden > 0 ? `load (${hidden} more ports)` : "load", widths.bar + 1 + LOAD_COLUMNS, "left", dim);
  line.column("sess", SESSION_COLUMNS, "right", dim);
  if (widths.latency > 0) line.column("ms", widths.latency, "right", dim);
  line.column("state", widths.state, "left", dim);
  if (widths.counts > 0) line.column("want/is", widths.counts, "right", dim);
  if (widths.pairs === 0) return line.toString();
  const more = widths.pairs < model.targetCount ? ` of ${widths.pairs} of ${model.targetCount} targets` : "";
  if (widths.matrices === 2) {
    line.column("wanted", widths.pairs + 1, "left", dim).column("listed", widths.pairs, "left", dim);
  } else {
    line.add(`registrations${more}`, dim);
  }
  return line.toString();
}

function portLine(
  model: ViewModel,
  port: PortModel,
  columns: number,
  widths: Plan,
  isSelected: boolean,
  palette: Palette,
): string {
  const line = new Line(columns).add(isSelected ? "> " : "  ");
  line.column(port.name, widths.name, "left", isSelected ? palette.selected : undefined);
  addBar(line, model, port, widths.bar, palette);
  line.column(percent(port.loadPermille), LOAD_COLUMNS, "right", loadStyle(model, port, palette));
  line.column(String(port.sessions), SESSION_COLUMNS, "right");
  if (widths.latency > 0) line.column((port.latencyMs ?? 0).toFixed(1), widths.latency, "right");
  line.column(port.state, widths.state, "left", levelStyle(port.level, palette));
  if (widths.counts > 0) {
    const differs = port.wanted !== port.listed;
    line.column(`${port.wanted}/${port.listed}`, widths.counts, "right", differs ? palette.warning : undefined);
  }
  if (widths.matrices === 2) {
    addPairs(line, port.pairs, widths.pairs, (pair) => (pair.wanted ? palette.both : palette.neither), palette);
    line.add("  ");
    addPairs(line, port.pairs, widths.pairs, (pair) => (pair.observed ? palette.both : palette.neither), palette);
  } else {
    addPairs(line, port.pairs, widths.pairs, (pair) => pairGlyph(pair, palette), palette);
  }
  return line.toString();
}

/** Load, and behind it the load that is arriving; a mark at the high watermark. */
function addBar(line: Line, model: ViewModel, port: PortModel, columns: number, palette: Palette): void {
  const parts = palette.bar.length;
  const filled = Math.round((Math.min(1000, port.loadPermille) / 1000) * columns * parts);
  const whole = Math.floor(filled / parts);
  const part = filled % parts === 0 ? "" : (palette.bar[(filled % parts) - 1] ?? "");
  const bar = (palette.bar[parts - 1] ?? "#").repeat(whole) + part;
  line.add(bar, loadStyle(model, port, palette));
  const mark = Math.floor((model.highWatermarkPermille / 1000) * columns);
  let rest = "";
  for (let column = whole + (part === "" ? 0 : 1); column < columns; column++) {
    rest += column === mark ? palette.barMark : palette.barEmpty;
  }
  line.add(rest, palette.dim).add(" ");
}

function loadStyle(model: ViewModel, port: PortModel, palette: Palette): Style {
  if (port.loadPermille >= model.highWatermarkPermille) return palette.bad;
  return port.loadPermille > model.lowWatermarkPermille ? palette.warning : palette.good;
}

export function levelStyle(level: Level, palette: Palette): Style {
  if (level === "quiet") return palette.dim;
  return level === "bad" ? palette.bad : level === "warning" ? palette.warning : palette.good;
}

export function pairGlyph(pair: PairState, palette: Palette): string {
  if (pair.wanted) return pair.observed ? palette.both : palette.wanted;
  return pair.observed ? palette.listed : palette.neither;
}

/** One column a target; runs of the same style are styled once. */
function addPairs(
  line: Line,
  pairs: readonly PairState[],
  count: number,
  glyph: (pair: PairState) => string,
  palette: Palette,
): void {
  for (let index = 0; index < count; index++) {
    const pair = pairs[index];
    if (pair === undefined || (!pair.configured && !pair.observed)) line.add(" ");
    else line.add(glyph(pair), pairStyle(pair, palette));
  }
}

function pairStyle(pair: PairState, palette: Palette): Style {
  if (pair.wanted !== pair.observed) return palette.warning;
  return pair.wanted ? palette.good : palette.bad;
}
