/** Runs in a network namespace of its own: a veth, whose peer goes up and down. Prints what the watch tells. */

import { spawnSync } from "node:child_process";
import { LinkState, LinkStateNames } from "../../../host/shim/generated/layout.js";
import { LinkWatch } from "../../../host/sources/kernel/link-watch.js";
import { until } from "../../host/sources/support.js";

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}

ip("link", "add", "v0", "type", "veth", "peer", "name", "v1");
ip("link", "set", "v0", "up");
const addresses: string[] = [];
const watch = new LinkWatch(["v0"], {
  // So long that only the first lists are read: what is seen comes by events.
  pollMs: 600_000,
  onLink: (device, state) => console.log(`${device} ${LinkStateNames[state]}`),
  onAddress: (device) => addresses.push(device),
  report: (line) => console.log(line),
});
await watch.start();
await until("the first reading", () => watch.state("v0") === LinkState.DOWN);
await new Promise((resolve) => setTimeout(resolve, 400)); // past the second list
for (const [command, state] of [
  ["up", LinkState.UP],
  ["down", LinkState.DOWN],
  ["up", LinkState.UP],
  ["down", LinkState.DOWN],
] as const) {
  ip("link", "set", "v1", command);
  await until(command, () => watch.state("v0") === state);
}
addresses.length = 0;
ip("address", "add", "192.0.2.1/24", "dev", "v0");
await until("the address", () => addresses.includes("v0"));
console.log("address v0");
await watch.close();
