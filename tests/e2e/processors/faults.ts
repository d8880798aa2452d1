/** What happens to the active processor, and how it ends. */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunningArray, Fault } from "./array.js";

function signal(array: RunningArray, name: string, what: NodeJS.Signals): void {
  const service = array.service(name);
  if (service !== undefined) process.kill(service, what);
}

function fill(array: RunningArray, name: string): void {
  const file = join(array.disk(name), "full");
  for (let megabytes = 0; megabytes < 8; megabytes++) {
    try {
      writeFileSync(file, Buffer.alloc(1 << 18), { flag: "a" });
    } catch {
      return;
    }
  }
}

export const faults: readonly Fault[] = [
  {
    name: "processor killed",
    reachable: false,
    begin: async (array, victim) => array.killAll(victim),
    end: async (array, victim) => array.startProcessor(victim),
  },
  {
    name: "service paused beyond its lease",
    reachable: true,
    begin: async (array, victim) => signal(array, victim, "SIGSTOP"),
    end: async (array, victim) => signal(array, victim, "SIGCONT"),
  },
  {
    name: "disk full",
    reachable: true,
    begin: async (array, victim) => fill(array, victim),
    end: async (array, victim) => rmSync(join(array.disk(victim), "full"), { force: true }),
  },
  {
    name: "cut off from the others and from etcd",
    reachable: false,
    begin: async (array, victim) => array.network.setLink(victim, "back", "down"),
    end: async (array, victim) => array.network.setLink(victim, "back", "up"),
  },
];
