/** Metrics of the status messages between controllers. */

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
    this.dead = new Gauge({
      name: "fairlead_status_link_dead",
      help: "1 for a link that brings nothing while another one from the same controller does.",
      labelNames: ["controller", "link"],
      registers: [registry],
    });
  }

  /** @param facts undefined for an array without `coordination` */
  set(facts: ChannelFacts | undefined): void {
    for (const metric of [this.sent, this.received, this.accepted, this.dropped, this.doubled, this.dead])
      metric.reset();
    if (facts === undefined) return;
    const { counters, links } = facts;
    this.sent.inc(counters.sent);
    this.received.inc(counters.received);
    this.accepted.inc(counters.accepted);
    for (const [reason, times] of Object.entries(counters)) {
      if (!NOT_DROPPED.has(reason)) this.dropped.inc({ reason: metricLabel(reason) }, times);
    }
    for (const { controller, link, dead } of links) this.dead.set({ controller, link: String(link) }, dead ? 1 : 0);
    this.doubled.inc({ thing: "interface" }, facts.doubledInterfaces);
    this.doubled.inc({ thing: "unit" }, facts.doubledUnits);
  }
}

/** `oldSequence` → `old_sequence`, as labels are written. */
function metricLabel(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
