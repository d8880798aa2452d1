/** What is really so, asked from the servers and the kernel, and never from fairlead. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandAsync } from "../common/commands.js";
import { ISNS_ADDRESS, type Network } from "./network.js";

export class Witness {
  private readonly configuration: string;

  constructor(
    private readonly network: Network,
    folder: string,
  ) {
    this.configuration = join(folder, "witness.conf");
    const lines = [
      "SourceName = iqn.2024-01.org.example:isnsadm-witness",
      `ServerAddress = ${ISNS_ADDRESS}`,
      "Security = 0",
      "Network.CallTimeout = 3",
      "Network.ConnectTimeout = 3",
    ];
    writeFileSync(this.configuration, `${lines.join("\n")}\n`);
  }

  /** Pairs `target address` that isnsd lists with a tag, by isnsadm over TCP from the router's namespace. */
  async registrations(): Promise<Set<string>> {
    const words = [
      "netns",
      "exec",
      this.network.router,
      "isnsadm",
      "--config",
      this.configuration,
      "--list",
      "portal-groups",
    ];
    const listed = new Set<string>();
    let name = "";
    let address = "";
    for (const line of (await commandAsync("ip", ...words)).split("\n")) {
      const value = line.slice(line.indexOf("=") + 2);
      if (line.includes("Portal group name")) name = value.replaceAll('"', "");
      if (line.includes("Portal group address")) address = value;
      if (line.includes("Portal group tag") && Number(value) > 0) listed.add(`${name} ${address}`);
    }
    return listed;
  }

  /** Established connections of each port's portal, by ss in the array's namespace. */
  async connections(): Promise<number[]> {
    const words = ["netns", "exec", this.network.array, "ss", "-tnH", "state", "established", "sport", "=", ":3260"];
    const counts = new Array<number>(this.network.ports).fill(0);
    for (const line of (await commandAsync("ip", ...words)).split("\n")) {
      const local = line.trim().split(/\s+/)[2];
      const port = Number(/^10\.77\.(\d+)\.1:3260$/.exec(local ?? "")?.[1] ?? 0);
      if (port > 0) counts[port - 1] = (counts[port - 1] ?? 0) + 1;
    }
    return counts;
  }

  /** Whether a port has a carrier, by ip in the array's namespace. */
  async carrier(port: number): Promise<boolean> {
    const words = ["netns", "exec", this.network.array, "ip", "-o", "link", "show", this.network.device(port)];
    return (await commandAsync("ip", ...words)).includes("LOWER_UP");
  }
}
