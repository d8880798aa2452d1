/** The array's client of the simulated iSNS server: changes registrations, reads them back, and polls all of them. */

import { OutcomeResult } from "../../shim/generated/layout.js";
import type { World } from "./world.js";

export class RegistrationClient {
  /** Serial number of the server's answer that a target's observation comes from: an older answer changes nothing. */
  private readonly observed: number[] = [];

  /** @param observe told the listed ports of a target each time that they were read */
  constructor(
    private readonly world: World,
    private readonly observe: (target: number, ports: readonly number[]) => void,
  ) {}

  /** Reads everything now and then polls. */
  start(): void {
    this.world.after(0, () => this.poll());
  }

  /** Steps 107 and 112: withdraws or restores a registration, then reads back whether it is so. */
  change(target: number, port: number, listed: boolean, report: (result: number) => void): void {
    const { isns } = this.world;
    if (target < 0 || port < 0) {
      report(OutcomeResult.REFUSED);
      return;
    }
    isns.request(
      () => (listed ? isns.register(target, port) : isns.deregister(target, port)),
      () => this.readBack(target, port, listed, report),
      () => report(OutcomeResult.TIMED_OUT),
    );
  }

  private readBack(target: number, port: number, listed: boolean, report: (result: number) => void): void {
    const { isns } = this.world;
    isns.request(
      () => ({ serial: isns.answered, portals: isns.portals(target) }),
      ({ serial, portals }) => {
        this.take(target, serial, portals);
        report(portals.includes(port) === listed ? OutcomeResult.DONE : OutcomeResult.FAILED);
      },
      () => report(OutcomeResult.TIMED_OUT),
    );
  }

  /** Finds what the server lost or added by itself. */
  private poll(): void {
    const { isns, settings, targetNames } = this.world;
    const again = () => this.world.after(settings.delays.pollMs, () => this.poll());
    isns.request(
      () => ({ serial: isns.answered, lists: targetNames.map((_, target) => isns.portals(target)) }),
      ({ serial, lists }) => {
        for (const [target, portals] of lists.entries()) this.take(target, serial, portals);
        again();
      },
      again,
    );
  }

  private take(target: number, serial: number, portals: readonly number[]): void {
    if (serial < (this.observed[target] ?? -1)) return;
    this.observed[target] = serial;
    this.observe(target, portals);
  }
}
