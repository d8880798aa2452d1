import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { demoTrace, generatedSource } from "../../../host/simulate/generate.js";
import { defaultOptions, type SimulationOptions } from "../../../host/simulate/options.js";
import { PolicyRefused } from "../../../host/simulate/policies/fairlead.js";
import { type Report, toJson, toTable } from "../../../host/simulate/report.js";
import { simulate } from "../../../host/simulate/simulate.js";
import { fileSource } from "../../../host/simulate/trace/reader.js";
import type { TraceFormat } from "../../../host/simulate/trace/record.js";
import { textSource, tracePath } from "./helpers.js";

const readModule = (profile: string) =>
  readFileSync(new URL(`../../../../fairlead-${profile}-plain.wasm`, import.meta.url));

async function small(format: TraceFormat, options: Partial<SimulationOptions> = {}): Promise<Report> {
  const source = await fileSource(tracePath(`small-${format}.csv`));
  return simulate(source, { ...defaultOptions, ports: 4, targets: 8, initiators: 3, format, ...options }, readModule);
}

/** What must not depend on the format or the name of the file. */
function figures(found: Report) {
  const { commands, writes, bytes, seconds } = found.trace;
  return { commands, writes, bytes, seconds, policies: found.policies, bound: found.bound, series: found.series };
}

describe("simulation", () => {
  test("gives the same figures for both formats of one trace, and every time", async () => {
    const found = figures(await small("cloudphysics"));
    assert.deepEqual(figures(await small("msr")), found);
    assert.deepEqual(figures(await small("cloudphysics")), found);
    assert.equal(found.commands, 1229);
  });

  for (const next of ["first", "following"] as const) {
    for (const start of ["target", "session", "first"] as const) {
      test(`no policy is below the bound in any window (start ${start}, next portal ${next})`, async () => {
        const found = await small("msr", { nextPortal: next, start, windowMs: 500, redirection: next === "first" });
        const bound = found.series.bound?.worst as number[];
        assert.equal(bound.length, 80);
        for (const name of ["static", "literal", "fairlead"] as const) {
          const worst = found.series[name]?.worst as number[];
          assert.equal(worst.length, bound.length);
          for (const [window, value] of worst.entries())
            assert.ok(value >= (bound[window] as number), `${name} ${window}`);
          const policy = found.policies[name];
          assert.ok(policy !== undefined && policy.overloadedPortSeconds >= found.bound.overloadedPortSeconds);
          for (const figure of ["mean", "p95", "max", "weighted"] as const) {
            assert.ok(policy.worstToMean[figure] >= found.bound.worstToMean[figure] - 1e-12, `${name} ${figure}`);
          }
        }
      });
    }
  }

  test("static moves nothing, and literal on its own is what it is beside others", async () => {
    const all = await small("msr", { start: "first" });
    assert.deepEqual(
      { ...all.policies.static, worstToMean: undefined, overloadedPortSeconds: undefined },
      {
        worstToMean: undefined,
        overloadedPortSeconds: undefined,
        moves: 0,
        cameBack: 0,
        logouts: 0,
        loggedOutSeconds: 0,
      },
    );
    assert.equal(all.policies.static?.worstToMean.max, 4, "everything is on one of four ports");
    const alone = await small("msr", { start: "first", policies: ["literal"] });
    assert.ok((alone.policies.literal?.moves ?? 0) > 0);
    assert.deepEqual(alone.policies, { literal: all.policies.literal });
  });

  test("sizes the ports so that the mean utilisation is the one asked for", async () => {
    for (const utilization of [0.25, 0.5]) {
      const { series } = await small("msr", { utilization, policies: ["static"] });
      const { ratio = [], worst = [] } = series.static ?? {};
      const means = worst.map((value, window) => (value === 0 ? 0 : value / (ratio[window] as number)));
      assert.ok(Math.abs(means.reduce((a, b) => a + b, 0) / means.length - utilization) < 1e-9);
    }
  });

  test("at twice the speed lasts half as long", async () => {
    assert.equal((await small("msr", { policies: ["static"] })).simulatedSeconds, 40);
    assert.equal((await small("msr", { policies: ["static"], speed: 2 })).simulatedSeconds, 20);
  });

  test("the module moves sessions off an overloaded port, and each move's costs are counted", async () => {
    const source = generatedSource("msr", { ...demoTrace, seconds: 90 });
    const found = await simulate(source, { ...defaultOptions, format: "msr", redirection: true }, readModule);
    const { fairlead, static: still } = found.policies;
    assert.ok(fairlead !== undefined && still !== undefined);
    assert.ok(fairlead.moves > 10, `${fairlead.moves} moves`);
    assert.ok(fairlead.worstToMean.mean < still.worstToMean.mean);
    assert.ok(fairlead.overloadedPortSeconds < still.overloadedPortSeconds);
    assert.ok(fairlead.loggedOutSeconds >= fairlead.moves * 0.5);
    assert.ok((fairlead.decisions?.["REDIRECT_SESSION OVERLOADED"] ?? 0) >= fairlead.moves);
  });

  test("refuses knobs out of range and unknown ones, and those that the module refuses together", async () => {
    await assert.rejects(
      small("msr", { knobs: { highSamples: 300 } }),
      /--knob: found "highSamples=300"; .*1 to 100 samples/,
    );
    await assert.rejects(
      small("msr", { knobs: { speed: 1 } }),
      /--knob: found "speed"; .*sampleMs, .*slowStartPermille/,
    );
    const upsideDown = { lowWatermarkPermille: 900, highWatermarkPermille: 800 };
    await assert.rejects(small("msr", { knobs: upsideDown }), (error: unknown) => {
      assert.ok(error instanceof PolicyRefused);
      assert.match(error.message, /Watermark/);
      return true;
    });
  });

  test("tells of commands left out and of lines that stand late", async () => {
    const text = "1,10,2a,512,4\n1,11,35,0,0\n1,13,28,512,4\n1,12,28,512,4\n";
    const found = await simulate(textSource(text), { ...defaultOptions, policies: ["static"] }, readModule);
    assert.deepEqual(found.trace.skipped, { "35": 1 });
    const table = toTable(found);
    assert.match(table, /3 reads and writes/);
    assert.match(table, /left out, neither read nor write: 1 of opcode 35/);
    assert.match(table, /1 lines stand later in the file than their time/);
    assert.match(table, /24 targets were asked for/);
  });

  test("prints a table with a line for each policy and for the bound, and one JSON object without the series", async () => {
    const found = await small("msr");
    const lines = toTable(found).split("\n");
    const heads = ["policy", "static", "literal", "fairlead", "lower bound"];
    for (const head of heads) assert.equal(lines.filter((line) => line.startsWith(`${head} `)).length, 1, head);
    const { series: _, ...rest } = found;
    assert.deepEqual(JSON.parse(toJson(found)), JSON.parse(JSON.stringify(rest)));
  });
});
