/** Removes what a run left that was killed: things named after a process that is gone. */

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { command, succeeds } from "./commands.js";
import { ControlGroup, findCpuController } from "./control-group.js";

/** Number of the process that a name stands for, where that process is gone. */
function deadOwner(name: string, pattern: RegExp): string | undefined {
  const owner = pattern.exec(name)?.[1];
  return owner === undefined || existsSync(`/proc/${owner}`) ? undefined : owner;
}

/** `family`: what namespaces and control groups begin with; `folder`, `folderFamily`: likewise for working folders. */
export function removeLeftovers(family: string, folder: string, folderFamily: string): void {
  const names = command("ip", "netns", "list")
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "");
  for (const name of names) {
    if (deadOwner(name, new RegExp(`^${family}(\\d+)-`)) === undefined) continue;
    const pids = command("ip", "netns", "pids", name).split("\n");
    for (const pid of pids.filter((line) => line !== "")) succeeds("kill", "-KILL", pid);
    succeeds("ip", "netns", "delete", name);
  }
  for (const name of readdirSync(folder)) {
    if (deadOwner(name, new RegExp(`^${folderFamily}(\\d+)-`)) === undefined) continue;
    const mounted = join(folder, name, "control-groups");
    if (succeeds("mountpoint", "-q", mounted)) command("umount", mounted);
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  removeControlGroups(family);
}

function removeControlGroups(family: string): void {
  const controller = findCpuController();
  if (controller === undefined) return;
  for (const name of readdirSync(controller.limits)) {
    if (deadOwner(name, new RegExp(`^${family}(\\d+)$`)) === undefined) continue;
    const parts = readdirSync(join(controller.limits, name)).filter((part) => /^p\d+$/.test(part));
    for (const part of parts) new ControlGroup(controller, [name, part]).remove();
    new ControlGroup(controller, [name]).remove();
  }
}
