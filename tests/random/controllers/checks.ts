/** What must hold at every moment, by what kernels and shelf would let through, whatever any process believes. */

import { MANAGEMENT, type RunArray } from "./array.js";
import type { Core } from "../../../host/shim/module.js";
import { brokenSeal } from "../observe/seals.js";
import type { RunController } from "./controller.js";
import type { SimulatedShelf } from "../../../host/coordination/simulated/shelf.js";

export class Breach extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Breach";
  }
}

/** @throws Breach */
export function checkHolders(array: RunArray, controllers: readonly RunController[], shelf: SimulatedShelf): void {
  const open = controllers.filter(({ machine }) => machine.letsThrough);
  for (const { address, name } of array.interfaces) checkOne(`address of ${name}`, open, address);
  checkOne("management address", open, MANAGEMENT);
  for (const { name } of array.units) {
    // One that has given a unit up is no holder; one that the shelf has shut out while it serves under its lease was robbed.
    const serving = open.filter(({ machine }) => machine.units.has(name));
    const admitted = shelf.admitted.get(name)?.server;
    if (serving.length > 1 && serving.some((each) => each.name === admitted)) {
      throw new Breach(`unit ${name}: served by ${serving.map((each) => each.name).join(" and ")}`);
    }
  }
}

function checkOne(what: string, open: readonly RunController[], address: string): void {
  const holders = open.filter(({ machine }) => machine.addresses.has(address));
  if (holders.length > 1) throw new Breach(`${what}: answered by ${holders.map((each) => each.name).join(" and ")}`);
}

/** The highest epoch of each unit that its shelf has admitted: it never goes back. */
export class ShelfWatch {
  private readonly highest = new Map<string, number>();

  check(shelf: SimulatedShelf): void {
    for (const [unit, { epoch }] of shelf.admitted) {
      if (epoch < (this.highest.get(unit) ?? 0)) throw new Breach(`unit ${unit}: admitted again under epoch ${epoch}`);
      this.highest.set(unit, epoch);
    }
  }
}

/** After the last fault, and some time: all is somewhere. @returns what is not */
export function missing(array: RunArray, controllers: readonly RunController[], shelf: SimulatedShelf): string[] {
  const open = controllers.filter(({ machine }) => machine.letsThrough);
  const left = array.interfaces
    .filter(({ address }) => !open.some(({ machine }) => machine.addresses.has(address)))
    .map(({ name }) => `address of ${name}`);
  if (!open.some(({ machine }) => machine.addresses.has(MANAGEMENT))) left.push("management address");
  for (const { name } of array.units) {
    const server = controllers.find((each) => each.name === shelf.admitted.get(name)?.server);
    if (server?.machine.units.has(name) !== true) left.push(`unit ${name}`);
  }
  return left;
}

/** Nothing damages a module's memory: after every tick each row that it keeps is whole. @throws Breach */
export function checkSeals(controller: string, core: Core): void {
  const broken = brokenSeal(core);
  if (broken !== undefined) throw new Breach(`module of ${controller}: ${broken}`);
}
