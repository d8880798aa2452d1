import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chart } from "../../../host/simulate/chart.js";
import { defaultOptions } from "../../../host/simulate/options.js";
import type { Report } from "../../../host/simulate/report.js";

const spread = { mean: 1, p95: 1, max: 1, weighted: 1 };

function reportOf(series: Report["series"], file = "trace.csv"): Report {
  return {
    trace: {
      ...{ file, format: "msr", commands: 1, writes: 0, bytes: 0, skipped: {}, lateLines: 0, seconds: 1 },
      ...{ wholeSeconds: false, volumes: [] },
    },
    settings: { ...defaultOptions },
    ...{ sessions: 1, targets: 1, windowSeconds: 1, policies: {} },
    simulatedSeconds: series.bound?.ratio.length ?? 0,
    bound: { worstToMean: spread, overloadedPortSeconds: 0, reachedWorstToMean: spread },
    series,
  };
}

/** The points of a line of the upper (0) or lower (1) panel. */
function points(svg: string, name: string, panel: number): string {
  const found = [...svg.matchAll(new RegExp(`<path class="line ${name}" d="(M[^"]*)"`, "g"))];
  return found[panel + 1]?.[1] ?? ""; // the first is the legend's
}

describe("chart", () => {
  test("draws each line in both panels, with a legend, and nothing that isn't a number", () => {
    const line = { ratio: [1, 2, 3], worst: [0.1, 0.2, 0.9] };
    const svg = chart(reportOf({ static: line, bound: { ratio: [1, 1, 1], worst: [0.1, 0.1, 0.1] } }));
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
    for (const label of ["static", "lower bound", "overload threshold"]) assert.ok(svg.includes(`>${label}<`), label);
    const heights = [...points(svg, "static", 0).matchAll(/ ([\d.]+)/g)].map((match) => Number(match[1]));
    assert.equal(heights.length, 3);
    assert.ok((heights[0] as number) > (heights[1] as number) && (heights[1] as number) > (heights[2] as number));
    assert.notEqual(points(svg, "static", 1), "");
    assert.match(svg, /prefers-color-scheme: dark/);
    assert.equal(svg.match(/<svg/g)?.length, 1);
    assert.ok(svg.endsWith("</svg>\n"));
  });

  test("leaves a gap where nothing was asked for", () => {
    const series = { ratio: [1, Number.NaN, 2, 2], worst: [0.1, 0, 0.2, 0.2] };
    const svg = chart(reportOf({ bound: series }));
    assert.match(points(svg, "bound", 0), /^M[^ML]*M[^ML]*L[^ML]*$/);
    assert.doesNotMatch(svg, /NaN/);
  });

  test("thins long runs by means", () => {
    const long = Array.from({ length: 3000 }, (_, i) => 1 + (i % 2));
    const svg = chart(reportOf({ bound: { ratio: long, worst: long } }));
    const drawn = points(svg, "bound", 0);
    assert.equal(drawn.match(/[ML]/g)?.length, 300);
    assert.equal(new Set([...drawn.matchAll(/ ([\d.]+)/g)].map((match) => match[1])).size, 1);
    assert.match(svg, /mean of each 10 s/);
  });

  test("draws a run of one window, and one without demand", () => {
    assert.doesNotMatch(chart(reportOf({ bound: { ratio: [1], worst: [0.5] } })), /NaN|Infinity/);
    assert.doesNotMatch(chart(reportOf({ bound: { ratio: [Number.NaN], worst: [0] } })), /NaN|Infinity/);
  });

  test("keeps names from being markup", () => {
    const svg = chart(reportOf({ bound: { ratio: [1], worst: [0.5] } }, "a<b>&c.csv"));
    assert.ok(svg.includes("a&lt;b&gt;&amp;c.csv"));
  });
});
