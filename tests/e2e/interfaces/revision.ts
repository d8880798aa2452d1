/**
 * Another array file while everything is up: it adds addresses, a network port on a device that its controller has had no
 * port on, and a failover pair; the next one takes them away. All others stay where they are, as the kernels tell.
 */

import {
  ADDED_INTERFACES,
  ADDED_PAIR,
  ADDED_PORT,
  type AddedInterface,
  ON_NEW_PAIR,
  ON_NEW_PORT,
  ON_OLD_PORT,
} from "./additions.js";
import { AddressMonitor, names } from "./address-monitor.js";
import { nowUs } from "./clock.js";
import { fencedDevices, kernelSets } from "./kernel-sets.js";
import { reachedThrough } from "./nbd-greeting.js";
import { Management, type Reply } from "./management.js";
import { CONTROLLERS, UNITS } from "./plan.js";
import { EchoProber, WireProber } from "./probers.js";
import type { Place, World } from "./world.js";

export const REVISION = "another array file";

const CONFIGURATION = "/api/v1/configuration";
const CONFIRM_MS = 600_000;
/** Probes of so long go unanswered where an address is nowhere. */
const SILENT_US = 500_000;
/** Shorter silences may be this machine's. */
const LASTING_US = 2e6;
const TRIES = 3;
const OLD = CONTROLLERS.map(({ name }) => name);
const ALL = [...OLD, ...ADDED_PAIR.map(({ name }) => name)];
const GROUPS = new Map([...CONTROLLERS, ...ADDED_PAIR].map(({ name, group }) => [name, group]));
const { controller: CONTROLLER, device: DEVICE } = ADDED_PORT;
const PORT = `${CONTROLLER}-${DEVICE}`;
const ADDRESSES = ADDED_INTERFACES.map(({ address }) => address);

/**
 * Everything is at home before. Where this machine has let a controller starve until its lease was gone, what it had has
 * moved as it must: then all is done again. @param well waits until everything is at home
 */
export async function revise(world: World, well: () => Promise<void>, tell: (line: string) => void): Promise<void> {
  for (const each of ADDED_PAIR) world.network.addController(each);
  for (let tries = TRIES; tries > 0; tries--) {
    const starved = await reviseOnce(world, tries > 1);
    await well();
    if (starved.length === 0) return;
    tell(`     ${REVISION}: ${starved.join(", ")} lost the lease on a busy machine; again`);
  }
}

/** @param again whether it may be done again @returns controllers for which it must be */
async function reviseOnce(world: World, again: boolean): Promise<readonly string[]> {
  const { network, parts } = world;
  network.addDevice(CONTROLLER, DEVICE);
  const monitors = OLD.map((name) => new AddressMonitor(network, name, parts.undo));
  const revision = new Revision(world, new Management(OLD, network, world.folder, parts.undo), monitors);
  try {
    await Promise.all(monitors.map((each) => each.told()));
    await revision.add();
    await revision.port();
    await revision.remove();
    return await revision.others(again);
  } finally {
    revision.close();
  }
}

class Revision {
  private readonly echo: EchoProber;
  private readonly wire: WireProber;
  /** Ports by their hardware addresses. */
  private readonly ports: ReadonlyMap<string, Place>;
  private readonly fromUs = nowUs();
  private readonly wrong: number;
  private readonly losses: number;
  /** Of the text that was committed last. */
  private digest = "";

  constructor(
    private readonly world: World,
    private readonly management: Management,
    private readonly monitors: readonly AddressMonitor[],
  ) {
    const { controllers, network, parts, units } = world;
    this.echo = new EchoProber(parts.prober, network.client, ADDRESSES, parts.undo);
    this.wire = new WireProber(parts.prober, network.witness, ADDRESSES, parts.undo);
    const added = [ADDED_PORT, ...ADDED_PAIR.map(({ name }) => ({ controller: name, device: "e0" }))];
    const hardware = added.map(
      ({ controller, device }) => [network.hardwareOf(controller, device), `${controller} ${device}`] as const,
    );
    this.ports = new Map([...network.portsByHardware(), ...hardware]);
    this.wrong = units.wrong.length;
    this.losses = controllers.leaseLosses.length;
  }

  /** Committed, the new pair started, confirmed: what is new appears, each on one port of its group. */
  async add(): Promise<void> {
    const { checks, controllers, network } = this.world;
    const text = controllers.text({ controllers: ADDED_PAIR, port: ADDED_PORT, interfaces: ADDED_INTERFACES });
    await this.commit("adds addresses, a port and a pair", text);
    controllers.tellShelf(text);
    for (const { name } of ADDED_PAIR) controllers.startWith(name, text);
    await this.confirm("adds addresses, a port and a pair", text, OLD);
    await checks.comes(`${REVISION}: the shelf's agent takes commands of the new pair`, "its log", async () => {
      const said = controllers.shelfSaid().findLast((line) => line.includes("takes commands of")) ?? "nothing";
      return [said.endsWith(` ${ALL.join(", ")}`), said];
    });
    await this.appears("an address at a port that there was", ON_OLD_PORT, (place) => place === ON_OLD_PORT.home);
    await this.appears("an address of the new pair", ON_NEW_PAIR, (place) => place === ON_NEW_PAIR.home);
    await this.appears("an address whose port has no link, elsewhere in the group", ON_NEW_PORT, inGroup(ON_NEW_PORT));
    await checks.comes(`${REVISION}: every kernel fences and forwards the new addresses`, "nft", async () => {
      const without = ALL.flatMap((name) => {
        const { fenced, forwarded } = kernelSets(network, name);
        const missing = ADDRESSES.filter((address) => !fenced.has(address) || !forwarded.has(address));
        return missing.map((address) => `${address} at ${name}`);
      });
      return [without.length === 0, without.join(", ") || `${ADDRESSES.length} addresses at ${ALL.length} controllers`];
    });
    await this.reaches();
  }

  /** The new port: its link comes, and goes. */
  async port(): Promise<void> {
    const { checks, network } = this.world;
    const link = (wanted: string) => async (): Promise<[boolean, string]> => {
      const row = (await this.portRows()).find(({ name }) => name === PORT);
      return [row?.link === wanted, `${PORT} ${row?.link ?? "not there"}`];
    };
    await checks.comes(`${REVISION}: the new port without a link is down`, "management", link("down"));
    const devices = fencedDevices(network, CONTROLLER);
    const isHooked = devices.includes(DEVICE);
    checks.note(`${REVISION}: the fence is on the new device`, "nft", isHooked, devices.join(", "));
    network.setFarEnd(CONTROLLER, DEVICE, "up");
    await checks.comes(`${REVISION}: the new port with a link is operative`, "management", link("up"));
    await this.appears("the address of the new port comes home", ON_NEW_PORT, (place) => place === ON_NEW_PORT.home);
    network.setFarEnd(CONTROLLER, DEVICE, "down");
    const away = inGroup(ON_NEW_PORT);
    await this.appears(
      "it leaves the new port when that loses its link",
      ON_NEW_PORT,
      (place) => place !== ON_NEW_PORT.home && away(place),
    );
  }

  /** The file of before: nothing of what was added is left anywhere. */
  async remove(): Promise<void> {
    const { checks, controllers, network } = this.world;
    const text = controllers.text();
    await this.commit("takes all that away", text);
    await this.confirm("takes all that away", text, OLD);
    controllers.tellShelf(text);
    await checks.comes(`${REVISION}: no kernel has, fences or forwards what was added`, "ip, nft", async () => {
      const held = [...this.kernels()].map(([address, places]) => `${address} in ${places.join("+")}`);
      const left = OLD.flatMap((name) => {
        const { fenced, forwarded } = kernelSets(network, name);
        const present = ADDRESSES.filter((address) => fenced.has(address) || forwarded.has(address));
        return present.map((address) => `${address} in a set of ${name}`);
      });
      const hooked = fencedDevices(network, CONTROLLER).includes(DEVICE) ? [`the fence is on ${DEVICE}`] : [];
      const all = [...held, ...left, ...hooked];
      return [all.length === 0, all.join(", ") || "none"];
    });
    const goneUs = nowUs();
    await checks.comes(`${REVISION}: they answer no more`, "client", async () => [
      this.echo.atUs > goneUs + SILENT_US,
      "probes go on",
    ]);
    const late = ADDRESSES.filter((address) => (this.echo.answeredUs.get(address) ?? 0) > goneUs);
    checks.note(`${REVISION}: no probe since was answered`, "client", late.length === 0, late.join(", ") || "none");
    await checks.comes(`${REVISION}: their rows and the port's are gone`, "management", async () => {
      const rows = [...(await this.portRows()), ...(await this.management.rows<{ name: string }>("interfaces"))];
      const added = new Set([
        PORT,
        ...ADDED_PAIR.map(({ name }) => `${name}-e0`),
        ...ADDED_INTERFACES.map((each) => each.name),
      ]);
      const left = rows.filter(({ name }) => added.has(name)).map(({ name }) => name);
      return [rows.length > 0 && left.length === 0, left.join(", ") || `${rows.length} others`];
    });
    for (const { name } of ADDED_PAIR) controllers.kill(name);
    network.removeDevice(CONTROLLER, DEVICE);
  }

  /** All that was there before has stayed where it was, all the time. @returns controllers that lost their leases */
  async others(again: boolean): Promise<readonly string[]> {
    const { checks, controllers, wire, units } = this.world;
    await Promise.all(this.monitors.map((each) => each.told()));
    const rounds = this.wire.doubleRounds() + wire.doubles.filter(({ atUs }) => atUs > this.fromUs).length;
    checks.note(`${REVISION}: never two holders`, "witness", rounds === 0, `${rounds} rounds`);
    const stale = units.wrong.slice(this.wrong);
    const writes = `${units.writes} writes`;
    checks.note(`${REVISION}: blocks as written`, "client", stale.length === 0, stale.join("; ") || writes);
    const starved = [...new Set(controllers.leaseLosses.slice(this.losses).filter((name) => OLD.includes(name)))];
    if (again && starved.length > 0) return starved;
    this.stayed();
    return [];
  }

  private stayed(): void {
    const { checks, addresses, wire, echo } = this.world;
    const deleted = this.monitors.flatMap((each) => each.deleted);
    const lost = deleted.filter((line) => addresses.some((address) => names(line, address)));
    checks.note(
      `${REVISION}: no kernel has lost another address`,
      "ip monitor",
      lost.length === 0,
      lost.join("; ") || "none",
    );
    const added = deleted.filter((line) => ADDRESSES.some((address) => names(line, address)));
    checks.note(
      `${REVISION}: the kernels tell of what they lose`,
      "ip monitor",
      added.length > 0,
      `${added.length} lines`,
    );
    const moved = wire.answerers.filter(({ atUs }) => atUs > this.fromUs).map(({ address }) => address);
    checks.note(`${REVISION}: no other address has moved`, "witness", moved.length === 0, moved.join(", ") || "none");
    const toUs = nowUs();
    const outages = addresses.map((address) => ({ address, us: echo.outageUs(address, this.fromUs, toUs) }));
    // While all are silent at once it is this machine that stands still.
    const commonUs = Math.min(...outages.map(({ us }) => us));
    const silent = outages.filter(({ us }) => us - commonUs > LASTING_US).map(({ address }) => address);
    checks.note(`${REVISION}: no other address was silent`, "client", silent.length === 0, silent.join(", ") || "none");
  }

  close(): void {
    this.echo.stop();
    this.wire.stop();
    this.management.close();
    for (const each of this.monitors) each.stop();
  }

  /** Checked by each controller, then in force at each, unconfirmed. */
  private async commit(what: string, text: string): Promise<void> {
    const { checks } = this.world;
    // A controller that is slow to answer refuses by that: nothing has changed then, and it is asked again.
    await checks.comes(`${REVISION} ${what}: every controller can adopt it`, "management", async () => {
      const reply = await this.management.wish({ method: "POST", path: `${CONFIGURATION}/check`, body: { text } });
      const { adoptable } = reply.body as { adoptable?: boolean };
      return [adoptable === true, adoptable === true ? "adoptable" : describe(reply)];
    });
    const body = { text, confirmWithinMs: CONFIRM_MS };
    await checks.comes(`${REVISION} ${what}: committed`, "management", async () => {
      const reply = await this.management.wish({ method: "PUT", path: CONFIGURATION, body, changes: true });
      this.digest = (reply.body as { digest?: string }).digest ?? "";
      return [reply.status === 200, reply.status === 200 ? this.digest : describe(reply)];
    });
  }

  /** In force at each controller, which has then kept it in its own file. */
  private async confirm(what: string, text: string, by: readonly string[]): Promise<void> {
    const { checks, controllers } = this.world;
    await checks.comes(`${REVISION} ${what}: in force at every controller, and confirmed`, "management", async () => {
      const { digest } = this;
      const path = `${CONFIGURATION}/confirm`;
      const reply = await this.management.wish({ method: "POST", path, body: { digest }, changes: true });
      return [reply.status === 200, reply.status === 200 ? "confirmed" : describe(reply)];
    });
    await checks.comes(`${REVISION} ${what}: each has it in its own file`, "files", async () => {
      const without = by.filter((name) => controllers.kept(name) !== text);
      return [without.length === 0, without.length === 0 ? by.join(", ") : `not ${without.join(", ")}`];
    });
  }

  /** It answers the client, one kernel has it, and the witness sees it there. */
  private appears(what: string, { address }: AddedInterface, isRight: (place: Place) => boolean): Promise<void> {
    return this.world.checks.comes(`${REVISION}: ${what}`, "client, witness, ip", async () => {
      const holders = this.kernels().get(address) ?? [];
      const hardware = this.wire.answerer(address) ?? "";
      const seen = this.ports.get(hardware) ?? hardware;
      const answers = (this.echo.answeredUs.get(address) ?? 0) > 0 && !this.echo.silent().includes(address);
      const [holder = ""] = holders;
      const right = answers && holders.length === 1 && seen === holder && isRight(holder);
      const detail = `${answers ? "answers" : "silent"}, wire ${seen}, kernels ${holders.join("+")}`;
      return [right, right ? `${address} at ${holder}` : `${address}: ${detail}`];
    });
  }

  /** A unit is reached through each new address, whichever controller serves it. */
  private async reaches(): Promise<void> {
    const { checks, network } = this.world;
    const [{ port } = { port: 0 }] = UNITS;
    await checks.comes(`${REVISION}: a unit is reached through each new address`, "client", async () => {
      const answers = await Promise.all(ADDRESSES.map((address) => reachedThrough(network.client, address, port)));
      const without = ADDRESSES.filter((_, index) => answers[index] !== true);
      return [without.length === 0, without.length === 0 ? ADDRESSES.join(", ") : `not ${without.join(", ")}`];
    });
  }

  private kernels(): Map<string, Place[]> {
    return this.world.kernels(ADDRESSES, ALL);
  }

  private portRows(): Promise<{ name: string; link: string }[]> {
    return this.management.rows<{ name: string; link: string }>("network-ports");
  }
}

function inGroup({ group }: AddedInterface): (place: Place) => boolean {
  return (place) => GROUPS.get(place.split(" ")[0] ?? "") === group;
}

function describe({ status, body }: Reply): string {
  return `${status} ${JSON.stringify(body)}`;
}
