/** Sessions of one port, as its tgtd reports them, and what they add up to. */

import { LinkState } from "../../shim/generated/layout.js";
import type { Shim } from "../../shim/shim.js";
import { Repeat } from "../repeat.js";
import { sessionKey, type TgtNexus, type TgtStatistics, type TgtTarget } from "./parse.js";
import type { TgtPort, TgtSession, TgtSourceOptions } from "./source.js";
import { TgtError, type Tgtadm } from "./tgtadm.js";

interface Known {
  nexus: TgtNexus;
  /** Row of the session; -1 where its target is not in the array file, or the profile has no row left. */
  row: number;
  operations: number;
  bytes: number;
}

/** Polls after which sessions are listed again though nothing points to a change. */
const LIST_EVERY_POLLS = 20;

export class PortSessions {
  readonly name: string;
  readonly tgtadm: Tgtadm;
  /** Monotonic sums over all sessions that the port has had since the first answer. */
  operations = 0;
  bytes = 0;
  queueDepth = 0;
  serverState: LinkState = LinkState.UNKNOWN;
  private readonly known = new Map<string, Known>();
  private readonly targetNumbers = new Map<string, number>();
  private readonly repeat: Repeat;
  private shim: Shim | undefined;
  private hostNow: () => number = () => 0;
  private pollsSinceList = LIST_EVERY_POLLS;
  private seenBefore = false;
  private troubled = false;

  constructor(
    port: TgtPort,
    private readonly options: TgtSourceOptions,
    private readonly onPolled: () => void,
  ) {
    this.name = port.name;
    this.tgtadm = port.tgtadm;
    this.repeat = new Repeat(() => this.poll(), { intervalMs: options.pollMs });
  }

  attach(shim: Shim, hostNow: () => number): void {
    this.shim = shim;
    this.hostNow = hostNow;
    this.repeat.start();
  }

  refresh(): Promise<void> {
    return this.repeat.now();
  }

  close(): Promise<void> {
    return this.repeat.close();
  }

  /** The session of a row. */
  find(row: number): TgtSession | undefined {
    for (const { nexus, row: of } of this.known.values()) {
      if (of !== row) continue;
      const { tid, sid } = nexus;
      return { port: this.name, tid, sid, connections: nexus.connections.map(({ cid }) => ({ tid, sid, cid })) };
    }
    return undefined;
  }

  targetNumber(target: string): number | undefined {
    return this.targetNumbers.get(target);
  }

  has(initiator: string, target: string): boolean {
    for (const { nexus } of this.known.values()) {
      if (nexus.initiator === initiator && nexus.targetName === target) return true;
    }
    return false;
  }

  private async poll(): Promise<void> {
    try {
      const statistics = await this.tgtadm.statistics();
      if (this.mustList(statistics)) {
        this.reconcile(await this.tgtadm.targets(), statistics);
        this.pollsSinceList = 0;
      }
      this.pollsSinceList++;
      this.count(statistics);
      this.serverState = LinkState.UP;
      this.settle(undefined);
    } catch (error) {
      this.settle(error as Error);
      // A late answer says nothing; a missing server says that its connections are gone.
      if (!(error instanceof TgtError) || error.fault !== "absent") return;
      this.serverState = LinkState.DOWN;
      for (const key of [...this.known.keys()]) this.end(key);
      this.queueDepth = 0;
    }
    this.seenBefore = true;
    this.onPolled();
  }

  /** Sessions came or went, or one number stands for another session since a restart of tgtd. */
  private mustList(statistics: ReadonlyMap<string, TgtStatistics>): boolean {
    if (this.pollsSinceList >= LIST_EVERY_POLLS || statistics.size !== this.known.size) return true;
    for (const [key, now] of statistics) {
      const before = this.known.get(key);
      if (before === undefined || now.bytes < before.bytes) return true;
    }
    return false;
  }

  private reconcile(targets: readonly TgtTarget[], statistics: ReadonlyMap<string, TgtStatistics>): void {
    const listed = new Map<string, TgtNexus>();
    this.targetNumbers.clear();
    for (const target of targets) {
      this.targetNumbers.set(target.name, target.tid);
      for (const nexus of target.nexuses) listed.set(sessionKey(nexus.tid, nexus.sid), nexus);
    }
    for (const [key, { nexus, bytes }] of [...this.known]) {
      const now = listed.get(key);
      const same = now !== undefined && now.initiator === nexus.initiator && now.targetName === nexus.targetName;
      const wentBack = (statistics.get(key)?.bytes ?? 0) < bytes;
      if (!same || wentBack) this.end(key);
    }
    for (const [key, nexus] of listed) {
      const known = this.known.get(key);
      if (known === undefined) this.begin(key, nexus, statistics.get(key));
      else known.nexus = nexus;
    }
  }

  private begin(key: string, nexus: TgtNexus, counters: TgtStatistics | undefined): void {
    const shim = this.shim as Shim;
    const port = shim.names.ports.row(this.name);
    const target = shim.names.targets.row(nexus.targetName);
    const initiator = port < 0 || target < 0 ? -1 : shim.initiator(nexus.initiator);
    // No flag: tgt never sends an Async Message, and tgtadm doesn't show reservations.
    const row = initiator < 0 ? -1 : shim.login(initiator, target, port, 0);
    // What a session did before the first answer is no work of a time that was watched.
    const ahead = this.seenBefore ? undefined : counters;
    this.known.set(key, { nexus, row, operations: ahead?.operations ?? 0, bytes: ahead?.bytes ?? 0 });
  }

  private end(key: string): void {
    const known = this.known.get(key);
    if (known === undefined) return;
    this.known.delete(key);
    if (known.row >= 0) (this.shim as Shim).logout(known.row);
  }

  private count(statistics: ReadonlyMap<string, TgtStatistics>): void {
    const shim = this.shim as Shim;
    const nowMs = Math.floor(this.hostNow());
    let queueDepth = 0;
    for (const [key, now] of statistics) {
      const known = this.known.get(key);
      if (known === undefined) continue;
      this.operations += (now.operations - known.operations) >>> 0;
      this.bytes += Math.max(0, now.bytes - known.bytes);
      queueDepth += now.inFlight;
      known.operations = now.operations;
      known.bytes = now.bytes;
      if (known.row >= 0) shim.sessionCounters(known.row, nowMs, now.operations, now.bytes, now.inFlight);
    }
    this.queueDepth = queueDepth;
  }

  /** Says a trouble once, and its end once. */
  private settle(error: Error | undefined): void {
    if (error !== undefined && !this.troubled) this.options.report(`port ${this.name}: ${error.message}`);
    if (error === undefined && this.troubled) this.options.report(`port ${this.name}: tgtd answers again`);
    this.troubled = error !== undefined;
  }
}
