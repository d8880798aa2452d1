/** Time to compile, instantiate, reset and configure, as a host does it: V8's flags are the usual ones here. */

import type { ProfileName } from "../../host/shim/generated/layout.js";
import { createMemory, instantiate } from "../../host/shim/module.js";
import { Shim } from "../../host/shim/shim.js";
import { full } from "./arrays.js";
import type { Effort } from "./effort.js";
import type { Figure } from "./figures.js";
import { spread } from "./statistics.js";

/** A custom section (core specification, section 5.5.3) that makes the bytes new: V8 keeps the code of known ones. */
function renewed(bytes: Uint8Array, number: number): Uint8Array {
  const name = new TextEncoder().encode("bench");
  const payload = new TextEncoder().encode(String(number).padStart(8, "0"));
  const section = [0, 1 + name.length + payload.length, name.length, ...name, ...payload];
  return Uint8Array.from([...bytes, ...section]);
}

interface Times {
  instantiate: number;
  reset: number;
  configure: number;
}

function startOnce(bytes: Uint8Array, profile: ProfileName): Times {
  const memory = createMemory(profile, false);
  const begun = performance.now();
  const core = instantiate(bytes, memory);
  const instantiated = performance.now();
  core.exports.reset();
  const reset = performance.now();
  let configured = 0;
  const { exports } = core;
  core.exports = {
    ...exports,
    configure: () => {
      const start = performance.now();
      const code = exports.configure();
      configured = performance.now() - start;
      return code;
    },
  };
  const problems = new Shim(core, { incarnation: 1 }).configure(full(profile));
  if (problems.length > 0) throw new Error(`the bench's array is refused: ${problems[0]?.message}`);
  return { instantiate: instantiated - begun, reset: reset - instantiated, configure: configured };
}

export function measureStartUp(bytes: Uint8Array, profile: ProfileName, effort: Effort): Figure[] {
  const times = Array.from({ length: effort.startUps }, (_, n) => startOnce(renewed(bytes, n), profile));
  const figure = (name: string, read: (times: Times) => number): Figure => {
    const values = spread(times.map(read));
    return { name, variant: profile, value: values.median, unit: "ms", spreads: { once: values }, spreadUnit: "ms" };
  };
  return [
    figure("verify, compile and instantiate", (once) => once.instantiate),
    figure("reset", (once) => once.reset),
    figure("configure, tables full", (once) => once.configure),
  ];
}
