/** Hot swap: another module goes on with the memory of the one in service. */

import { layouts } from "./generated/layout.js";
import { type Core, instantiate } from "./module.js";
import type { Recorder } from "./recorder.js";

/**
 * The memory's tables stay as they are; the constants are the new module's, or the old one's again if it refuses.
 * @returns 0, or what `attach` returned (`ErrorCode` in the low byte), and the module in service stays.
 * @throws ModuleError for a file that is no such module.
 */
export function swapModule(core: Core, bytes: Uint8Array, recorder: Recorder | undefined): number {
  const { address, length } = constantsOf(core);
  const memory = new Uint8Array(core.memory.buffer);
  const kept = memory.slice(address, address + length);
  const next = instantiate(bytes, core.memory);
  recorder?.beforeCall();
  const code = next.exports.attach();
  recorder?.call("attach", 0, code);
  if (code === 0) core.exports = next.exports;
  else memory.set(kept, address);
  return code;
}

/** The only region that a module's data segments fill: from the directory to the first table. */
function constantsOf(core: Core): { address: number; length: number } {
  const address = core.views.header.directoryAddress(0);
  const bases = layouts[core.profile].tables.map(({ base }) => base);
  return { address, length: Math.min(...bases.filter((base) => base > address)) - address };
}
