/** How the kernel must treat a device that failover addresses move to and from. */

import { readFileSync, writeFileSync } from "node:fs";

/** Per device, below /proc/sys/net. */
const SETTINGS: readonly (readonly [string, string, string])[] = [
  // Answers for an address through its own device only; two ports in one subnet would both answer otherwise.
  ["ipv4", "arp_ignore", "1"],
  ["ipv4", "arp_announce", "2"],
  // Removing the first address of a subnet would take the others of that subnet along otherwise.
  ["ipv4", "promote_secondaries", "1"],
  // An answer doesn't leave through a port whose link is down while another port has the subnet too.
  ["ipv4", "ignore_routes_with_linkdown", "1"],
  ["ipv6", "ignore_routes_with_linkdown", "1"],
];

/** @throws Error that names the device or the setting */
export function prepareDevice(device: string, root = "/proc/sys/net"): void {
  for (const [family, name, value] of SETTINGS) {
    const file = `${root}/${family}/conf/${device}/${name}`;
    try {
      // Writing needs more rights than reading: what is right already is left alone.
      if (readFileSync(file, "utf8").trim() !== value) writeFileSync(file, value);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(code === "ENOENT" ? `no network device ${device}` : `${file}: ${(error as Error).message}`);
    }
  }
}
