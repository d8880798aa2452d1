/** What the run needs of the machine. */

import { missingOf } from "../common/requirements.js";
import { findCpuController } from "./control-group.js";

/** One line that says what is missing and how to get it; undefined where nothing is. */
export function missingRequirements(): string | undefined {
  const missing = missingOf({
    run: "e2e:ports",
    does: "builds an array in network namespaces and control groups",
    commands: {
      ip: "iproute2",
      ss: "iproute2",
      isnsd: "open-isns-server",
      isnsadm: "open-isns-utils",
      tgtd: "tgt",
      tgtadm: "tgt",
      gcc: "gcc",
    },
    files: { "/usr/include/iscsi/iscsi.h": "libiscsi-dev", "/usr/include/stdio.h": "libc6-dev" },
  });
  if (missing !== undefined) return missing;
  if (findCpuController() === undefined) {
    return "e2e:ports needs the cpu controller of control groups, version 1 or 2, mounted writable below /sys/fs/cgroup";
  }
  return undefined;
}
