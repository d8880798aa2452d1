/** The chart: two panels over simulated time, as an SVG that follows the reader's light or dark scheme. */

import type { Report } from "./report.js";

const WIDTH = 960;
const HEIGHT = 640;
const LEFT = 64;
const RIGHT = 24;
/** Points of a line; a longer run has several windows in each. */
const POINTS_MAX = 300;

interface Panel {
  title: string;
  top: number;
  height: number;
  low: number;
  high: number;
  /** Marks of the axis and how they read. */
  text: (value: number) => string;
}

/** A line of a panel: its name is its class too. */
interface Line {
  name: string;
  values: number[];
}

const styles = `
  svg { font-family: "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; font-size: 12px; }
  .back { fill: #ffffff; } text { fill: #222222; } .soft { fill: #666666; }
  .grid { stroke: #dddddd; stroke-width: 1; } .axis { fill: none; stroke: #888888; stroke-width: 1; }
  .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
  .static { stroke: #8a8a8a; } .literal { stroke: #c8651b; } .fairlead { stroke: #1f6fd0; stroke-width: 2.4; }
  .bound { stroke: #2e8b57; stroke-dasharray: 5 3; } .threshold { stroke: #c02020; stroke-dasharray: 2 3; }
  @media (prefers-color-scheme: dark) {
    .back { fill: #16181c; } text { fill: #e6e6e6; } .soft { fill: #a0a0a0; }
    .grid { stroke: #33363c; } .axis { stroke: #777777; }
    .static { stroke: #a8a8a8; } .literal { stroke: #f0924a; } .fairlead { stroke: #6aa9f5; }
    .bound { stroke: #5fc68e; } .threshold { stroke: #ff6b6b; }
  }`;

/** Draws worst ÷ mean, and the worst port's load against the overload threshold. */
export function chart(found: Report): string {
  const perPoint = Math.max(1, Math.ceil((found.series.bound?.ratio.length ?? 1) / POINTS_MAX));
  const lines = (pick: "ratio" | "worst"): Line[] =>
    Object.entries(found.series).map(([name, series]) => ({ name, values: thin(series[pick], perPoint) }));
  const ratios = lines("ratio");
  const loads = lines("worst");
  const every = perPoint * found.windowSeconds;
  const threshold = found.settings.overload as number;
  const upper: Panel = {
    title: `Worst port ÷ mean load (mean of each ${seconds(every)})`,
    ...{ top: 96, height: 220, low: 1, high: top(ratios, 1), text: (value: number) => value.toFixed(1) },
  };
  const lower: Panel = {
    title: "Load of the worst port, in % of its capacity",
    ...{ top: 372, height: 220, low: 0, high: top(loads, threshold), text: (value) => `${Math.round(value * 100)}` },
  };
  const y = yOf(lower, threshold);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">`,
    `<style>${styles}\n</style>`,
    `<rect class="back" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text id="title" x="${LEFT}" y="26" font-size="16">${markup(title(found))}</text>`,
    legend(Object.keys(found.series)),
    ...panel(upper, ratios, found.simulatedSeconds),
    ...panel(lower, loads, found.simulatedSeconds),
    `<path class="line threshold" d="M${LEFT} ${y}H${WIDTH - RIGHT}"/>`,
    `<text class="soft" x="${WIDTH - RIGHT}" y="${HEIGHT - 10}" text-anchor="end">simulated time</text>`,
    "</svg>\n",
  ].join("\n");
}

function title(found: Report): string {
  const { settings } = found;
  const file = found.trace.file.split("/").at(-1);
  return `${file}: ${found.sessions} sessions on ${settings.ports} ports`;
}

function legend(names: readonly string[]): string {
  const text: Record<string, string> = { bound: "lower bound", threshold: "overload threshold" };
  let x = LEFT;
  const entries = [...names, "threshold"].map((name) => {
    const label = text[name] ?? name;
    const entry = `<path class="line ${name}" d="M${x} 52h28"/><text x="${x + 34}" y="56">${label}</text>`;
    x += 34 + label.length * 7.5 + 24;
    return entry;
  });
  return entries.join("");
}

function* panel(shape: Panel, lines: readonly Line[], totalSeconds: number): Generator<string> {
  yield `<text x="${LEFT}" y="${shape.top - 12}">${markup(shape.title)}</text>`;
  for (const value of marks(shape.low, shape.high, 5)) {
    const y = yOf(shape, value);
    yield `<path class="grid" d="M${LEFT} ${y}H${WIDTH - RIGHT}"/>`;
    yield `<text class="soft" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${shape.text(value)}</text>`;
  }
  const bottom = shape.top + shape.height;
  for (const value of marks(0, totalSeconds, 8)) {
    const x = LEFT + ((WIDTH - LEFT - RIGHT) * value) / totalSeconds;
    yield `<path class="axis" d="M${x.toFixed(1)} ${bottom}v5"/>`;
    yield `<text class="soft" x="${x.toFixed(1)}" y="${bottom + 19}" text-anchor="middle">${seconds(value)}</text>`;
  }
  yield `<path class="axis" d="M${LEFT} ${shape.top}V${bottom}H${WIDTH - RIGHT}"/>`;
  for (const line of lines) yield `<path class="line ${line.name}" d="${path(shape, line.values)}"/>`;
}

/** Pieces of line; where nothing was asked for there is a gap. */
function path(shape: Panel, values: readonly number[]): string {
  const step = (WIDTH - LEFT - RIGHT) / values.length;
  let drawing = false;
  return values
    .map((value, i) => {
      if (Number.isNaN(value)) {
        drawing = false;
        return "";
      }
      const command = drawing ? "L" : "M";
      drawing = true;
      return `${command}${(LEFT + (i + 0.5) * step).toFixed(1)} ${yOf(shape, value)}`;
    })
    .join("");
}

function yOf(shape: Panel, value: number): number {
  const share = (Math.min(value, shape.high) - shape.low) / (shape.high - shape.low);
  return Number((shape.top + shape.height * (1 - share)).toFixed(1));
}

/** Mean of each `perPoint` values that have one. */
function thin(values: readonly number[], perPoint: number): number[] {
  const points: number[] = [];
  for (let start = 0; start < values.length; start += perPoint) {
    const group = values.slice(start, start + perPoint).filter((value) => !Number.isNaN(value));
    points.push(group.length === 0 ? Number.NaN : group.reduce((a, b) => a + b, 0) / group.length);
  }
  return points;
}

/** The highest value with some room above it. */
function top(lines: readonly Line[], least: number): number {
  const values = lines.flatMap((line) => line.values).filter((value) => !Number.isNaN(value));
  return values.reduce((a, b) => Math.max(a, b), least) * 1.08;
}

/** About `count` round values from `low` to `high`. */
function marks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => power * factor >= rough) ?? 10);
  const found: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(i * step);
  return found;
}

function seconds(value: number): string {
  if (value >= 7200) return `${Number((value / 3600).toFixed(2))} h`;
  return value >= 600 ? `${Number((value / 60).toFixed(1))} min` : `${Number(value.toFixed(1))} s`;
}

function markup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
