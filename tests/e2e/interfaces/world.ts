/** The array of the run with its controllers, and everything that can be seen of it from outside. */

import { join } from "node:path";
import type { Checks } from "../common/checks.js";
import { Etcd } from "../common/etcd.js";
import type { ChartData } from "./chart.js";
import { nowUs } from "./clock.js";
import { Controllers } from "./controllers.js";
import type { TrialParts } from "./fence-trial.js";
import type { Network } from "./network.js";
import { backplane, CONTROLLERS, ETCD_NUMBERS, INTERFACES, UNITS } from "./plan.js";
import { EchoProber, WireProber } from "./probers.js";
import { ShelfServer } from "./shelf.js";
import { UnitClient } from "./units.js";

/** Where an address is: `a e0`. */
export type Place = string;

const NAMES: readonly string[] = CONTROLLERS.map(({ name }) => name);

export class World {
  readonly parts: TrialParts;
  readonly folder: string;
  readonly network: Network;
  readonly checks: Checks;
  readonly etcd: Etcd;
  readonly shelf: ShelfServer;
  readonly controllers: Controllers;
  readonly echo: EchoProber;
  readonly wire: WireProber;
  readonly units: UnitClient;
  readonly spans: ChartData["spans"] = [];
  readonly addresses = INTERFACES.map(({ address }) => address);
  private readonly ports: ReadonlyMap<string, Place>;
  private readonly fromUs = nowUs();

  private constructor(parts: TrialParts, started: Pick<World, "folder" | "etcd" | "shelf" | "controllers">) {
    const { network, prober, undo } = parts;
    this.parts = parts;
    this.folder = started.folder;
    this.network = network;
    this.checks = parts.checks;
    this.etcd = started.etcd;
    this.shelf = started.shelf;
    this.controllers = started.controllers;
    this.ports = network.portsByHardware();
    this.echo = new EchoProber(prober, network.client, this.addresses, undo);
    this.wire = new WireProber(prober, network.witness, this.addresses, undo);
    const units = UNITS.map(({ name, port }, index) => ({ name, port, number: index + 1 }));
    this.units = new UnitClient(network.client, { addresses: this.addresses, units }, undo);
  }

  /** etcd, shelf and controllers; nobody waits for what becomes of them. @param top of the project @param managed whether controllers have a management interface */
  static async start(parts: TrialParts, top: string, folder: string, managed: boolean): Promise<World> {
    const { network, undo } = parts;
    const places = ETCD_NUMBERS.map((number, index) => {
      return { namespace: network.etcd(index + 1), address: backplane(number).ipv4 };
    });
    const etcd = new Etcd(places, folder, undo);
    const shelf = new ShelfServer(network, folder, undo);
    await Promise.all([etcd.start(), shelf.start()]);
    const log = join(top, "build", "reports", "e2e-interfaces.log");
    const controllers = new Controllers(network, folder, join(top, "host", "cli", "fairlead.js"), log, undo);
    controllers.prepare(shelf);
    controllers.managed = managed;
    controllers.startAll();
    return new World(parts, { folder, etcd, shelf, controllers });
  }

  /** Where each address that answers is, by what client and witness see. */
  seen(): Map<string, Place> {
    const silent = new Set(this.echo.silent());
    const places = new Map<string, Place>();
    for (const address of this.addresses) {
      const answered = (this.echo.answeredUs.get(address) ?? 0) > 0 && !silent.has(address);
      const hardware = this.wire.answerer(address);
      if (answered && hardware !== undefined) places.set(address, this.ports.get(hardware) ?? hardware);
    }
    return places;
  }

  /** Which kernels have an address: all of them, by `ip` in each namespace. @param controllers by name */
  kernels(addresses: readonly string[] = this.addresses, controllers = NAMES): Map<string, Place[]> {
    const places = new Map<string, Place[]>();
    for (const name of controllers) {
      const text = this.network.inside(this.network.controller(name), "ip", "-j", "address", "show");
      for (const row of JSON.parse(text) as { ifname: string; addr_info: { local?: string }[] }[]) {
        for (const { local } of row.addr_info) {
          if (local !== undefined && addresses.includes(local))
            places.set(local, [...(places.get(local) ?? []), `${name} ${row.ifname}`]);
        }
      }
    }
    return places;
  }

  /** Which server each unit's blocks are open for, by the shelf's tgtd. */
  async unitServers(): Promise<Map<string, string>> {
    const servers = new Map<string, string>();
    for (const { name } of UNITS) {
      const [initiator] = await this.shelf.sessions(name);
      if (initiator !== undefined) servers.set(name, initiator.split(":")[1] ?? "");
    }
    return servers;
  }

  /** Whether all is where it belongs: addresses answer from their homes, units at their owners. */
  async allHome(sinceUs: number): Promise<[boolean, string]> {
    const seen = this.seen();
    const away = INTERFACES.filter(
      ({ address, controller, device }) => seen.get(address) !== `${controller} ${device}`,
    );
    const servers = await this.unitServers();
    const abroad = UNITS.filter(({ name, owner }) => servers.get(name) !== owner);
    const answering = this.units.answering(sinceUs);
    const mute = UNITS.filter(({ name }) => !answering.includes(name));
    const parts = [
      ...away.map(({ address }) => `${address} ${seen.get(address) ?? "silent"}`),
      ...abroad.map(({ name }) => `${name} at ${servers.get(name) ?? "nobody"}`),
      ...mute.map(({ name }) => `${name} doesn't answer`),
    ];
    return [parts.length === 0, parts.join(", ") || "all addresses and units"];
  }

  /** Whether kernels, bridge and wire say the same of every address that answers. */
  async agrees(): Promise<[boolean, string]> {
    const [seen, kernels, learnt] = [this.seen(), this.kernels(), await this.network.learnt()];
    const wrong = this.addresses.flatMap((address) => {
      const place = seen.get(address);
      const hardware = this.wire.answerer(address) ?? "";
      const holders = kernels.get(address) ?? [];
      if (place === undefined) return [];
      const right = holders.length === 1 && holders[0] === place && learnt.get(hardware) === place;
      return right ? [] : [`${address}: wire ${place}, kernels ${holders.join("+")}, bridge ${learnt.get(hardware)}`];
    });
    return [wrong.length === 0, wrong.join("; ") || `${seen.size} addresses`];
  }

  chart(): ChartData {
    const answerers = this.wire.answerers.map(({ address, atUs, hardware }) => {
      return { address, atUs, port: this.ports.get(hardware) ?? hardware };
    });
    const { addresses, spans } = this;
    return {
      fromUs: this.fromUs,
      toUs: nowUs(),
      addresses,
      answerers,
      gaps: [...this.echo.gaps, ...this.lasting()],
      spans,
    };
  }

  /** Ends controllers, etcd and the shelf as they are. */
  async stop(): Promise<void> {
    for (const { name } of CONTROLLERS) {
      this.network.kill(name);
      this.network.flush(name);
    }
    await this.etcd.killAll();
    await this.shelf.stop();
    this.echo.stop();
    this.wire.stop();
  }

  /** Silences that have no end yet. */
  private lasting(): ChartData["gaps"] {
    const toUs = nowUs();
    return this.echo.silent().map((address) => ({ address, fromUs: this.echo.answeredUs.get(address) ?? 0, toUs }));
  }
}
