/** Removes what a run left that was killed: things named after a process that is gone. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { command, succeeds } from "../common/commands.js";
import { deadOwner, removeFolders, removeNamespaces } from "../common/leftovers.js";
import { ControlGroup, findCpuController } from "./control-group.js";

/** `family`: what namespaces and control groups begin with; `folder`, `folderFamily`: likewise for working folders. */
export function removeLeftovers(family: string, folder: string, folderFamily: string): void {
  removeNamespaces(family);
  removeFolders(folder, folderFamily, (path) => {
    const mounted = join(path, "control-groups");
    if (succeeds("mountpoint", "-q", mounted)) command("umount", mounted);
  });
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
