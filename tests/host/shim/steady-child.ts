/** Steady ticks of a shim whose ports and sessions all have new counters: see `growth.ts`. */

import { measureGrowth } from "./growth.js";
import { newCore, startedShim } from "./support.js";

const text = "name: s\nprofile: small\nports: ['p{1..8}']\ntargets: ['t{1..8}']\n";
const kind = process.argv[2] === "shared" ? "shared" : "plain";
const shim = startedShim(text, {}, newCore("small", kind));
const sessions = Array.from({ length: 20 }, (_, index) =>
  shim.login(shim.initiator(`i${index}`), index % 8, index % 8, 0),
);
const sample = new Float64Array(5);
let hostMs = 1000;
const handler = () => {};

function run(ticks: number): void {
  for (let tick = 0; tick < ticks; tick++) {
    hostMs += 100;
    sample[0] = hostMs;
    sample[1] = 3;
    // Larger than what V8 keeps unboxed.
    sample[2] = hostMs * 1000;
    sample[3] = hostMs * 1_000_000;
    sample[4] = hostMs;
    for (let port = 0; port < 8; port++) shim.writePortSample(port, sample);
    for (let index = 0; index < sessions.length; index++)
      shim.sessionCounters(sessions[index] as number, hostMs, tick, tick, 2);
    shim.tick(hostMs, handler);
  }
}

measureGrowth(run);
