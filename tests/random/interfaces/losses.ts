/** Which servers have lost each address: followed by what is seen while all is quiet, and apart from the policy. */

import type { ArrayDescription } from "../../../host/array/description.js";
import type { Picture } from "./run.js";

export class Losses {
  private readonly servers = new Map<string, Set<string>>();

  constructor(private readonly array: ArrayDescription) {}

  /** Servers that lost each address since it was at home, without those that are back with all their ports. */
  follow(before: Picture, after: Picture): ReadonlyMap<string, ReadonlySet<string>> {
    const ports = this.array.networkPorts ?? [];
    const isWell = (server: string) =>
      after.alive.has(server) &&
      !after.silent.has(server) &&
      ports.every(({ name, controller }) => controller !== server || after.usable.has(name));
    for (const { name, home } of this.array.interfaces ?? []) {
      const was = before.interfaces.get(name) ?? "";
      const server = ports.find((port) => port.name === was)?.controller ?? "";
      const lost = new Set([...(this.servers.get(name) ?? [])].filter((each) => !isWell(each)));
      if (server !== "" && !after.usable.has(was) && !after.silent.has(server)) lost.add(server);
      if (after.interfaces.get(name) === home) lost.clear();
      this.servers.set(name, lost);
    }
    return this.servers;
  }
}
