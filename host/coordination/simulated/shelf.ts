/** A shelf in virtual time: it admits one server a unit, and refuses an epoch lower than the highest it has seen for it. */

import type { Random } from "../../sources/simulated/random.js";
import type { UnitShelf } from "../controller-effects.js";
import type { ProcessPoints } from "./machine.js";
import type { VirtualClock, VirtualTime } from "./time.js";

export class SimulatedShelf {
  readonly admitted = new Map<string, { server: string; epoch: number }>();
  /** Slowest way there, in milliseconds: an order to the shelf may come late. */
  delayMsMax = 20;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly refusesLowerEpoch = true,
  ) {}

  shelfFor(points: ProcessPoints, clock: VirtualClock): UnitShelf {
    return {
      admit: (unit, server, epoch) =>
        new Promise((resolve, reject) => {
          points.issue("unit", () => {
            this.time.after(this.random.below(this.delayMsMax), () => {
              const refused = this.refusesLowerEpoch && epoch < (this.admitted.get(unit)?.epoch ?? 0);
              if (!refused) this.admitted.set(unit, { server, epoch });
              clock.deliver(() => (refused ? reject(new Error("a higher epoch has been seen")) : resolve(undefined)));
            });
          });
        }),
    };
  }
}
