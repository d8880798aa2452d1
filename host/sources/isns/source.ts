/** Registrations as the iSNS server lists them, read back again and again. */

import type { ArrayDescription } from "../../array/description.js";
import type { Source } from "../../shim/actor.js";
import type { Shim } from "../../shim/shim.js";
import { canonicalPortal } from "../portal.js";
import { Repeat } from "../repeat.js";
import type { PortalGroup } from "./parse.js";

/** What the source needs of the server. */
export interface RegistrationLister {
  portalGroups(target?: string): Promise<PortalGroup[]>;
}

export interface RegistrationSourceOptions {
  array: ArrayDescription;
  pollMs: number;
  /** A line for the operator: the server can't be reached, or can again. */
  report: (line: string) => void;
  /** Looks at a listing before the module sees it; true: the server was changed, list again. */
  inspect?: (groups: readonly PortalGroup[]) => Promise<boolean>;
  /** Called when the source is closed and asks no more. */
  closed?: () => void;
}

/** Rest after a listing, as a multiple of its length: a large server is asked less often. */
const REST_FACTOR = 3;

export class RegistrationSource implements Source {
  private shim: Shim | undefined;
  private readonly repeat: Repeat;
  /** Names of ports by their portal in the one spelling. */
  private readonly portNames = new Map<string, string>();
  /** Targets observed on their own since the listing under way began. */
  private readonly observed = new Set<string>();
  private reachable = true;

  constructor(
    private readonly server: RegistrationLister,
    private readonly options: RegistrationSourceOptions,
  ) {
    for (const port of options.array.ports) {
      const portal = canonicalPortal(port.address);
      if (portal !== undefined) this.portNames.set(portal, port.name);
    }
    this.repeat = new Repeat(() => this.poll(), { intervalMs: options.pollMs, restFactor: REST_FACTOR });
  }

  attach(shim: Shim): void {
    this.shim = shim;
    this.repeat.start();
  }

  beforeTick(): void {
    // Listings are handed over as they come: every moment between two ticks is as good as the one before a tick.
  }

  /** Takes a listing of one target, made right after a change; a whole listing under way may be older. */
  observe(target: string, groups: readonly PortalGroup[]): void {
    const shim = this.shim as Shim;
    const row = shim.names.targets.row(target);
    if (row < 0) return;
    shim.setRegistrations(row, this.listedPorts(shim, groups).get(target) ?? []);
    this.observed.add(target);
  }

  /** Reads everything back now. */
  refresh(): Promise<void> {
    return this.repeat.now();
  }

  async close(): Promise<void> {
    await this.repeat.close();
    this.options.closed?.();
  }

  private async poll(): Promise<void> {
    try {
      this.observed.clear();
      let groups = await this.server.portalGroups();
      if ((await this.options.inspect?.(groups)) === true) {
        this.observed.clear();
        groups = await this.server.portalGroups();
      }
      this.hand(groups);
      if (!this.reachable) this.options.report("iSNS server: reachable again");
      this.reachable = true;
    } catch (error) {
      // The latest listing stays: that a server can't be asked says nothing of what it would answer.
      if (this.reachable) this.options.report(`iSNS server: ${(error as Error).message}`);
      this.reachable = false;
    }
  }

  private hand(groups: readonly PortalGroup[]): void {
    const shim = this.shim as Shim;
    const listed = this.listedPorts(shim, groups);
    for (const row of shim.names.targets.rows()) {
      const name = shim.names.targets.name(row);
      if (!this.observed.has(name)) shim.setRegistrations(row, listed.get(name) ?? []);
    }
  }

  /** Port rows with a tag that is not NULL, by target name. */
  private listedPorts(shim: Shim, groups: readonly PortalGroup[]): Map<string, number[]> {
    const listed = new Map<string, number[]>();
    for (const group of groups) {
      const port = shim.names.ports.row(this.portNames.get(group.portal) ?? "");
      if (port < 0 || group.tag === 0) continue;
      const ports = listed.get(group.name);
      if (ports === undefined) listed.set(group.name, [port]);
      else ports.push(port);
    }
    return listed;
  }
}
