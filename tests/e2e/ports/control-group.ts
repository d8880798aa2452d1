/** Control groups that limit processor time, of version 1 or 2, whichever has the cpu controller here. */

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CpuController {
  version: 1 | 2;
  /** Folder of the hierarchy that limits, and of the one that counts. */
  limits: string;
  counts: string;
}

/** Time in which a share is given: short, so that a command never waits long for the next. */
const PERIOD_US = 20_000;

export function findCpuController(root = "/sys/fs/cgroup"): CpuController | undefined {
  const limits = [join(root, "cpu"), join(root, "cpu,cpuacct")].find((folder) =>
    existsSync(join(folder, "cgroup.procs")),
  );
  const counts = [join(root, "cpuacct"), join(root, "cpu,cpuacct")].find((folder) =>
    existsSync(join(folder, "cpuacct.usage")),
  );
  if (limits !== undefined && counts !== undefined) return { version: 1, limits, counts };
  const controllers = join(root, "cgroup.controllers");
  if (!existsSync(controllers) || !readFileSync(controllers, "utf8").split(/\s+/).includes("cpu")) return undefined;
  return { version: 2, limits: root, counts: root };
}

/** A group with its limit. */
export class ControlGroup {
  /** Folder whose files count the group's processor time. */
  readonly folder: string;
  private readonly folders: readonly string[];

  /** `path`: names of the group and those above it, which are made too. */
  constructor(
    private readonly controller: CpuController,
    path: readonly string[],
  ) {
    if (controller.version === 2) delegate(controller.limits, path);
    const roots = new Set([controller.limits, controller.counts]);
    this.folders = [...roots].map((root) => join(root, ...path));
    for (const folder of this.folders) mkdirSync(folder, { recursive: true });
    this.folder = join(controller.counts, ...path);
  }

  /** `permille` of one processor. */
  limit(permille: number): void {
    const quotaUs = Math.round((PERIOD_US * permille) / 1000);
    if (this.controller.version === 2) {
      writeFileSync(join(this.folder, "cpu.max"), `${quotaUs} ${PERIOD_US}`);
      return;
    }
    const folder = this.folders[0] as string;
    writeFileSync(join(folder, "cpu.cfs_period_us"), `${PERIOD_US}`);
    writeFileSync(join(folder, "cpu.cfs_quota_us"), `${quotaUs}`);
  }

  /** Takes a process in, with all its threads. */
  add(pid: number): void {
    for (const folder of this.folders) writeFileSync(join(folder, "cgroup.procs"), `${pid}`);
  }

  /** Microseconds of processor time so far. */
  usedUs(): number {
    if (this.controller.version === 1) return Number(readFileSync(join(this.folder, "cpuacct.usage"), "utf8")) / 1000;
    const line = /^usage_usec (\d+)$/m.exec(readFileSync(join(this.folder, "cpu.stat"), "utf8"));
    return Number(line?.[1] ?? Number.NaN);
  }

  /** Removes the group, whose processes must be gone. */
  remove(): void {
    for (const folder of this.folders) if (existsSync(folder)) rmdirSync(folder);
  }
}

/** Version 2 gives a controller to a group's children only where each group above says so. */
function delegate(root: string, path: readonly string[]): void {
  let folder = root;
  for (const name of path) {
    writeFileSync(join(folder, "cgroup.subtree_control"), "+cpu");
    folder = join(folder, name);
    mkdirSync(folder, { recursive: true });
  }
}
