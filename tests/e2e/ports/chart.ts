/** A chart of the run as SVG: throughput over time, and how many sessions each port has. */

import { TARGETS } from "./array.js";
import { type HostReport, throughputOverTime } from "./figures.js";
import type { Span } from "./story.js";

const WIDTH = 1000;
const LEFT = 70;
const RIGHT = 20;
const TOP = 50;
const PLOT_HEIGHT = 240;
const GAP = 60;
const SESSIONS_HEIGHT = 120;
const HEIGHT = TOP + PLOT_HEIGHT + GAP + SESSIONS_HEIGHT + 60;
const STEP_US = 500_000;
const COLORS = ["#0b6", "#06b", "#b60", "#808"];
const GRID_LINES = 4;

interface Frame {
  fromUs: number;
  toUs: number;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function x(frame: Frame, us: number): number {
  return LEFT + ((us - frame.fromUs) / (frame.toUs - frame.fromUs)) * (WIDTH - LEFT - RIGHT);
}

function text(at: number, y: number, words: string, more = ""): string {
  return `<text x="${at.toFixed(1)}" y="${y.toFixed(1)}" font-size="12" ${more}>${escaped(words)}</text>`;
}

function polyline(points: readonly [number, number][], color: string): string {
  const list = points.map(([left, top]) => `${left.toFixed(1)},${top.toFixed(1)}`).join(" ");
  return `<polyline points="${list}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
}

/** Horizontal lines with their values. */
function grid(top: number, height: number, most: number, steps: number): string[] {
  return Array.from({ length: steps + 1 }, (_, index) => {
    const y = top + height - (height * index) / steps;
    const line = `<line x1="${LEFT}" y1="${y}" x2="${WIDTH - RIGHT}" y2="${y}" stroke="#ddd"/>`;
    return line + text(LEFT - 8, y + 4, `${Math.round((most * index) / steps)}`, 'text-anchor="end"');
  });
}

function drawSpans(frame: Frame, spans: readonly Span[]): string[] {
  return spans.map((span, index) => {
    const from = x(frame, span.fromUs);
    const width = Math.max(1, x(frame, span.toUs) - from);
    const fill = index % 2 === 0 ? "#eef3f8" : "#f8f3ee";
    const height = PLOT_HEIGHT + GAP + SESSIONS_HEIGHT;
    const box = `<rect x="${from.toFixed(1)}" y="${TOP}" width="${width.toFixed(1)}" height="${height}" fill="${fill}"/>`;
    const label = `<text transform="translate(${(from + 12).toFixed(1)},${TOP + 6}) rotate(90)" font-size="11" fill="#666">${escaped(span.name)}</text>`;
    return box + label;
  });
}

/** Sessions of each portal at each step. */
function sessionLines(frame: Frame, reports: readonly (readonly HostReport[])[], top: number): string[] {
  const latest = reports.flatMap((host) => host.flatMap((report) => report.sessions.map((session) => session.portal)));
  const portals = [...new Set(latest)].filter((portal) => portal !== "").sort();
  return portals.flatMap((portal, index) => {
    const color = COLORS[index % COLORS.length] as string;
    const points: [number, number][] = [];
    for (let us = frame.fromUs; us <= frame.toUs; us += STEP_US) {
      const sessions = reports.flatMap((host) => host.findLast((report) => report.atUs <= us)?.sessions ?? []);
      const count = sessions.filter((session) => session.portal === portal).length;
      points.push([x(frame, us), top + SESSIONS_HEIGHT - (SESSIONS_HEIGHT * count) / TARGETS]);
    }
    const legend = text(LEFT + 190 * index, top + SESSIONS_HEIGHT + 40, `— ${portal}`, `fill="${color}"`);
    return [polyline(points, color), legend];
  });
}

/** The chart; undefined where no host has reported anything. */
export function drawChart(reports: readonly (readonly HostReport[])[], spans: readonly Span[]): string | undefined {
  const times = reports.flatMap((host) => host.map((report) => report.atUs));
  if (times.length < 2) return undefined;
  const frame = { fromUs: Math.min(...times), toUs: Math.max(...times) };
  const steps = throughputOverTime(reports, frame.fromUs, frame.toUs, STEP_US);
  const most = Math.max(1, ...steps.map((step) => step.operationsPerSecond));
  const points = steps.map((step): [number, number] => [
    x(frame, step.atUs),
    TOP + PLOT_HEIGHT - (PLOT_HEIGHT * step.operationsPerSecond) / most,
  ]);
  const sessionsTop = TOP + PLOT_HEIGHT + GAP;
  const seconds = Math.round((frame.toUs - frame.fromUs) / 1e6);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...drawSpans(frame, spans),
    text(LEFT, 24, "Commands a second of all hosts", 'font-weight="bold"'),
    ...grid(TOP, PLOT_HEIGHT, most, GRID_LINES),
    polyline(points, "#036"),
    text(
      LEFT,
      sessionsTop - 16,
      `Sessions of each portal; ${seconds} seconds from left to right`,
      'font-weight="bold"',
    ),
    ...grid(sessionsTop, SESSIONS_HEIGHT, TARGETS, GRID_LINES),
    ...sessionLines(frame, reports, sessionsTop),
    "</svg>",
    "",
  ].join("\n");
}
