/** A chart of the run as SVG: who answered at the one address, where nobody did, and whose status came fresh. */

import type { World } from "./world.js";

const WIDTH = 1400;
const LEFT = 150;
const RIGHT = 20;
const TOP = 230;
const ROW = 26;
const BAR = 14;
const LEGEND = 44;
const COLORS: Readonly<Record<string, string>> = { a: "#2166ac", b: "#1b7837", c: "#e08214" };
const RESTRICTED_COLOR = "#b2182b";
const OLD_COLOR = "#bbbbbb";
/** Two answers further apart leave a gap. */
const GAP_US = 900_000;

interface Bar {
  fromUs: number;
  toUs: number;
  color: string;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** Bars of moments that follow one another closely and have one colour. */
function barsOf(moments: readonly { atUs: number; color: string }[]): Bar[] {
  const bars: Bar[] = [];
  for (const { atUs, color } of moments) {
    const last = bars.at(-1);
    const follows = last !== undefined && atUs - last.toUs < GAP_US;
    if (follows) last.toUs = atUs;
    if (!follows || last?.color !== color) bars.push({ fromUs: atUs, toUs: atUs, color });
  }
  return bars;
}

function rowsOf({ client, names }: World): { label: string; bars: Bar[] }[] {
  const answered = client.healths.map(({ sentUs, processor, server }) => ({
    atUs: sentUs,
    color: server === "full" ? (COLORS[processor] ?? "#000") : RESTRICTED_COLOR,
  }));
  const statuses = names.map((name) => ({
    label: `status of ${name}`,
    bars: barsOf(
      (client.statuses.get(name) ?? []).map(({ doneUs, fresh, status }) => ({
        atUs: doneUs,
        color: fresh ? (status.server === "full" ? (COLORS[name] ?? "#000") : RESTRICTED_COLOR) : OLD_COLOR,
      })),
    ),
  }));
  return [{ label: "at the address", bars: barsOf(answered) }, ...statuses];
}

export function drawChart(world: World, toUs: number): string {
  const fromUs = world.beganUs;
  const rows = rowsOf(world);
  const height = TOP + rows.length * ROW + LEGEND;
  const x = (us: number) => LEFT + ((us - fromUs) / (toUs - fromUs)) * (WIDTH - LEFT - RIGHT);
  const rectangle = (from: number, to: number, y: number, high: number, fill: string) =>
    `<rect x="${x(from).toFixed(1)}" y="${y}" width="${Math.max(0.5, x(to) - x(from)).toFixed(1)}" height="${high}" fill="${fill}"/>`;
  const spans = world.spans.flatMap((span, index) => [
    rectangle(span.fromUs, span.toUs, TOP - 8, rows.length * ROW + 8, index % 2 === 0 ? "#eef3f8" : "#f8f3ee"),
    `<text transform="translate(${(x(span.fromUs) + 10).toFixed(1)},${TOP - 14}) rotate(-60)" font-size="10">${escaped(span.name)}</text>`,
  ]);
  const lines = rows.flatMap(({ label, bars }, row) => {
    const y = TOP + row * ROW;
    const words = `<text x="${LEFT - 8}" y="${y + BAR - 2}" font-size="12" text-anchor="end">${escaped(label)}</text>`;
    return [words, ...bars.map((bar) => rectangle(bar.fromUs, bar.toUs, y, BAR, bar.color))];
  });
  const kinds = [
    ...world.names.map((name) => [COLORS[name] ?? "#000", `processor ${name}, full server`] as const),
    [RESTRICTED_COLOR, "by a restricted server"] as const,
    [OLD_COLOR, "last known"] as const,
  ];
  const legend = kinds.map(([color, words], index) => {
    const at = LEFT + index * 210;
    return `<rect x="${at}" y="${height - 26}" width="12" height="12" fill="${color}"/><text x="${at + 18}" y="${height - 16}" font-size="12">${words}</text>`;
  });
  const title = `Who answers at the one address, and whose status comes; ${Math.round((toUs - fromUs) / 1e6)} seconds from left to right`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="${LEFT}" y="20" font-size="13" font-weight="bold">${title}</text>`,
    ...spans,
    ...lines,
    ...legend,
    "</svg>",
    "",
  ].join("\n");
}
