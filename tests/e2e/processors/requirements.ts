/** What the run needs of the machine. */

import { missingOf } from "../common/requirements.js";

/** One line that says what is missing and how to get it; undefined where nothing is. */
export function missingRequirements(): string | undefined {
  return missingOf({
    run: "e2e:processors",
    does: "builds an array in network namespaces",
    commands: { ip: "iproute2", nft: "nftables", etcd: "etcd-server", etcdctl: "etcd-client", gcc: "gcc" },
    files: { "/usr/include/stdio.h": "libc6-dev", "/usr/bin/chromium": "chromium" },
  });
}
