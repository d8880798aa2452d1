/** What the kernel of a controller fences and forwards, by nft. */

import type { Network } from "./network.js";

interface Row {
  set?: { table: string; name: string; elem?: (string | number)[] };
}

export interface KernelSets {
  /** Addresses that the fence covers: of version 6 those whose neighbour discovery it covers too. */
  fenced: ReadonlySet<string>;
  /** Addresses through which units are reached. */
  forwarded: ReadonlySet<string>;
}

export function kernelSets(network: Network, controller: string): KernelSets {
  const text = network.inside(network.controller(controller), "nft", "-j", "list", "sets");
  const rows = (JSON.parse(text) as { nftables: Row[] }).nftables;
  const elements = (table: string, ...names: string[]) =>
    rows.flatMap(({ set }) => (set?.table === table && names.includes(set.name) ? (set.elem ?? []).map(String) : []));
  const fence = `fairlead-${controller}`;
  const targets = new Set(elements(fence, "target6"));
  const six = elements(fence, "held6").filter((address) => targets.has(rawOf(address)));
  return {
    fenced: new Set([...elements(fence, "held4"), ...six]),
    forwarded: new Set(elements(`fairlead-units-${controller}`, "addresses4", "addresses6")),
  };
}

/** Devices that the fence is on. */
export function fencedDevices(network: Network, controller: string): string[] {
  const chain = ["netdev", `fairlead-${controller}`, "in"];
  const text = network.inside(network.controller(controller), "nft", "list", "chain", ...chain);
  const listed = /devices? (?:= )?(?:\{ ([^}]*) \}|(\S+))/.exec(text);
  return (listed?.[1] ?? listed?.[2] ?? "").split(",").map((device) => device.trim().replaceAll('"', ""));
}

/** As nft writes an address of version 6 that it takes for a number. */
function rawOf(address: string): string {
  const [head = "", tail = ""] = address.split("::");
  const [before, after] = [head, tail].map((part) => part.split(":").filter((group) => group !== "")) as [
    string[],
    string[],
  ];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return `0x${[...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join("")}`.replace(/^0x0+/, "0x");
}
