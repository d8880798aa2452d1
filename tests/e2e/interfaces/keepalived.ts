/**
 * keepalived in the same namespaces, for comparison: one address, the three controllers of a group, advertisements each
 * second and three missed. Configured as its manual advises: VRRP on the network between the controllers, the port of the
 * address tracked, so that a master whose port fails says so at once.
 */

import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { spawnInside } from "../common/processes.js";
import { nowUs } from "./clock.js";
import type { TrialParts } from "./fence-trial.js";
import { type Outages, outagesOf } from "./medians.js";
import { CONTROLLERS, INTERFACES, type PlannedInterface } from "./plan.js";
import { EchoProber, WireProber } from "./probers.js";

export interface KeepalivedFigures {
  linkFailure: Outages;
  death: Outages;
  /** Rounds of the witness, ten milliseconds each, in which two answered, around a pause and a resumption. */
  pause: { roundsWithTwoHolders: number };
}

const PRIORITIES = [150, 100, 100];
const ROUTER = 77;
/** Long past a take-over: three seconds and the skew. */
const PATIENCE_MS = 12_000;
const SETTLE_MS = 1500;
const PAUSE_MS = 6000;
const LOOK_MS = 50;

function configuration(index: number, planned: PlannedInterface): string {
  return `global_defs {
  router_id ${CONTROLLERS[index]?.name}
}
vrrp_instance address {
  state ${index === 0 ? "MASTER" : "BACKUP"}
  interface m0
  virtual_router_id ${ROUTER}
  priority ${PRIORITIES[index]}
  advert_int 1
  track_interface {
    e0
  }
  virtual_ipaddress {
    ${planned.address}/${planned.prefixLength} dev e0
  }
}
`;
}

/** Runs it, each fault so many times. @param folder for its files */
export class KeepalivedRuns {
  private readonly members = CONTROLLERS.filter(({ group }) => group === 0).map(({ name }) => name);
  private readonly planned = INTERFACES[0] as PlannedInterface;
  private readonly processes = new Map<string, ChildProcess>();
  private readonly echo: EchoProber;
  private readonly wire: WireProber;

  constructor(
    private readonly parts: TrialParts,
    private readonly folder: string,
  ) {
    const { network, prober, undo } = parts;
    this.echo = new EchoProber(prober, network.client, [this.planned.address], undo);
    this.wire = new WireProber(prober, network.witness, [this.planned.address], undo);
  }

  async run(times: number): Promise<KeepalivedFigures> {
    const { network } = this.parts;
    const [master = ""] = this.members;
    for (const name of this.members) network.separatePorts(name);
    for (const [index, name] of this.members.entries()) this.start(name, index);
    await this.returns(master);
    const link: number[] = [];
    const death: number[] = [];
    for (let time = 0; time < times; time++) {
      link.push(await this.outageOf(() => network.setFarEnd(master, "e0", "down")));
      network.setFarEnd(master, "e0", "up");
      await this.returns(master);
      death.push(await this.outageOf(() => this.die(master)));
      network.plugIn(master);
      this.start(master, 0);
      await this.returns(master);
    }
    const rounds = await this.pause(master);
    for (const name of this.members) network.kill(name);
    for (const name of this.members) this.forget(name);
    this.echo.stop();
    this.wire.stop();
    return { linkFailure: outagesOf(link), death: outagesOf(death), pause: { roundsWithTwoHolders: rounds } };
  }

  /** The whole machine: its processes, and all its links. */
  private die(name: string): void {
    // Its processes first: they would say goodbye when they see the links go.
    this.parts.network.kill(name);
    this.parts.network.unplug(name);
    this.forget(name);
  }

  /** keepalived removes its address at an orderly end only. */
  private forget(name: string): void {
    this.parts.network.flush(name);
  }

  private start(name: string, index: number): void {
    const { network, undo } = this.parts;
    const file = join(this.folder, `keepalived-${name}.conf`);
    writeFileSync(file, configuration(index, this.planned), { mode: 0o600 });
    const pids = ["-p", join(this.folder, `keepalived-${name}.pid`), "-r", join(this.folder, `vrrp-${name}.pid`)];
    const words = ["keepalived", "--dont-fork", "--log-console", "--vrrp", "-f", file, ...pids];
    const log = join(this.folder, `keepalived-${name}.log`);
    this.processes.set(name, spawnInside(network.controller(name), words, log, undo));
  }

  /** From the fault to the next answer, in milliseconds. */
  private async outageOf(fault: () => void): Promise<number> {
    const fromUs = nowUs();
    fault();
    const end = performance.now() + PATIENCE_MS;
    await delay(SETTLE_MS);
    while (this.echo.silent().length > 0 && performance.now() < end) await delay(LOOK_MS);
    if (this.echo.silent().length > 0) throw new Error("keepalived: the address is not taken over");
    await delay(SETTLE_MS);
    return Math.round(this.echo.outageUs(this.planned.address, fromUs, nowUs()) / 1000);
  }

  /** Waits until the address is at its master again, and answers. */
  private async returns(master: string): Promise<void> {
    const ports = this.parts.network.portsByHardware();
    const end = performance.now() + PATIENCE_MS;
    const isBack = () => ports.get(this.wire.answerer(this.planned.address) ?? "") === `${master} e0`;
    while (!isBack() || this.echo.silent().length > 0) {
      if (performance.now() > end) throw new Error(`keepalived: the address doesn't return to ${master}`);
      await delay(LOOK_MS);
    }
    await delay(SETTLE_MS);
  }

  private async pause(master: string): Promise<number> {
    const well = this.wire.doubleRounds();
    await delay(SETTLE_MS);
    const before = this.wire.doubleRounds();
    // What is counted is to come from the pause.
    if (before > well) throw new Error("keepalived: two answer for the address before one is paused");
    this.parts.network.pause(master);
    await delay(PAUSE_MS);
    this.parts.network.resume(master);
    await delay(PAUSE_MS / 2);
    return this.wire.doubleRounds() - before;
  }
}
