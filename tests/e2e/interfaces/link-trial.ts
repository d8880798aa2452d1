/** Links as the kernel tells of them: a veth whose peer goes up and down, in a network namespace of its own. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Checks } from "../common/checks.js";

const EXPECTED = "v0 DOWN, v0 UP, v0 DOWN, v0 UP, v0 DOWN, address v0";
const PATIENCE_MS = 60_000;

export function tryLinkWatch(checks: Checks): void {
  const child = spawnSync("unshare", ["-n", process.execPath, join(import.meta.dirname, "link-watch-child.js")], {
    encoding: "utf8",
    timeout: PATIENCE_MS,
  });
  const seen = child.stdout.trim().split("\n").join(", ");
  const detail = child.status === 0 ? seen : `${seen}; exit code ${child.status}: ${child.stderr.trim()}`;
  checks.note("a veth's carrier is told of as it changes", "kernel", child.status === 0 && seen === EXPECTED, detail);
}
