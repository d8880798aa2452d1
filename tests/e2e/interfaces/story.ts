/** One fault after another, each healed before the next; what is seen between them is checked. */

import { setTimeout as delay } from "node:timers/promises";
import { DETECTION_MS } from "./array-file.js";
import { nowUs } from "./clock.js";
import { FAULTS, type Fault } from "./faults.js";
import { outagesOf } from "./medians.js";
import { INTERFACES, UNITS } from "./plan.js";
import type { FairleadFigures } from "./report.js";
import { REVISION, revise } from "./revision.js";
import type { World } from "./world.js";

/** What one fault came to. */
export interface FaultFigures {
  fault: string;
  /** From the fault until all is healed: the longest silence in milliseconds of each address and unit that had one. */
  outagesMs: Record<string, number>;
  roundsWithTwoHolders: number;
}

const SETTLE_MS = 1500;
/** Shorter silences are this machine's, whose processors everything shares. */
const TOLD_MS = 150;
/** The controller of the comparison: it has one port, as keepalived's master. */
const COMPARED = "b";
const PAUSE_MS = 8000;

export class Story {
  readonly faults: FaultFigures[] = [];

  constructor(
    private readonly world: World,
    private readonly tell: (line: string) => void,
  ) {}

  async begin(): Promise<void> {
    await this.home("every address is at its home and every unit at its owner after a cold start");
  }

  /** @param names of those that happen; none: all of them */
  async allFaults(names: readonly string[]): Promise<void> {
    for (const fault of FAULTS) if (names.length === 0 || names.includes(fault.name)) await this.oneFault(fault);
  }

  /** The faults of the comparison, each so many times. */
  async compare(times: number): Promise<FairleadFigures> {
    const { network, controllers, wire } = this.world;
    const link: number[] = [];
    const death: number[] = [];
    for (let time = 0; time < times; time++) {
      link.push(await this.outageOf(() => network.setFarEnd(COMPARED, "e0", "down")));
      network.setFarEnd(COMPARED, "e0", "up");
      await this.home();
      const die = () => {
        controllers.kill(COMPARED);
        network.unplug(COMPARED);
      };
      death.push(await this.outageOf(die));
      network.flush(COMPARED);
      network.plugIn(COMPARED);
      controllers.start(COMPARED);
      await this.home();
    }
    const before = wire.doubleRounds();
    network.pause(COMPARED);
    await delay(PAUSE_MS);
    network.resume(COMPARED);
    await this.home();
    const rounds = wire.doubleRounds() - before;
    return {
      linkFailure: outagesOf(link),
      death: outagesOf(death),
      pause: { roundsWithTwoHolders: rounds },
      detectionMs: DETECTION_MS,
    };
  }

  /** Another array file while everything is up, and the one before again. */
  async revise(): Promise<void> {
    const fromUs = nowUs();
    const doubles = this.world.wire.doubleRounds();
    const home = `${REVISION}: every address is at its home and every unit at its owner`;
    await revise(this.world, () => this.home(home), this.tell);
    const toUs = nowUs();
    this.world.spans.push({ name: REVISION, fromUs, toUs });
    this.keep(REVISION, this.world.wire.doubleRounds() - doubles, fromUs, toUs);
  }

  /** Everything is read back. */
  async end(): Promise<void> {
    const { checks, units, wire } = this.world;
    units.stop();
    const code = await units.ended;
    const right = code === 0 && units.readBack === true && units.wrong.length === 0;
    const detail = `${units.writes} writes; ${units.wrong.slice(0, 5).join("; ") || "no block wrong"}`;
    checks.note("every block of every unit is as it was last written", "client", right, detail);
    const rounds = wire.doubleRounds();
    checks.note("no round with two holders on the wire", "witness", rounds === 0, `${rounds} rounds`);
  }

  private async oneFault(fault: Fault): Promise<void> {
    const { world } = this;
    const { checks, wire, units } = world;
    // All is at home: that was waited for. What a prober sees in one moment may lack what this machine was slow to send.
    const before = new Map(INTERFACES.map(({ address, controller, device }) => [address, `${controller} ${device}`]));
    const doubles = wire.doubleRounds();
    const wrong = units.wrong.length;
    const fromUs = nowUs();
    await fault.inject(world);
    if (fault.holdMs !== undefined) await delay(fault.holdMs);
    const by = "client, witness";
    await checks.comes(`${fault.name}: ${fault.effect}`, by, () => fault.shows(world, before, fromUs));
    await this.stays(fault, by);
    await fault.heal(world);
    await this.home(`${fault.name}: everything is at home again`);
    const toUs = nowUs();
    const rounds = wire.doubleRounds() - doubles;
    checks.note(`${fault.name}: never two holders`, "witness", rounds === 0, `${rounds} rounds`);
    const stale = units.wrong.slice(wrong);
    checks.note(
      `${fault.name}: blocks as written`,
      "client",
      stale.length === 0,
      stale.join("; ") || `${units.writes} writes`,
    );
    world.spans.push({ name: fault.name, fromUs, toUs });
    this.keep(fault.name, rounds, fromUs, toUs);
  }

  /** Looks back on a while in which something must not happen. */
  private async stays({ name, stays }: Fault, by: string): Promise<void> {
    if (stays === undefined) return;
    const sinceUs = nowUs();
    await delay(stays.forMs);
    const [holds, detail] = await stays.holds(this.world, sinceUs);
    this.world.checks.note(`${name}: ${stays.effect}`, by, holds, detail);
  }

  private keep(fault: string, roundsWithTwoHolders: number, fromUs: number, toUs: number): void {
    const { echo, units } = this.world;
    const ms = (us: number) => Math.round(us / 1000);
    const addresses = INTERFACES.map(({ address }) => [address, ms(echo.outageUs(address, fromUs, toUs))] as const);
    const served = UNITS.map(({ name }) => [name, ms(units.outageUs(name, fromUs, toUs))] as const);
    const long = [
      ...addresses.filter(([, length]) => length > TOLD_MS),
      ...served.filter(([, length]) => length > SETTLE_MS),
    ];
    this.faults.push({ fault, outagesMs: Object.fromEntries(long), roundsWithTwoHolders });
    this.tell(`     ${fault}: ${long.map(([name, length]) => `${name} ${length} ms`).join(", ") || "no outage"}`);
  }

  /** Waits until all is at home and all witnesses agree. @param what noted as a check; left out: only waited for */
  private async home(what?: string): Promise<void> {
    const { checks, world } = { checks: this.world.checks, world: this.world };
    const sinceUs = nowUs();
    const name = what ?? "everything is at home again";
    await checks.comes(name, "client, witness, tgtd", () => world.allHome(sinceUs), what === undefined);
    await checks.comes(`${name}: kernels and bridge agree`, "ip, bridge", () => world.agrees(), what === undefined);
    await delay(SETTLE_MS);
  }

  private async outageOf(fault: () => void): Promise<number> {
    const { checks, echo } = this.world;
    const planned = INTERFACES.find(({ controller }) => controller === COMPARED);
    const address = planned?.address ?? "";
    const fromUs = nowUs();
    fault();
    const moved = async (): Promise<[boolean, string]> => {
      const place = this.world.seen().get(address) ?? "silent";
      return [!place.startsWith(`${COMPARED} `) && place !== "silent", place];
    };
    await checks.comes(`${address} is taken over`, "client, witness", moved, true);
    await delay(SETTLE_MS);
    return Math.round(echo.outageUs(address, fromUs, nowUs()) / 1000);
  }
}
