/** What the run needs of the machine. */

import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { findCpuController } from "./control-group.js";

const COMMANDS: Readonly<Record<string, string>> = {
  ip: "iproute2",
  ss: "iproute2",
  isnsd: "open-isns-server",
  isnsadm: "open-isns-utils",
  tgtd: "tgt",
  tgtadm: "tgt",
  gcc: "gcc",
};

function isInPath(name: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** One line that says what is missing and how to get it; undefined where nothing is. */
export function missingRequirements(): string | undefined {
  if (process.platform !== "linux") return "e2e:ports needs Linux: it builds an array in network namespaces";
  const packages = new Set(Object.entries(COMMANDS).flatMap(([name, from]) => (isInPath(name) ? [] : [from])));
  if (!existsSync("/usr/include/iscsi/iscsi.h")) packages.add("libiscsi-dev");
  if (!existsSync("/usr/include/stdio.h")) packages.add("libc6-dev");
  if (packages.size > 0) {
    const names = [...packages].join(" ");
    return `e2e:ports lacks Debian packages: ${names} (get them with: apt-get update && apt-get install -y ${names})`;
  }
  if (process.getuid?.() !== 0) return "e2e:ports needs root: it makes network namespaces and control groups";
  if (findCpuController() === undefined) {
    return "e2e:ports needs the cpu controller of control groups, version 1 or 2, mounted writable below /sys/fs/cgroup";
  }
  return undefined;
}
