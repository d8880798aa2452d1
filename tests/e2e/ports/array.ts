/** The whole array of the run: network, control groups, servers, images, hosts. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arrayText, initiatorName, targetName } from "./array-file.js";
import { command, succeeds } from "../common/commands.js";
import { ControlGroup, type CpuController, findCpuController } from "./control-group.js";
import { compileInitiator, Host } from "./hosts.js";
import { removeLeftovers } from "./leftovers.js";
import { Network } from "./network.js";
import { makeImage, RegistrationServer, TargetServer } from "./servers.js";
import type { Undo } from "../common/undo.js";
import { Witness } from "./witness.js";

export const PORTS = 4;
export const TARGETS = 8;
export const HOSTS = 6;
/** Processor time of each port, in permille of one processor. */
export const PORT_PERMILLE = 150;

/** Names of what a run makes begin with this and the number of its process. */
const FAMILY = "fle";
const FOLDER_FAMILY = "fairlead-e2e-";

export class RealArray {
  readonly folder: string;
  readonly network: Network;
  readonly witness: Witness;
  readonly isns: RegistrationServer;
  readonly groups: ControlGroup[] = [];
  readonly servers: TargetServer[] = [];
  readonly hosts: Host[] = [];
  arrayFile = "";
  program = "";

  constructor(private readonly undo: Undo) {
    this.folder = mkdtempSync(join(tmpdir(), `${FOLDER_FAMILY}${process.pid}-`));
    undo.add("working folder", () => rmSync(this.folder, { recursive: true, force: true }));
    this.network = new Network(`${FAMILY}${process.pid}`, PORTS, HOSTS, undo);
    this.witness = new Witness(this.network, this.folder);
    this.isns = new RegistrationServer(this.network, this.folder, undo);
  }

  /** `sources`: folder of the initiator's C sources. */
  async make(sources: string): Promise<void> {
    removeLeftovers(FAMILY, tmpdir(), FOLDER_FAMILY);
    this.program = compileInitiator(sources, this.folder);
    this.network.make();
    const shown = this.makeGroups();
    await this.isns.start();
    const images = Array.from({ length: TARGETS }, (_, index) => makeImage(this.folder, `volume${index + 1}`));
    for (let port = 1; port <= PORTS; port++) {
      const server = new TargetServer(port, this.network, this.folder, this.undo);
      await server.start(this.groups[port - 1] as ControlGroup);
      for (const [index, image] of images.entries()) server.addTarget(index + 1, targetName(index + 1), image);
      this.servers.push(server);
    }
    for (const group of this.groups) group.limit(PORT_PERMILLE);
    this.arrayFile = join(this.folder, "array.yaml");
    const text = arrayText({
      network: this.network,
      targets: TARGETS,
      processorPermille: PORT_PERMILLE,
      controlPorts: this.servers.map((server) => server.controlPort),
      controlGroups: shown,
      isnsSocket: this.isns.socket,
    });
    writeFileSync(this.arrayFile, text);
  }

  /** Registers all portals of all targets as a static array would, in order of the ports: the first is taken by all. */
  registerAll(): void {
    const file = join(this.folder, "static.conf");
    const lines = [`SourceName = ${targetName(1)}`, `ControlSocket = ${this.isns.socket}`, "Security = 0"];
    writeFileSync(file, `${lines.join("\n")}\n`);
    for (let target = 1; target <= TARGETS; target++) {
      const portals = Array.from({ length: PORTS }, (_, index) => [
        `portal=${this.network.portAddress(index + 1)}:3260`,
        `pg,pgt=${index + 1}`,
      ]).flat();
      command(
        "isnsadm",
        "--config",
        file,
        "--local",
        "--register",
        "entity=array-1",
        `target=${targetName(target)}`,
        ...portals,
      );
    }
  }

  /** Six hosts with one target each; the first two have a second one. */
  startHosts(): void {
    for (let host = 1; host <= HOSTS; host++) {
      const targets = [host, host + HOSTS].filter((target) => target <= TARGETS).map(targetName);
      this.hosts.push(new Host(this.program, this.network.host(host), initiatorName(host), targets, this.undo));
    }
  }

  setRate(rate: number): void {
    for (const host of this.hosts) host.setRate(rate);
  }

  /**
   * A control group for each port, and where fairlead sees it: entering a namespace with `ip netns exec` mounts /sys anew,
   * without the control groups, so they are mounted once more elsewhere.
   */
  private makeGroups(): string[] {
    const controller = findCpuController() as CpuController;
    const name = `${FAMILY}${process.pid}`;
    const whole = new ControlGroup(controller, [name]);
    this.undo.add("control group", () => whole.remove());
    const shown = join(this.folder, "control-groups");
    mkdirSync(shown);
    chmodSync(shown, 0o755);
    command("mount", "--bind", whole.folder, shown);
    this.undo.add("mount of the control group", () => {
      if (succeeds("mountpoint", "-q", shown)) command("umount", shown);
    });
    for (let port = 1; port <= PORTS; port++) {
      const group = new ControlGroup(controller, [name, `p${port}`]);
      this.undo.add(`control group of port ${port}`, () => removeWhenEmpty(group));
      this.groups.push(group);
    }
    return this.groups.map((_, index) => join(shown, `p${index + 1}`));
  }
}

/** A process that was killed leaves its group a moment later. */
function removeWhenEmpty(group: ControlGroup): void {
  for (let attempt = 0; ; attempt++) {
    try {
      group.remove();
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      command("sleep", "0.1");
    }
  }
}
