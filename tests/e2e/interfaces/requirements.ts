/** What the run needs of the machine. */

import { missingOf } from "../common/requirements.js";

/** One line that says what is missing and how to get it; undefined where nothing is. */
export function missingRequirements(): string | undefined {
  return missingOf({
    run: "e2e:interfaces",
    does: "builds an array in network namespaces",
    commands: {
      ip: "iproute2",
      bridge: "iproute2",
      nft: "nftables",
      socat: "socat",
      tgtd: "tgt",
      tgtadm: "tgt",
      "qemu-nbd": "qemu-utils",
      etcd: "etcd-server",
      etcdctl: "etcd-client",
      keepalived: "keepalived",
      sysctl: "procps",
      gcc: "gcc",
    },
    files: { "/usr/include/stdio.h": "libc6-dev", "/usr/share/doc/qemu-block-extra": "qemu-block-extra" },
  });
}
