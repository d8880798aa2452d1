/** Removes what a run left that was killed: things named after a process that is gone. */

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { command, succeeds } from "./commands.js";

/** Number of the process that a name stands for, where that process is gone. */
export function deadOwner(name: string, pattern: RegExp): string | undefined {
  const owner = pattern.exec(name)?.[1];
  return owner === undefined || existsSync(`/proc/${owner}`) ? undefined : owner;
}

/** Network namespaces whose names begin with the family and a number, with all their processes. */
export function removeNamespaces(family: string): void {
  const names = command("ip", "netns", "list")
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "");
  for (const name of names) {
    if (deadOwner(name, new RegExp(`^${family}(\\d+)-`)) === undefined) continue;
    killInside(name);
    succeeds("ip", "netns", "delete", name);
  }
}

/** Ends all processes of a network namespace by force. */
export function killInside(name: string): void {
  const pids = command("ip", "netns", "pids", name).split("\n");
  for (const pid of pids.filter((line) => line !== "")) succeeds("kill", "-KILL", pid);
}

/** Working folders in `folder` whose names begin with the family and a number. @param before does what must come first */
export function removeFolders(folder: string, family: string, before: (path: string) => void = () => undefined): void {
  for (const name of readdirSync(folder)) {
    if (deadOwner(name, new RegExp(`^${family}(\\d+)-`)) === undefined) continue;
    before(join(folder, name));
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}
