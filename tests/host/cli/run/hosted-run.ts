/** A run of two failover pairs over simulated kernels and shelves, in virtual time. */

import assert from "node:assert/strict";
import { parseArray } from "../../../../host/array/description.js";
import { Engine } from "../../../../host/cli/run/engine.js";
import { JsonLines } from "../../../../host/cli/run/lines.js";
import type { DecisionRecord, RunEvent } from "../../../../host/cli/run/records.js";
import { Statistics } from "../../../../host/cli/run/statistics.js";
import type { ChannelFacts } from "../../../../host/coordination/status/channel-facts.js";
import { StatusCounters } from "../../../../host/coordination/status/counters.js";
import { Hosting } from "../../../../host/scenario/hosting.js";
import { Timeline } from "../../../../host/scenario/timeline.js";
import { readModule } from "../../../../host/cli/exit.js";
import { startShim } from "../../../../host/shim/start.js";

export const PAIRS = `name: pairs
profile: small
controllers: [{name: a, partner: b}, b, {name: c, partner: d}, d]
networkPorts: [{name: a0, controller: a}, {name: b0, controller: b}, {name: c0, controller: c}, {name: d0, controller: d}]
interfaces: [{name: data1, home: a0}, {name: data2, home: b0}]
units: [{name: u1, owner: a}, {name: u2, owner: b}]
ports: [p]
policy: {common: {graceMs: 500}}
`;

export const FACTS: ChannelFacts = {
  counters: { ...new StatusCounters(), sent: 60, received: 55, accepted: 50, oldSequence: 5 },
  links: [
    { controller: "b", link: 0, heardAgeMs: 100, dead: false },
    { controller: "b", link: 1, heardAgeMs: null, dead: true },
  ],
  doubledInterfaces: 1,
  doubledUnits: 2,
  tracked: [
    { kind: "link", name: "m0", weight: 50, state: "up", detail: "has its carrier" },
    { kind: "script", name: "gateway", weight: 60, state: "down", detail: "exit code 1" },
  ],
};

export type Line = Partial<DecisionRecord & RunEvent & Record<string, unknown>>;

export function hostedRun(channelFacts?: ChannelFacts) {
  const { array, problems } = parseArray(PAIRS, "pairs.yaml");
  assert.ok(array !== undefined, JSON.stringify(problems));
  const { shim } = startShim({ module: readModule("small", false), controller: "a", nowMs: 0, maxAgeMs: 0 });
  assert.deepEqual(shim.configure(array), []);
  const timeline = new Timeline();
  const hosting = new Hosting(array, timeline, () => ({ does: "apply", afterMs: 30 }));
  const effector = {
    handle: (decision: Parameters<Hosting["handle"]>[0]) => void hosting.handle(decision),
    close: async () => {},
  };
  const coordination = channelFacts && { coordination: { channelFacts: () => channelFacts } };
  const engine = new Engine({ shim, sources: [], effectors: [effector], ...coordination });
  hosting.attach(shim);
  const lines: Line[] = [];
  const statistics = new Statistics();
  engine.listen(new JsonLines((text) => void lines.push(JSON.parse(text) as Line), true));
  engine.listen(statistics);
  let nextMs = 0;
  return {
    engine,
    array,
    hosting,
    lines,
    /** Goes on to a time in milliseconds, a tick each 100; what was told on the way. */
    runTo(untilMs: number): Line[] {
      const first = lines.length;
      for (; nextMs <= untilMs; nextMs += 100) {
        timeline.runUntil(nextMs, () => {});
        hosting.observe();
        engine.step(nextMs);
      }
      return lines.slice(first);
    },
    summary: () => statistics.summary(engine, "duration"),
  };
}
