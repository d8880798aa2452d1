/** The shelf's tgtd: a target with one logical unit for each unit, and one initiator admitted to each. */

import { setTimeout as delay } from "node:timers/promises";
import type { TgtAccess } from "../../../sources/tgt/parse.js";
import { TgtError, type Tgtadm } from "../../../sources/tgt/tgtadm.js";
import type { ShelfTarget } from "./agent.js";

export interface TgtShelfOptions {
  /** iSCSI name of each unit's target. */
  targets: ReadonlyMap<string, string>;
  /** Until connections that are closed are gone, at most. */
  timeoutMs: number;
}

const LOOK_MS = 20;

export class TgtShelf implements ShelfTarget {
  constructor(
    private readonly tgtadm: Tgtadm,
    private readonly options: TgtShelfOptions,
  ) {}

  async admitOnly(unit: string, initiator: string | undefined): Promise<void> {
    const endMs = performance.now() + this.options.timeoutMs;
    for (;;) {
      const access = await this.access(unit);
      const left = await this.shutOut(access, initiator);
      if (!left) {
        if (initiator !== undefined && !access.initiators.includes(initiator)) {
          await this.tgtadm.admit(access.tid, initiator);
        }
        return;
      }
      if (performance.now() > endMs) throw new Error(`unit ${unit}: connections of other initiators stay`);
      await delay(LOOK_MS);
    }
  }

  /** Unbinds and disconnects all others. @returns whether there was anything: then look again before anybody is let in */
  private async shutOut(access: TgtAccess, initiator: string | undefined): Promise<boolean> {
    const { tid } = access;
    const names = access.initiators.filter((name) => name !== initiator);
    for (const name of names) await this.tgtadm.expel(tid, name);
    // A login under way has passed the list already, and has no name yet: it goes too, and comes again.
    const sessions = access.sessions.filter((session) => session.initiator !== initiator);
    for (const { sid, cids } of sessions) {
      for (const cid of cids) await this.tgtadm.closeConnection({ tid, sid, cid });
    }
    return names.length > 0 || sessions.length > 0;
  }

  private async access(unit: string): Promise<TgtAccess> {
    const name = this.options.targets.get(unit);
    const access = (await this.tgtadm.access()).find((each) => each.name === name);
    if (access === undefined) throw new TgtError("refused", `unit ${unit}: tgtd has no target ${name}`, -1);
    return access;
  }
}
