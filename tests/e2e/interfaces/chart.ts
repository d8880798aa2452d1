/** A chart of the run as SVG: for each address a line in the colour of the port that answers, broken where nobody does. */

import { CONTROLLERS } from "./plan.js";

export interface ChartData {
  fromUs: number;
  toUs: number;
  addresses: string[];
  /** Who answers for an address from a time on: `a e0`. */
  answerers: { address: string; atUs: number; port: string }[];
  gaps: { address: string; fromUs: number; toUs: number }[];
  /** Faults, in order of time. */
  spans: { name: string; fromUs: number; toUs: number }[];
}

const WIDTH = 1400;
const LEFT = 110;
const RIGHT = 20;
const TOP = 190;
const ROW = 22;
const BAR = 12;
const LEGEND = 40;
const COLORS = ["#1b7837", "#762a83", "#2166ac", "#b2182b", "#e08214", "#4d4d4d"];

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function colorOf(port: string): string {
  const index = CONTROLLERS.findIndex(({ name }) => port.startsWith(`${name} `));
  return COLORS[index] ?? "#999";
}

export function drawChart(data: ChartData): string {
  const { addresses, fromUs, toUs } = data;
  const height = TOP + addresses.length * ROW + LEGEND;
  const x = (us: number) =>
    LEFT + ((Math.min(Math.max(us, fromUs), toUs) - fromUs) / (toUs - fromUs)) * (WIDTH - LEFT - RIGHT);
  const rectangle = (from: number, to: number, y: number, high: number, fill: string) =>
    `<rect x="${x(from).toFixed(1)}" y="${y}" width="${Math.max(0.5, x(to) - x(from)).toFixed(1)}" height="${high}" fill="${fill}"/>`;
  const spans = data.spans.flatMap((span, index) => [
    rectangle(span.fromUs, span.toUs, TOP - 8, addresses.length * ROW + 8, index % 2 === 0 ? "#eef3f8" : "#f8f3ee"),
    `<text transform="translate(${(x(span.fromUs) + 10).toFixed(1)},${TOP - 14}) rotate(-50)" font-size="11">${escaped(span.name)}</text>`,
  ]);
  const rows = addresses.flatMap((address, row) => {
    const y = TOP + row * ROW;
    const own = data.answerers.filter((each) => each.address === address);
    const held = own.map(({ atUs, port }, index) =>
      rectangle(atUs, own[index + 1]?.atUs ?? toUs, y, BAR, colorOf(port)),
    );
    const silent = data.gaps.filter((gap) => gap.address === address);
    const broken = silent.map((gap) => rectangle(gap.fromUs, gap.toUs, y - 1, BAR + 2, "#fff"));
    const label = `<text x="${LEFT - 8}" y="${y + BAR - 2}" font-size="11" text-anchor="end">${escaped(address)}</text>`;
    return [label, ...held, ...broken];
  });
  const legend = CONTROLLERS.map(({ name }, index) => {
    const at = LEFT + index * 110;
    return `<rect x="${at}" y="${height - 24}" width="12" height="12" fill="${COLORS[index]}"/><text x="${at + 18}" y="${height - 14}" font-size="12">controller ${name}</text>`;
  });
  const seconds = Math.round((toUs - fromUs) / 1e6);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="${LEFT}" y="20" font-size="13" font-weight="bold">Who answers for each address; ${seconds} seconds from left to right</text>`,
    ...spans,
    ...rows,
    ...legend,
    "</svg>",
    "",
  ].join("\n");
}
