import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import { StatusMetrics } from "../../../host/management/full/status-metrics.js";
import { FACTS } from "../cli/run/hosted-run.js";

test("metrics of the status messages: datagrams by what became of them, dead links, things held by two", async () => {
  const registry = new Registry();
  const metrics = new StatusMetrics(registry);
  // Set twice: what is counted elsewhere is not added up here.
  metrics.set(FACTS);
  metrics.set(FACTS);
  const lines = (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of [
    "fairlead_status_datagrams_sent_total 60",
    "fairlead_status_datagrams_received_total 55",
    "fairlead_status_datagrams_accepted_total 50",
    'fairlead_status_datagrams_dropped_total{reason="old_sequence"} 5',
    'fairlead_status_datagrams_dropped_total{reason="wrong_key"} 0',
    'fairlead_status_link_dead{controller="b",link="0"} 0',
    'fairlead_status_link_dead{controller="b",link="1"} 1',
    'fairlead_doubled_claims_total{thing="interface"} 1',
    'fairlead_doubled_claims_total{thing="unit"} 2',
  ])
    assert.ok(lines.includes(line), `${line} in\n${lines.join("\n")}`);
  metrics.set({ ...FACTS, links: [] });
  assert.doesNotMatch(await registry.metrics(), /status_link_dead\{/, "links of a controller that has left go");
});
