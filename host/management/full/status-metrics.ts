/** Metrics of the status messages between controllers, and of what goes into them. */

import { Counter, Gauge, type Registry } from "prom-client";
import type { ChannelFacts } from "../../coordination/status/channel-facts.js";

/** Counters that say what became of a datagram that came; all others count it as dropped for their reason. */
const NOT_DROPPED: ReadonlySet<string> = new Set(["sent", "received", "accepted"]);

export class StatusMetrics {
  private readonly sent: Counter;
  private readonly received: Counter;
  private readonly accepted: Counter;
  private readonly dropped: Counter;
  private readonly dead: Gauge;
  private readonly doubled: Counter;
  private readonly tracked: Gauge;

  constructor(registry: Registry) {
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name, help, labelNames, registers: [registry] });
    this.sent = counter("fairlead_status_datagrams_sent_total", "Status datagrams sent.");
    this.received = counter("fairlead_status_datagrams_received_total", "Status datagrams that came.");
    this.accepted = counter("fairlead_status_datagrams_accepted_total", "Status datagrams that said something new.");
    this.dropped = counter("fairlead_status_datagrams_dropped_total", "Status datagrams dropped, by reason.", [
      "reason",
    ]);
    this.doubled = counter(
      "fairlead_doubled_claims_total",
      "Times that two controllers said at one time that they hold the same address, or serve the same unit.",
      ["thing"],
    );
    this.tracked = new Gauge({
      name: "fairlead_tracked_input_up",
      help: "1 for a tracked link or script of this controller that is up.",
      labelNames: ["kind", "name"],
      registers: [registry],
    });
    this.dead = new Gauge({
      name: "fairlead_status_link_dead",
      help: "1 for a link that brings nothing while another one from the same controller does.",
      labelNames: ["controller", "link"],
      registers: [registry],
    });
  }

  /** @param facts undefined for an array without `coordination` */
  set(facts: ChannelFacts | undefined): void {
    const { sent, received, accepted, dropped, dead, doubled, tracked } = this;
    for (const metric of [sent, received, accepted, dropped, dead, doubled, tracked]) metric.reset();
    if (facts === undefined) return;
    const { counters, links } = facts;
    sent.inc(counters.sent);
    received.inc(counters.received);
    accepted.inc(counters.accepted);
    for (const [reason, times] of Object.entries(counters)) {
      if (!NOT_DROPPED.has(reason)) dropped.inc({ reason: metricLabel(reason) }, times);
    }
    for (const each of links) dead.set({ controller: each.controller, link: String(each.link) }, each.dead ? 1 : 0);
    for (const { kind, name, state } of facts.tracked) tracked.set({ kind, name }, state === "up" ? 1 : 0);
    doubled.inc({ thing: "interface" }, facts.doubledInterfaces);
    doubled.inc({ thing: "unit" }, facts.doubledUnits);
  }
}

/** `oldSequence` → `old_sequence`, as labels are written. */
function metricLabel(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
