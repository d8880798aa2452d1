/**
 * Login redirection (RFC 7143, section 11.13.5) by tgt. tgt redirects a target as a whole, on one tgtd and so on one
 * port: until it ends, every login to the target through that port is sent on. It ends when the session has landed, or
 * after a time; and at a start, what an earlier host has left is taken away.
 */

import { setTimeout as delay } from "node:timers/promises";
import type { ArrayDescription } from "../../array/description.js";
import { canonicalPortal, type PortalParts, portalParts } from "../../sources/portal.js";
import type { TgtSession, TgtSource } from "../../sources/tgt/source.js";

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
  /** Redirections by port and target number, so that two moves of a target share one. */
  private readonly held = new Map<string, { holders: number }>();
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

  /** Redirects logins to the session's target on its port, before its connection is closed. */
  async begin(session: TgtSession, to: string, move: { initiator: string; target: string }): Promise<void> {
    const portal = this.portals.get(to);
    const tgtadm = this.source.tgtadm(session.port);
    if (portal === undefined || tgtadm === undefined) throw new Error(`no portal of port ${to} to redirect to`);
    const key = `${session.port} ${session.tid}`;
    const held = this.held.get(key) ?? { holders: 0 };
    held.holders++;
    this.held.set(key, held);
    const address = portal.address.includes(":") ? `[${portal.address}]` : portal.address;
    try {
      await tgtadm.redirect(session.tid, { address, port: `${portal.port}` });
    } finally {
      this.track(this.hold(session, key, () => this.source.hasSession(move.initiator, move.target, to)));
    }
  }

  /** Ends all redirections at once. */
  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.underWay);
  }

  private async hold(session: TgtSession, key: string, landed: () => boolean): Promise<void> {
    const endMs = performance.now() + this.options.holdMs;
    while (performance.now() < endMs && !landed() && !this.stop.signal.aborted) {
      await delay(LOOK_MS, undefined, { signal: this.stop.signal }).catch(() => undefined);
    }
    const held = this.held.get(key);
    if (held === undefined || --held.holders > 0) return;
    this.held.delete(key);
    await this.clear(session.port, session.tid);
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
        if (to !== undefined && portals.has(canonicalPortal(`${to.address}:${to.port}`))) await tgtadm.redirect(target.tid, undefined);
      }
    } catch (error) {
      this.options.report(`port ${port}: redirections of an earlier host may be left: ${(error as Error).message}`);
    }
  }

  private async clear(port: string, tid: number): Promise<void> {
    try {
      await this.source.tgtadm(port)?.redirect(tid, undefined);
    } catch (error) {
      this.options.report(`port ${port}: redirection of target ${tid} not ended: ${(error as Error).message}`);
    }
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }
}
