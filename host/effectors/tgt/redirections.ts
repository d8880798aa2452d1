/**
 * Login redirection (RFC 7143, section 11.13.5) by tgt. An initiator that lost its session may come back through any
 * portal that the iSNS server lists, so all own ports but the one meant send it on. tgt redirects a target as a whole:
 * until it ends, every new login to the target is sent on, whoever's it is. It ends when the session has landed, or after
 * a time; and at a start, what an earlier host has left is taken away.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { ArrayDescription } from "../../array/description.js";
import { canonicalPortal, type PortalParts, portalParts } from "../../sources/portal.js";
import type { TgtSource } from "../../sources/tgt/source.js";
import { TgtError } from "../../sources/tgt/tgtadm.js";

export interface RedirectionOptions {
  array: ArrayDescription;
  /** Names of ports with a tgtd here. */
  ports: readonly string[];
  /** A redirection ends after this, landed or not. */
  holdMs: number;
  report: (line: string) => void;
}

/** Between two looks whether the session has landed. */
const LOOK_MS = 250;

export class Redirections {
  private readonly portals: ReadonlyMap<string, PortalParts>;
  /** Moves of each target that need its redirection: the latest says where to, the last one to end ends it. */
  private readonly holders = new Map<string, number>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly stop = new AbortController();

  constructor(
    private readonly source: TgtSource,
    private readonly options: RedirectionOptions,
  ) {
    const portals = options.array.ports.map((port) => [port.name, portalParts(port.address)] as const);
    this.portals = new Map(portals.filter((each): each is [string, PortalParts] => each[1] !== undefined));
  }

  /** Takes away what an earlier host has left on targets whose logins fairlead redirects. */
  start(): void {
    if (!this.options.array.targets.some((target) => target.redirection)) return;
    for (const port of this.options.ports) this.track(this.sweep(port));
  }

  /**
   * Sends logins to a target on to a port, before the session's connection is closed.
   * @throws TgtError, or Error where nothing is known to redirect to
   */
  async begin(target: string, initiator: string, to: string): Promise<void> {
    const portal = this.portals.get(to);
    if (portal === undefined) throw new Error(`no portal of port ${to} to redirect to`);
    const address = portal.address.includes(":") ? `[${portal.address}]` : portal.address;
    this.holders.set(target, (this.holders.get(target) ?? 0) + 1);
    try {
      await this.onAllPorts(target, { address, port: `${portal.port}` }, to);
    } finally {
      this.track(this.hold(target, () => this.source.hasSession(initiator, target, to)));
    }
  }

  /** Ends all redirections at once. */
  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.underWay);
  }

  private async hold(target: string, landed: () => boolean): Promise<void> {
    const endMs = performance.now() + this.options.holdMs;
    while (performance.now() < endMs && !landed() && !this.stop.signal.aborted) {
      await delay(LOOK_MS, undefined, { signal: this.stop.signal }).catch(() => undefined);
    }
    const others = (this.holders.get(target) ?? 1) - 1;
    if (others > 0) {
      this.holders.set(target, others);
      return;
    }
    this.holders.delete(target);
    try {
      await this.onAllPorts(target, undefined, "");
    } catch (error) {
      this.options.report(`target ${target}: redirection not ended: ${(error as Error).message}`);
    }
  }

  /** Sets or ends the redirection of a target on every port here but one; a port without a tgtd redirects nobody. */
  private async onAllPorts(
    target: string,
    to: { address: string; port: string } | undefined,
    but: string,
  ): Promise<void> {
    const works = this.options.ports.map(async (port) => {
      const tid = this.source.targetNumber(port, target);
      const tgtadm = this.source.tgtadm(port);
      if (tid === undefined || tgtadm === undefined) return;
      try {
        await tgtadm.redirect(tid, port === but ? undefined : to);
      } catch (error) {
        if (!(error instanceof TgtError) || error.fault !== "absent") throw error;
      }
    });
    const failed = (await Promise.allSettled(works)).find((work) => work.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  private async sweep(port: string): Promise<void> {
    const tgtadm = this.source.tgtadm(port);
    if (tgtadm === undefined) return;
    const owned = new Set(this.options.array.targets.filter((each) => each.redirection).map((each) => each.name));
    const portals = new Set(this.options.array.ports.map((each) => canonicalPortal(each.address)));
    try {
      for (const target of await tgtadm.targets()) {
        if (!owned.has(target.name)) continue;
        const to = await tgtadm.redirection(target.tid);
        if (to !== undefined && portals.has(canonicalPortal(`${to.address}:${to.port}`)))
          await tgtadm.redirect(target.tid, undefined);
      }
    } catch (error) {
      this.options.report(`port ${port}: redirections of an earlier host may be left: ${(error as Error).message}`);
    }
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }
}
